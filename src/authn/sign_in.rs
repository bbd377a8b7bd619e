//! Signing in with email and password, and what every completed sign-in leaves behind.

use sqlx::{PgConnection, PgPool};
use tokio::time::Instant;
use uuid::Uuid;

use super::assurance::{Acr, Authentication};
use super::candidate::{self, Candidate};
use super::factors::Enrolled;
use super::factors::FactorError;
use super::password::{MAX_BYTES, PasswordError, Verified};
use super::throttle::{self, Bucket, Gate};
use super::{Services, device, uniform};
use crate::audit::{self, Event, Reason};
use crate::foundation::give_way::give_way;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::mail::{Letter, MailError};
use crate::users::model::email_key;
use crate::users::{User, store};

/// What came of an email and a password.
#[derive(Debug)]
pub enum Outcome {
    /// Both are right. Of what is `enrolled`, a second factor may still be due.
    Right { user: Box<User>, enrolled: Enrolled },
    /// No such account, or a wrong password, or a disabled account: which one is not told.
    Refused,
    /// Too many wrong guesses before: not even tried.
    Delayed { seconds: u32 },
    /// Both are right, but the address has not been proved yet.
    Unverified(Box<User>),
    /// Both are right, but the account was deleted and can still be restored.
    Deleted(Box<User>),
}

/// The machinery failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// The password was changed, or the account closed, since it was verified.
    #[error("the account changed while somebody signed in")]
    Outdated,
}

/// Verifies email and password. An unknown email costs the same time as a wrong password. A browser
/// in which the person signed in before (`device`) guesses on a budget of its own.
///
/// # Errors
/// See [`SignInError`].
pub async fn with_password(
    services: &Services<'_>,
    email: &str,
    password: Secret,
    device: Option<&Secret>,
    context: &RequestContext,
) -> Result<Outcome, SignInError> {
    let began = Instant::now();
    let outcome = verify(services, email, password, device, context).await;
    if let Ok(Outcome::Refused | Outcome::Delayed { .. }) = outcome {
        uniform::hold(began).await;
    }
    outcome
}

async fn verify(
    services: &Services<'_>,
    email: &str,
    password: Secret,
    device: Option<&Secret>,
    context: &RequestContext,
) -> Result<Outcome, SignInError> {
    let pool = services.pool;
    let key = email_key(email);
    let mut db = services.kept.take().await?;
    let candidate = if email.len() <= 320 && password.expose().len() <= MAX_BYTES {
        candidate::find(&mut *db, email, device, context.now).await?
    } else {
        None
    };
    let known = candidate.as_ref().is_some_and(|one| one.device_known);
    let buckets = Bucket::sign_in(device.filter(|_| known), &key, context.ip);
    give_way().await;
    let gate = throttle::try_pass_on(&mut db, &buckets, context.now).await?;
    // Not held while the hash is computed: others need it.
    db.keep();
    let subject = candidate.as_ref().map(|one| one.user.sub);
    if let Gate::Wait { seconds } = gate {
        if let Some(subject) = subject {
            note_delay(pool, &Event::SignInDelayed, subject, context).await?;
        }
        return Ok(Outcome::Delayed { seconds });
    }
    let verified = match proved(services, candidate.as_ref(), password).await {
        Ok(verified) => verified,
        Err(error) => {
            // Nothing was guessed.
            throttle::give_back(pool, &buckets, context.now).await?;
            return Err(error);
        }
    };
    let (Some(hash), Some(candidate)) = (verified, candidate) else {
        let event = Event::SignInRefused { reason: None };
        audit::record(pool, &event, subject, None, context).await?;
        return Ok(Outcome::Refused);
    };
    let Candidate { user, enrolled, .. } = candidate;
    let mut user = Box::new(user);
    user.verified_hash = Some(hash);
    let mut db = services.kept.take().await?;
    throttle::forgive_on(&mut db, &buckets, context.now).await?;
    db.keep();
    give_way().await;
    let (reason, outcome) = match *user {
        User {
            restorable: true, ..
        } => (Reason::AccountDeleted, Outcome::Deleted(user)),
        User { disabled: true, .. } => (Reason::AccountDisabled, Outcome::Refused),
        User {
            unverified: true, ..
        } => (Reason::EmailUnverified, Outcome::Unverified(user)),
        _ => return Ok(Outcome::Right { user, enrolled }),
    };
    let reason = Some(reason);
    audit::record(
        pool,
        &Event::SignInRefused { reason },
        subject,
        None,
        context,
    )
    .await?;
    Ok(outcome)
}

/// The stored hash that the password is right for; one of an older kind is replaced before. `None`
/// where it is wrong.
async fn proved(
    services: &Services<'_>,
    candidate: Option<&Candidate>,
    password: Secret,
) -> Result<Option<Secret>, SignInError> {
    let (pool, passwords) = (services.pool, services.passwords);
    let stored = candidate.map(|one| one.password_hash.clone());
    let verified = passwords.verify(password.clone(), stored).await?;
    let (new, one) = match (verified, candidate) {
        (Verified::Match, Some(one)) => return Ok(Some(one.password_hash.clone())),
        (Verified::MatchRehash(new), Some(one)) => (new, one),
        _ => return Ok(None),
    };
    let (id_user, old) = (one.user.id_user, &one.password_hash);
    if store::replace_password_hash(pool, id_user, old, &new).await? {
        return Ok(Some(new));
    }
    // Another one by now: of a sign-in with this very password at the same time, or of a new password.
    let stored = store::password_hash(pool, id_user).await?;
    let verified = passwords.verify(password, stored.clone()).await?;
    Ok(match verified {
        Verified::Match | Verified::MatchRehash(_) => stored,
        Verified::Mismatch => None,
    })
}

/// The history shows that somebody was held off, once a minute at most: a flood must not fill it.
pub(super) async fn note_delay(
    pool: &PgPool,
    event: &Event,
    subject: Uuid,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    let since = context.now - time::Duration::minutes(1);
    if audit::happened(pool, event.kind(), subject, since).await? {
        return Ok(());
    }
    audit::record(pool, event, Some(subject), None, context).await
}

/// Where a sign-in was completed.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The browser's device cookie, if it has one.
    pub device: Option<&'a Secret>,
    /// The client of a JSON login.
    pub client_id: Option<&'a str>,
}

/// Notes a completed sign-in: in the history, and the browser among those that are known; a sign-in
/// from a new one mails a notice. To be called in the transaction that begins the session, before
/// it. Returns the device cookie's value.
///
/// # Errors
/// [`SignInError::Outdated`], and when the database fails.
pub async fn note(
    db: &mut PgConnection,
    services: &Services<'_>,
    user: &User,
    authentication: &Authentication,
    place: Place<'_>,
    context: &RequestContext,
) -> Result<Secret, SignInError> {
    let alone = authentication.acr == Acr::Password;
    hold_for(&mut *db, user, alone).await?;
    give_way().await;
    let device = place.device.cloned().unwrap_or_else(Secret::generate);
    let cookie_known = device::remember(&mut *db, &device, user.id_user, context.now).await?;
    let known = cookie_known || (place.device.is_none() && was_here(db, user, context).await?);
    // The first sign-in of all is from a new device, too, and no news.
    let new_device = !known && signed_in_before(db, user, context).await?;
    let event = Event::SignedIn {
        amr: authentication.amr.clone(),
        acr: authentication.acr.as_str().to_owned(),
        new_device,
    };
    give_way().await;
    audit::record(&mut *db, &event, Some(user.sub), place.client_id, context).await?;
    if new_device {
        let letter = Letter::NewDevice {
            what: context.into(),
        };
        let to = services.recipient(user);
        services
            .mail
            .post(&mut *db, &to, &letter, context.now)
            .await?;
    }
    Ok(device)
}

/// Whoever changes the password, takes a passkey off or closes the account waits until the sign-in is
/// done, and then ends the session; a sign-in that comes after finds out here. Else one that was under
/// way would outlive what was meant to end it. In a transaction.
///
/// # Errors
/// [`SignInError::Outdated`], and when the database fails.
pub async fn hold(db: &mut PgConnection, user: &User) -> Result<(), SignInError> {
    hold_for(db, user, false).await
}

/// The same; a password `alone` counts only as long as there is no second factor.
async fn hold_for(db: &mut PgConnection, user: &User, alone: bool) -> Result<(), SignInError> {
    sqlx::query!(
        "SELECT FROM user_account WHERE id_user = $1 FOR SHARE",
        user.id_user
    )
    .execute(&mut *db)
    .await?;
    // A statement of its own: it sees what was committed while the other waited.
    let current = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM users u JOIN user_with_role v USING (id_user)
                       WHERE id_user = $1 AND NOT v.disabled AND NOT v.unverified
                         AND ($2::text IS NULL OR u.password_hash = $2)
                         AND ($3::uuid IS NULL OR EXISTS (
                           SELECT FROM factor f WHERE f.id = $3 AND f.id_user = u.id_user
                         ))
                         AND NOT ($4 AND EXISTS (
                           SELECT FROM factor f WHERE f.id_user = u.id_user
                         ))) AS "current!"
        "#,
        user.id_user,
        user.verified_hash.as_ref().map(Secret::expose),
        user.verified_passkey,
        alone,
    )
    .fetch_one(db)
    .await?;
    if current {
        Ok(())
    } else {
        Err(SignInError::Outdated)
    }
}

async fn signed_in_before(
    db: &mut PgConnection,
    user: &User,
    context: &RequestContext,
) -> Result<bool, sqlx::Error> {
    let ever = context.now - time::Duration::days(10_000);
    audit::happened(db, "signed_in", user.sub, ever).await
}

/// Clients of the JSON API often keep no cookies: the same program from the same address is no
/// news.
async fn was_here(
    db: &mut PgConnection,
    user: &User,
    context: &RequestContext,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM session
                       WHERE id_user = $1 AND client_id IS NOT NULL AND ip = $2
                         AND user_agent IS NOT DISTINCT FROM $3) AS "here!"
        "#,
        user.id_user,
        context.inet() as _,
        context.user_agent,
    )
    .fetch_one(db)
    .await
}
