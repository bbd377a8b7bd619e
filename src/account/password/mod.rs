//! Changing the password by the old one.

pub mod json;
pub mod page;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::mailed_token::{self, Purpose};
use super::refusal::Refusal;
use super::standing::recipient;
use super::{input, sessions};
use crate::app::App;
use crate::audit::{self, Event};
use crate::authn::password::{PasswordError, Verified};
use crate::authn::throttle::{self, Bucket, Gate};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::problem::FieldError;
use crate::i18n::{Locale, t};
use crate::mail::{Circumstances, Letter};
use crate::users::{User, registration, store};

/// What a person enters.
pub struct Entered {
    pub old: Option<Secret>,
    pub new: Option<Secret>,
}

/// The session that goes on.
pub struct Kept<'a> {
    /// `None`: none does.
    pub sid: Option<Uuid>,
    /// The new value of its cookie, if a browser holds one.
    pub cookie: Option<&'a Secret>,
}

/// Changes the password and ends what the old one let somebody begin: all other sessions, every grant
/// that was not made in the one that is kept, sign-ins that are under way, links that would reset the
/// password or change the address. The person is told by mail.
///
/// # Errors
/// See [`Refusal`]; then nothing has changed.
pub async fn change(
    app: &App,
    user: &User,
    kept: &Kept<'_>,
    entered: Entered,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let (old, new) = check(app, user, entered, locale)?;
    let stored = confirm(app, user, old, locale, context).await?;
    let hash = app.passwords.hash(new).await?;
    let mut tx = app.pool.begin().await?;
    registration::lock(&mut tx, user.id_user).await?;
    if !write(&mut tx, user.id_user, (&stored, &hash), context.now).await? {
        // Changed meanwhile: what was entered is the old one no more.
        return Err(wrong(locale));
    }
    sessions::end_others(&mut tx, user, kept.sid, context).await?;
    if let (Some(sid), Some(cookie)) = (kept.sid, kept.cookie) {
        rename(&mut *tx, sid, cookie).await?;
    }
    let reset = [Purpose::ResetPassword];
    mailed_token::withdraw(&mut *tx, &reset, user.id_user, context.now).await?;
    let what = Circumstances::from(context);
    let letter = Letter::PasswordChanged { what };
    let to = recipient(user, locale);
    app.mail.post(&mut *tx, &to, &letter, context.now).await?;
    let subject = Some(user.sub);
    audit::record(&mut *tx, &Event::PasswordChanged, subject, None, context).await?;
    tx.commit().await?;
    Ok(())
}

fn check(
    app: &App,
    user: &User,
    entered: Entered,
    locale: Locale,
) -> Result<(Secret, Secret), Refusal> {
    let mut errors = Vec::new();
    let old = entered.old.filter(|old| !old.expose().is_empty());
    if old.is_none() {
        let detail = t(locale, "password-old-missing");
        errors.push(FieldError::new("old_password", "missing", detail));
    }
    let about = input::about(app, user);
    let new = input::new_password(entered.new, "new_password", &about, locale)
        .map_err(|error| errors.push(error))
        .ok();
    match (old, new) {
        (Some(old), Some(new)) if old.expose() == new.expose() => {
            let detail = t(locale, "password-unchanged");
            let error = FieldError::new("new_password", "unchanged", detail);
            Err(Refusal::Invalid(vec![error]))
        }
        (Some(old), Some(new)) => Ok((old, new)),
        _ => Err(Refusal::Invalid(errors)),
    }
}

/// Verifies the old password; each attempt counts before it is checked. Returns the stored hash that
/// it is right for.
async fn confirm(
    app: &App,
    user: &User,
    old: Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<Secret, Refusal> {
    let id_user = user.id_user;
    let bucket = [Bucket::ConfirmPassword { id_user }];
    if let Gate::Wait { seconds } = throttle::try_pass(&app.pool, &bucket, context.now).await? {
        return Err(Refusal::Wait { seconds });
    }
    let stored = store::password_hash(&app.pool, id_user).await?;
    let verified = match app.passwords.verify(old, stored.clone()).await {
        Ok(verified) => verified,
        Err(error) => {
            if matches!(error, PasswordError::Overloaded) {
                throttle::give_back(&app.pool, &bucket, context.now).await?;
            }
            return Err(error.into());
        }
    };
    match (verified, stored) {
        (Verified::Match | Verified::MatchRehash(_), Some(stored)) => {
            throttle::forgive(&app.pool, &bucket, context.now).await?;
            Ok(stored)
        }
        _ => Err(wrong(locale)),
    }
}

fn wrong(locale: Locale) -> Refusal {
    let detail = t(locale, "password-old-wrong");
    Refusal::Invalid(vec![FieldError::new(
        "old_password",
        "wrong_password",
        detail,
    )])
}

/// Replaces the hash that was verified; `false` where it is another one by now.
async fn write(
    conn: &mut PgConnection,
    id_user: i32,
    (old, new): (&Secret, &Secret),
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query!(
        "UPDATE users SET password_hash = $3 WHERE id_user = $1 AND password_hash = $2",
        id_user,
        old.expose(),
        new.expose(),
    )
    .execute(&mut *conn)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        r#"
        WITH attempts AS (DELETE FROM sign_in_attempt WHERE id_user = $1)
        UPDATE user_account SET password_changed_at = $2, password_from_mail = false
        WHERE id_user = $1
        "#,
        id_user,
        now,
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Gives a session's cookie another value.
async fn rename(db: impl PgExecutor<'_>, sid: Uuid, cookie: &Secret) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE session SET token_hash = $2 WHERE sid = $1",
        sid,
        cookie.hash().to_vec()
    )
    .execute(db)
    .await?;
    Ok(())
}
