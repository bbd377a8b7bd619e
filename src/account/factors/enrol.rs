//! Enrolling a factor: begun with a challenge, confirmed with its answer.

use serde_json::Value;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{MAX_FACTORS, Person, added, begin};
use crate::app::App;
use crate::authn::assurance::Proof;
use crate::authn::factors::passkey::{Challenge, Registration};
use crate::authn::factors::totp::{Confirmation, Enrolment};
use crate::authn::factors::{Factor, FactorError, email_enrolment, store, totp};
use crate::foundation::secret::Secret;

/// What came of an answer.
#[derive(Debug)]
pub enum Enrolled {
    /// With the recovery codes, if it is the first one.
    Added {
        factor: Factor,
        recovery_codes: Option<Vec<Secret>>,
    },
    /// It can be tried again.
    Wrong,
    /// The challenge is over, was answered, or does not fit: it begins anew.
    Over,
    /// This passkey is registered already.
    Known,
    /// This passkey was added by this very answer before: a form was sent twice.
    Repeated,
    /// There are [`MAX_FACTORS`] already.
    TooMany,
}

/// Makes a key for an authenticator app.
///
/// # Errors
/// See [`FactorError`].
pub async fn begin_totp(app: &App, person: &Person<'_>) -> Result<Enrolment, FactorError> {
    let (kek, issuer) = (app.keys.key_encryption_key(), &app.config.branding.name);
    let (user, now) = (person.user, person.context.now);
    totp::begin(&app.pool, kek, user, issuer, &person.bound, now).await
}

/// An enrolment that was begun, to be shown again; `None` if it is over.
///
/// # Errors
/// See [`FactorError`].
pub async fn resume_totp(
    app: &App,
    person: &Person<'_>,
    ceremony: Uuid,
) -> Result<Option<Enrolment>, FactorError> {
    let (kek, issuer) = (app.keys.key_encryption_key(), &app.config.branding.name);
    let (user, now) = (person.user, person.context.now);
    totp::resume(&app.pool, kek, user, issuer, (ceremony, &person.bound), now).await
}

/// Adds the app whose first code this is.
///
/// # Errors
/// See [`FactorError`].
pub async fn confirm_totp(
    app: &App,
    person: &Person<'_>,
    ceremony: Uuid,
    code: &Secret,
    name: &str,
) -> Result<Enrolled, FactorError> {
    let Some(mut transaction) = begin_adding(app, person).await? else {
        return Ok(Enrolled::TooMany);
    };
    let (kek, id_user) = (app.keys.key_encryption_key(), person.user.id_user);
    let (of, now) = ((ceremony, &person.bound), person.context.now);
    app.keys.hold_key_encryption_key(&mut transaction).await?;
    let confirmed = totp::confirm(&mut transaction, kek, id_user, of, code, name, now).await?;
    conclude(app, transaction, person, confirmed, Proof::Totp).await
}

/// Challenges an authenticator to make a passkey.
///
/// # Errors
/// See [`FactorError`].
pub async fn begin_passkey(app: &App, person: &Person<'_>) -> Result<Challenge, FactorError> {
    let (kek, user) = (app.keys.key_encryption_key(), person.user);
    app.passkeys
        .begin_registration(&app.pool, kek, user, &person.bound, person.context.now)
        .await
}

/// Adds the passkey that was made. `credential` is a `RegistrationResponseJSON` (WebAuthn Level 3,
/// section 5.1.7).
///
/// # Errors
/// See [`FactorError`].
pub async fn confirm_passkey(
    app: &App,
    person: &Person<'_>,
    ceremony: Uuid,
    credential: Value,
    name: &str,
) -> Result<Enrolled, FactorError> {
    let Ok(credential) = serde_json::from_value(credential) else {
        return Ok(Enrolled::Over);
    };
    let Some(mut transaction) = begin_adding(app, person).await? else {
        return Ok(Enrolled::TooMany);
    };
    let (kek, id_user) = (app.keys.key_encryption_key(), person.user.id_user);
    let (of, now) = ((ceremony, &person.bound), person.context.now);
    let registration = app
        .passkeys
        .finish_registration(&mut transaction, kek, id_user, of, (&credential, name), now)
        .await?;
    match registration {
        Registration::Added { factor, proof } => {
            let recovery_codes = added(app, &mut transaction, person, &factor, proof).await?;
            transaction.commit().await?;
            Ok(Enrolled::Added {
                factor,
                recovery_codes,
            })
        }
        // The challenge is used up all the same.
        Registration::Refused => {
            transaction.commit().await?;
            Ok(Enrolled::Over)
        }
        Registration::Known => {
            transaction.commit().await?;
            Ok(Enrolled::Known)
        }
        Registration::Repeated => Ok(Enrolled::Repeated),
    }
}

/// What came of asking for a first code by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BegunEmail {
    /// It is in the queue; this names the enrolment.
    Mailed(Uuid),
    Wait {
        seconds: u32,
    },
    /// It is on already.
    On,
    /// The password itself was set by way of the mailbox: both would be one factor.
    PasswordFromMail,
}

/// Mails a first code.
///
/// # Errors
/// See [`FactorError`].
pub async fn begin_email(app: &App, person: &Person<'_>) -> Result<BegunEmail, FactorError> {
    let id_user = person.user.id_user;
    if person.user.password_from_mail {
        return Ok(BegunEmail::PasswordFromMail);
    }
    if store::enrolled(&app.pool, id_user).await?.email {
        return Ok(BegunEmail::On);
    }
    let to = person.recipient();
    let begun = email_enrolment::begin(
        &app.pool,
        app.keys.key_encryption_key(),
        &app.mail,
        id_user,
        &to,
        &person.bound,
        person.context,
    );
    Ok(match begun.await? {
        email_enrolment::Begun::Mailed(id) => BegunEmail::Mailed(id),
        email_enrolment::Begun::Wait { seconds } => BegunEmail::Wait { seconds },
    })
}

/// Whether a first code was mailed and can still be entered.
///
/// # Errors
/// See [`FactorError`].
pub async fn email_waits(
    app: &App,
    person: &Person<'_>,
    ceremony: Uuid,
) -> Result<bool, FactorError> {
    let (kek, id_user) = (app.keys.key_encryption_key(), person.user.id_user);
    let of = (ceremony, &person.bound);
    email_enrolment::waits(&app.pool, kek, id_user, of, person.context.now).await
}

/// Turns codes by mail on.
///
/// # Errors
/// See [`FactorError`].
pub async fn confirm_email(
    app: &App,
    person: &Person<'_>,
    ceremony: Uuid,
    code: &Secret,
    name: &str,
) -> Result<Enrolled, FactorError> {
    if person.user.password_from_mail {
        return Ok(Enrolled::Over);
    }
    let Some(mut transaction) = begin_adding(app, person).await? else {
        return Ok(Enrolled::TooMany);
    };
    let (kek, id_user) = (app.keys.key_encryption_key(), person.user.id_user);
    let (of, now) = ((ceremony, &person.bound), person.context.now);
    let confirmed =
        email_enrolment::confirm(&mut transaction, kek, id_user, of, code, name, now).await?;
    conclude(app, transaction, person, confirmed, Proof::EmailCode).await
}

/// As [`begin`]; `None` if they have too many.
async fn begin_adding<'a>(
    app: &'a App,
    person: &Person<'_>,
) -> Result<Option<Transaction<'a, Postgres>>, FactorError> {
    let mut transaction = begin(app, person).await?;
    let factors = store::list(&mut *transaction, person.user.id_user).await?;
    Ok((factors.len() < MAX_FACTORS).then_some(transaction))
}

async fn conclude(
    app: &App,
    mut transaction: Transaction<'_, Postgres>,
    person: &Person<'_>,
    confirmation: Confirmation,
    proof: Proof,
) -> Result<Enrolled, FactorError> {
    let enrolled = match confirmation {
        Confirmation::Added(factor) => Enrolled::Added {
            recovery_codes: added(app, &mut transaction, person, &factor, proof).await?,
            factor,
        },
        Confirmation::Wrong => Enrolled::Wrong,
        Confirmation::Over => Enrolled::Over,
    };
    // A wrong code too: its try was counted.
    transaction.commit().await?;
    Ok(enrolled)
}
