//! The second step of a sign-in: what is on offer, and what came of an answer.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use super::assurance::{Acr, Authentication, Proof};
use super::attempt::{self, Attempt, Owner};
use super::ceremony::Bound;
pub use super::factors::email_code::Sent;
use super::factors::passkey::{Answer as Passkey, Challenge};
use super::factors::{self, Enrolled, email_code, recovery_code, totp};
use super::sign_in::{self, SignInError};
use super::throttle::{self, Bucket, Gate};
use super::{Services, device};
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::mail::Letter;
use crate::users::User;

/// A way to prove the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Passkey,
    Totp,
    Email,
    RecoveryCode,
}

impl Method {
    /// All, the strongest first.
    pub const ALL: [Self; 4] = [Self::Passkey, Self::Totp, Self::Email, Self::RecoveryCode];

    /// The value on the wire: in `methods`, `method`, and the page's address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::Email => "email",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// Reads the value.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// What a person can prove a second factor with, the strongest first; empty where none is due.
/// A code by mail counts only where the password did not come from the mailbox too. Where `wanted`
/// can be reached by a passkey alone and there is one, nothing else is offered.
pub fn on_offer(user: &User, enrolled: &Enrolled, wanted: Option<Acr>) -> Vec<Method> {
    if !enrolled.has_any() {
        return Vec::new();
    }
    if wanted == Some(Acr::PhishingResistant) && enrolled.passkey {
        return vec![Method::Passkey];
    }
    Method::ALL
        .into_iter()
        .filter(|method| match method {
            Method::Passkey => enrolled.passkey,
            Method::Totp => enrolled.totp,
            Method::Email => enrolled.email && !user.password_from_mail,
            // Always in sight: where none is left, that is said when one is tried.
            Method::RecoveryCode => true,
        })
        .collect()
}

/// The password was right and the second factor is due: begins the attempt. The history tells it, for
/// somebody who never answers may have guessed the password. In a transaction.
///
/// # Errors
/// See [`SignInError`].
pub async fn ask(
    db: &mut PgConnection,
    user: &User,
    owner: Owner<'_>,
    lifetime: Duration,
    client_id: Option<&str>,
    context: &RequestContext,
) -> Result<Uuid, SignInError> {
    sign_in::hold(&mut *db, user).await?;
    let id = attempt::begin(&mut *db, user.id_user, owner, lifetime, context.now).await?;
    let event = Event::SecondFactorAsked;
    audit::record(db, &event, Some(user.sub), client_id, context).await?;
    Ok(id)
}

/// An answer to the question for the second factor.
pub enum Answer {
    /// Of an authenticator app, of a mail, or kept for the day when the rest is lost.
    Code(Method, Secret),
    /// WebAuthn: the ceremony that gave the challenge, and the credential as the browser returned
    /// it.
    Passkey {
        ceremony: Uuid,
        credential: Box<PublicKeyCredential>,
    },
}

/// What came of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// It was right; the attempt is taken, and this is what the whole sign-in proved.
    Proved(Authentication),
    Refused,
    /// Too many wrong answers before: not even tried.
    Delayed {
        seconds: u32,
    },
    /// The attempt is over: the person begins anew.
    Over,
}

/// Checks an answer; a right one takes the attempt. Nothing is accepted twice, however many
/// requests carry it at once.
///
/// # Errors
/// See [`SignInError`].
pub async fn answer(
    services: &Services<'_>,
    attempt: &Attempt,
    answer: Answer,
    device: Option<&Secret>,
    context: &RequestContext,
) -> Result<Outcome, SignInError> {
    let (pool, now, user) = (services.pool, context.now, &attempt.user);
    let method = match &answer {
        Answer::Code(method, _) => *method,
        Answer::Passkey { .. } => Method::Passkey,
    };
    let enrolled = factors::store::enrolled(pool, user.id_user).await?;
    if !on_offer(user, &enrolled, None).contains(&method) {
        return Ok(Outcome::Refused);
    }
    let id_user = user.id_user;
    let known = match device {
        Some(device) => device::is_known(pool, device, id_user, now).await?,
        None => false,
    };
    let buckets = [Bucket::second_factor(device.filter(|_| known), id_user)];
    // Nobody guesses a signature: whoever guesses codes does not hold up a passkey.
    let guessed = method != Method::Passkey;
    if guessed && let Gate::Wait { seconds } = throttle::try_pass(pool, &buckets, now).await? {
        sign_in::note_delay(pool, &Event::SecondFactorDelayed, user.sub, context).await?;
        return Ok(Outcome::Delayed { seconds });
    }
    let proof = match &answer {
        Answer::Code(Method::Totp, code) => totp::verify(pool, services.kek, id_user, code, now)
            .await?
            .then_some(Proof::Totp),
        Answer::Code(Method::Email, code) => email_code::verify(pool, attempt.id, code, now)
            .await?
            .then_some(Proof::EmailCode),
        Answer::Code(Method::RecoveryCode, code) => {
            spend_recovery_code(services, user, code, context).await?
        }
        Answer::Code(Method::Passkey, _) => None,
        Answer::Passkey {
            ceremony,
            credential,
        } => {
            let bound = Bound::attempt(attempt.id);
            let (passkeys, kek) = (services.passkeys, services.kek);
            let answer = passkeys.finish_authentication(
                pool,
                kek,
                id_user,
                (*ceremony, &bound),
                credential,
                context,
            );
            match answer.await? {
                Passkey::Proved(asserted) => Some(asserted.proof),
                Passkey::Refused => None,
            }
        }
    };
    let Some(proof) = proof else {
        let event = Event::SecondFactorRefused {
            method: method.as_str(),
        };
        audit::record(pool, &event, Some(user.sub), None, context).await?;
        return Ok(Outcome::Refused);
    };
    throttle::forgive(pool, &buckets, now).await?;
    if !attempt::take(pool, attempt.id).await? {
        return Ok(Outcome::Over);
    }
    if proof != Proof::EmailCode && user.password_from_mail {
        crate::users::store::trust_password(pool, id_user).await?;
    }
    Ok(Outcome::Proved(Authentication::of(&[
        Proof::Password,
        proof,
    ])))
}

/// Mails a code for this attempt; the earlier one is void.
///
/// # Errors
/// See [`SignInError`].
pub async fn send_code(
    services: &Services<'_>,
    attempt: &Attempt,
    context: &RequestContext,
) -> Result<Sent, SignInError> {
    let to = services.recipient(&attempt.user);
    let id_user = attempt.user.id_user;
    let sent = email_code::send(
        services.pool,
        services.mail,
        attempt.id,
        id_user,
        &to,
        context,
    );
    Ok(sent.await?)
}

/// A WebAuthn challenge for this attempt; `None` where the person has no passkey.
///
/// # Errors
/// See [`SignInError`].
pub async fn challenge(
    services: &Services<'_>,
    attempt: &Attempt,
    context: &RequestContext,
) -> Result<Option<Challenge>, SignInError> {
    let (passkeys, pool, kek) = (services.passkeys, services.pool, services.kek);
    let (id_user, bound) = (attempt.user.id_user, Bound::attempt(attempt.id));
    let challenge = passkeys.begin_authentication(pool, kek, id_user, &bound, context.now);
    Ok(challenge.await?)
}

async fn spend_recovery_code(
    services: &Services<'_>,
    user: &User,
    code: &Secret,
    context: &RequestContext,
) -> Result<Option<Proof>, SignInError> {
    let mut tx = services.pool.begin().await?;
    let spent = recovery_code::spend(&mut *tx, user.id_user, code, context.now).await?;
    let Some(left) = spent else { return Ok(None) };
    let event = Event::RecoveryCodeUsed { left };
    audit::record(&mut *tx, &event, Some(user.sub), None, context).await?;
    let letter = Letter::RecoveryCodeUsed {
        left,
        what: context.into(),
    };
    services
        .mail
        .post(&mut *tx, &services.recipient(user), &letter, context.now)
        .await?;
    tx.commit().await?;
    Ok(Some(Proof::RecoveryCode))
}
