//! Second factors of an account: enrolling, naming and removing them, and the recovery codes. Pages
//! and JSON API do the same through these functions.
//!
//! Whoever calls them has made sure that the person's sign-in is recent (`account::guard`,
//! `Caller::confirmed`).

mod enrol;
pub mod json;
pub mod page;
mod shown;

use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::account::acting::Acting;
use crate::account::json::Caller;
use crate::app::App;
use crate::audit::{self, Event};
use crate::authn::assurance::Proof;
use crate::authn::ceremony::Bound;
use crate::authn::factors::store::{self, MAX_NAME, Removal};
use crate::authn::factors::{Factor, FactorError, Kind, recovery_code};
use crate::authn::session::{self, Session};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::{Locale, t};
use crate::mail::{Letter, Recipient};
use crate::oauth::grant::store as grant;
use crate::pages::{device, display_name};
use crate::users::User;

pub use enrol::{
    BegunEmail, Enrolled, begin_email, begin_passkey, begin_totp, confirm_email, confirm_passkey,
    confirm_totp, email_waits, resume_totp,
};

pub use shown::{forget_shown, keep_shown, shown_codes};

/// More factors than anybody has, and fewer than would slow a sign-in down.
pub const MAX_FACTORS: usize = 20;

/// Who changes what protects their account.
pub struct Person<'a> {
    pub user: &'a User,
    acting: Acting,
    /// To whom challenges are given.
    bound: Bound,
    /// The language of the page or call.
    pub locale: Locale,
    pub context: &'a RequestContext,
}

impl<'a> Person<'a> {
    /// The person of a session.
    pub fn of_session(session: &'a Session, locale: Locale, context: &'a RequestContext) -> Self {
        Self {
            user: &session.user,
            acting: Acting::Session(session.sid),
            bound: Bound::session(session.sid),
            locale,
            context,
        }
    }

    /// The person for whom a client calls.
    pub fn of_caller(caller: &'a Caller) -> Self {
        Self {
            user: caller.user(),
            acting: caller.acting(),
            bound: caller
                .sid()
                .map_or_else(|| Bound::grant(caller.grant.id), Bound::session),
            locale: caller.locale,
            context: &caller.context,
        }
    }

    fn recipient(&self) -> Recipient<'a> {
        let own = self.user.locale.as_deref().and_then(Locale::from_tag);
        Recipient {
            id_user: Some(self.user.id_user),
            email: &self.user.email,
            name: self.user.name.as_deref(),
            locale: own.unwrap_or(self.locale),
        }
    }
}

/// What protects an account beside the password.
#[derive(Debug)]
pub struct Protection {
    /// The oldest first.
    pub factors: Vec<Factor>,
    pub recovery_codes_left: u32,
}

/// What protects an account beside the password.
///
/// # Errors
/// When the database fails.
pub async fn protection(app: &App, id_user: i32) -> Result<Protection, sqlx::Error> {
    Ok(Protection {
        factors: store::list(&app.pool, id_user).await?,
        recovery_codes_left: recovery_code::left(&app.pool, id_user).await?,
    })
}

/// A name that was typed for a factor: without characters that hide or reorder. `None` if nothing
/// is left, or too much.
pub fn name(typed: &str) -> Option<String> {
    let name = display_name(typed);
    (!name.is_empty() && typed.trim().chars().count() <= MAX_NAME).then_some(name)
}

/// What a factor is called that nobody named.
pub fn default_name(kind: Kind, locale: Locale, context: &RequestContext) -> String {
    match (kind, &context.user_agent) {
        (Kind::Totp, _) => t(locale, "factors-kind-totp"),
        (Kind::Email, _) => t(locale, "factors-kind-email"),
        (Kind::Passkey, Some(agent)) => device(locale, agent),
        (Kind::Passkey, None) => t(locale, "factors-kind-passkey"),
    }
}

/// Gives a factor another name; `None` if the person has no such factor.
///
/// # Errors
/// When the database fails.
pub async fn rename(
    app: &App,
    person: &Person<'_>,
    id: Uuid,
    name: &str,
) -> Result<Option<Factor>, sqlx::Error> {
    let mut transaction = app.pool.begin().await?;
    let renamed = store::rename(&mut *transaction, person.user.id_user, id, name).await?;
    if let Some(factor) = &renamed {
        let method = factor.kind.as_str();
        record(&mut transaction, person, &Event::FactorRenamed { method }).await?;
    }
    transaction.commit().await?;
    Ok(renamed)
}

/// Removes a factor and tells its owner so by mail.
///
/// # Errors
/// See [`FactorError`].
pub async fn remove(app: &App, person: &Person<'_>, id: Uuid) -> Result<Removal, FactorError> {
    let mut transaction = begin(app, person).await?;
    let removal = store::remove(&mut transaction, person.user.id_user, id).await?;
    if let Removal::Removed(factor) = &removal {
        let method = factor.kind.as_str();
        record(&mut transaction, person, &Event::FactorRemoved { method }).await?;
        let letter = Letter::FactorRemoved {
            kind_key: method,
            name: factor.name.clone(),
            what: person.context.into(),
        };
        notify(app, &mut transaction, person, &letter).await?;
    }
    transaction.commit().await?;
    Ok(removal)
}

/// Makes ten new recovery codes, which void the earlier ones; `None` where there is no factor that
/// they could stand in for. Once the person has them, nobody else knows them.
///
/// # Errors
/// See [`FactorError`].
pub async fn make_recovery_codes(
    app: &App,
    person: &Person<'_>,
) -> Result<Option<Vec<Secret>>, FactorError> {
    let (id_user, now) = (person.user.id_user, person.context.now);
    let mut transaction = begin(app, person).await?;
    let enrolled = store::enrolled(&mut *transaction, id_user).await?;
    if !enrolled.has_any() {
        return Ok(None);
    }
    let codes = recovery_code::make(&mut transaction, id_user, now).await?;
    record(&mut transaction, person, &Event::RecoveryCodesMade).await?;
    let letter = Letter::RecoveryCodesMade {
        what: person.context.into(),
    };
    notify(app, &mut transaction, person, &letter).await?;
    transaction.commit().await?;
    Ok(Some(codes))
}

/// A transaction in which what protects one person's account changes.
///
/// # Errors
/// [`FactorError::Ended`] where what they act by has ended meanwhile: whoever ended it does not trust
/// them any more. And when the database fails.
async fn begin<'a>(
    app: &'a App,
    person: &Person<'_>,
) -> Result<Transaction<'a, Postgres>, FactorError> {
    let mut transaction = app.pool.begin().await?;
    store::lock_account(&mut transaction, person.user.id_user).await?;
    if person.acting.hold(&mut transaction).await? {
        Ok(transaction)
    } else {
        Err(FactorError::Ended)
    }
}

/// What goes with every new factor: the notice, the event, the session's new class; and with the
/// first one the recovery codes.
async fn added(
    app: &App,
    transaction: &mut Transaction<'_, Postgres>,
    person: &Person<'_>,
    factor: &Factor,
    proof: Proof,
) -> Result<Option<Vec<Secret>>, FactorError> {
    let (id_user, now) = (person.user.id_user, person.context.now);
    let method = factor.kind.as_str();
    record(transaction, person, &Event::FactorAdded { method }).await?;
    let letter = Letter::FactorAdded {
        kind_key: method,
        name: factor.name.clone(),
        what: person.context.into(),
    };
    notify(app, transaction, person, &letter).await?;
    let (sid, grant) = match person.acting {
        Acting::Session(sid) => (Some(sid), None),
        Acting::Grant { id, sid } => (sid, Some(id)),
    };
    if let Some(sid) = sid {
        session::upgrade(transaction, sid, proof).await?;
    }
    if let Some(grant) = grant {
        grant::upgrade(transaction, grant, proof).await?;
    }
    if store::list(&mut **transaction, id_user).await?.len() > 1 {
        return Ok(None);
    }
    let codes = recovery_code::make(transaction, id_user, now).await?;
    record(transaction, person, &Event::RecoveryCodesMade).await?;
    Ok(Some(codes))
}

async fn record(
    transaction: &mut Transaction<'_, Postgres>,
    person: &Person<'_>,
    event: &Event,
) -> Result<(), sqlx::Error> {
    let subject = Some(person.user.sub);
    audit::record(&mut **transaction, event, subject, None, person.context).await
}

async fn notify(
    app: &App,
    transaction: &mut Transaction<'_, Postgres>,
    person: &Person<'_>,
    letter: &Letter,
) -> Result<(), FactorError> {
    let (to, now) = (person.recipient(), person.context.now);
    app.mail.post(&mut **transaction, &to, letter, now).await?;
    Ok(())
}
