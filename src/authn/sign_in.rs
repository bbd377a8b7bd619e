//! Signing in with email and password.

use sqlx::PgPool;

use super::assurance::Authentication;
use super::password::{MAX_BYTES, PasswordError, Passwords, Verified};
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::users::{User, store};

/// What came of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// The person is who they say.
    SignedIn(Box<User>),
    /// No such account, or a wrong password, or a disabled account: which one is not told.
    Refused,
}

/// The machinery failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Verifies email and password. An unknown email costs the same time as a wrong password.
///
/// # Errors
/// See [`SignInError`].
pub async fn with_password(
    pool: &PgPool,
    passwords: &Passwords,
    email: &str,
    password: Secret,
    context: &RequestContext,
) -> Result<Outcome, SignInError> {
    let candidate = if email.len() <= 320 && password.expose().len() <= MAX_BYTES {
        store::find_by_email(pool, email).await?
    } else {
        None
    };
    let stored = candidate
        .as_ref()
        .map(|candidate| candidate.password_hash.clone());
    let verified = passwords.verify(password, stored.clone()).await?;
    let user = candidate.map(|candidate| candidate.user);
    let subject = user.as_ref().map(|user| user.sub);
    let outcome = match (verified, user) {
        (Verified::Match, Some(user)) if !user.disabled => Outcome::SignedIn(Box::new(user)),
        (Verified::MatchRehash(new), Some(user)) if !user.disabled => {
            if let Some(old) = stored {
                store::replace_password_hash(pool, user.id_user, &old, &new).await?;
            }
            Outcome::SignedIn(Box::new(user))
        }
        _ => Outcome::Refused,
    };
    let event = match outcome {
        Outcome::SignedIn(_) => {
            let Authentication { acr, amr } = Authentication::password();
            let acr = acr.as_str().to_owned();
            Event::SignedIn {
                amr,
                acr,
                new_device: false,
            }
        }
        Outcome::Refused => Event::SignInRefused,
    };
    audit::record(pool, &event, subject, None, context).await?;
    Ok(outcome)
}
