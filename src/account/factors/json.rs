//! `/api/auth/me/factors` and the calls below it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{BegunEmail, Enrolled, Person, default_name, protection};
use crate::account::json::{ApiFault, Body, Caller, FieldError, Kind, PathId, Problem};
use crate::app::App;
use crate::authn::factors::store::{self, Removal};
use crate::authn::factors::{self, Factor};
use crate::foundation::secret::Secret;
use crate::i18n::{Locale, t};

type Answer = Result<(StatusCode, Json<Value>), ApiFault>;

/// A code, with the name of the challenge that it answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    ceremony: Uuid,
    code: Secret,
    #[serde(default)]
    name: Option<String>,
}

/// A new passkey, with the name of the challenge that it answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    ceremony: Uuid,
    /// A `RegistrationResponseJSON` (WebAuthn Level 3, section 5.1.7).
    credential: Value,
    #[serde(default)]
    name: Option<String>,
}

/// What is to change of a factor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    name: String,
}

/// `GET me/factors`: what protects the account beside the password.
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    let protection = protection(&app, caller.user().id_user).await?;
    let factors: Vec<Value> = protection.factors.iter().map(factor_json).collect();
    let body = json!({
        "factors": factors,
        "recovery_codes_left": protection.recovery_codes_left,
        "second_factor_required": caller.user().second_factor_required,
    });
    Ok((StatusCode::OK, Json(body)))
}

/// `POST me/factors/totp`: a key for an authenticator app.
pub async fn totp(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    caller.confirmed(&app).await?;
    let begun = super::begin_totp(&app, &Person::of_caller(&caller)).await?;
    let body = json!({
        "ceremony": begun.ceremony,
        "secret": begun.key.expose(),
        "otpauth_url": begun.url.expose(),
    });
    Ok((StatusCode::CREATED, Json(body)))
}

/// `POST me/factors/totp/confirm`: the app's first code.
pub async fn confirm_totp(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(sent): Body<Answered>,
) -> Answer {
    caller.confirmed(&app).await?;
    let person = Person::of_caller(&caller);
    let name = name_of(sent.name.as_deref(), factors::Kind::Totp, &caller)?;
    let enrolled = super::confirm_totp(&app, &person, sent.ceremony, &sent.code, &name).await?;
    answer(enrolled, caller.locale)
}

/// `POST me/factors/passkeys`: a challenge for `navigator.credentials.create`.
pub async fn passkey(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    caller.confirmed(&app).await?;
    if !app.passkeys.available() {
        let detail = t(caller.locale, "factors-passkey-nowhere");
        return Err(Problem::new(Kind::CONFLICT).with_detail(detail).into());
    }
    let begun = super::begin_passkey(&app, &Person::of_caller(&caller)).await?;
    Ok((StatusCode::CREATED, Json(begun.to_json())))
}

/// `POST me/factors/passkeys/confirm`: what the authenticator made.
pub async fn confirm_passkey(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(sent): Body<NewPasskey>,
) -> Answer {
    caller.confirmed(&app).await?;
    let person = Person::of_caller(&caller);
    let name = name_of(sent.name.as_deref(), factors::Kind::Passkey, &caller)?;
    let (ceremony, credential) = (sent.ceremony, sent.credential);
    let enrolled = super::confirm_passkey(&app, &person, ceremony, credential, &name).await?;
    answer(enrolled, caller.locale)
}

/// `POST me/factors/email`: a first code by mail.
pub async fn email(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    caller.confirmed(&app).await?;
    let conflict = |key| {
        let detail = t(caller.locale, key);
        Err(Problem::new(Kind::CONFLICT).with_detail(detail).into())
    };
    match super::begin_email(&app, &Person::of_caller(&caller)).await? {
        BegunEmail::Mailed(ceremony) => {
            Ok((StatusCode::ACCEPTED, Json(json!({ "ceremony": ceremony }))))
        }
        BegunEmail::Wait { seconds } => Err(Problem::wait(seconds.into()).into()),
        BegunEmail::On => conflict("factors-email-on"),
        BegunEmail::PasswordFromMail => conflict("factors-password-from-mail"),
    }
}

/// `POST me/factors/email/confirm`: the code that was mailed.
pub async fn confirm_email(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(sent): Body<Answered>,
) -> Answer {
    caller.confirmed(&app).await?;
    let person = Person::of_caller(&caller);
    let name = name_of(sent.name.as_deref(), factors::Kind::Email, &caller)?;
    let enrolled = super::confirm_email(&app, &person, sent.ceremony, &sent.code, &name).await?;
    answer(enrolled, caller.locale)
}

/// `POST me/factors/recovery-codes`: ten new ones, which void the earlier ones.
pub async fn recovery_codes(State(app): State<Arc<App>>, caller: Caller) -> Answer {
    caller.confirmed(&app).await?;
    let made = super::make_recovery_codes(&app, &Person::of_caller(&caller)).await?;
    let Some(codes) = made else {
        let detail = t(caller.locale, "factors-codes-impossible");
        return Err(Problem::new(Kind::CONFLICT).with_detail(detail).into());
    };
    let body = json!({ "recovery_codes": codes_json(&codes) });
    Ok((StatusCode::CREATED, Json(body)))
}

/// `PATCH me/factors/{id}`: another name.
pub async fn rename(
    State(app): State<Arc<App>>,
    caller: Caller,
    PathId(id): PathId,
    Body(changes): Body<Changes>,
) -> Answer {
    caller.confirmed(&app).await?;
    let name = named(&changes.name, caller.locale)?;
    let renamed = super::rename(&app, &Person::of_caller(&caller), id, &name).await?;
    let factor = renamed.ok_or_else(|| Problem::new(Kind::NOT_FOUND))?;
    Ok((StatusCode::OK, Json(factor_json(&factor))))
}

/// `GET me/factors/{id}`.
pub async fn get(State(app): State<Arc<App>>, caller: Caller, PathId(id): PathId) -> Answer {
    let found = store::find(&app.pool, caller.user().id_user, id).await?;
    let factor = found.ok_or_else(|| Problem::new(Kind::NOT_FOUND))?;
    Ok((StatusCode::OK, Json(factor_json(&factor))))
}

/// `DELETE me/factors/{id}`.
pub async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<StatusCode, ApiFault> {
    caller.confirmed(&app).await?;
    match super::remove(&app, &Person::of_caller(&caller), id).await? {
        Removal::Removed(_) => Ok(StatusCode::NO_CONTENT),
        Removal::Unknown => Err(Problem::new(Kind::NOT_FOUND).into()),
        Removal::Demanded => {
            let detail = t(caller.locale, "factors-last-demanded");
            Err(Problem::new(Kind::CONFLICT).with_detail(detail).into())
        }
    }
}

fn answer(enrolled: Enrolled, locale: Locale) -> Answer {
    let wrong = |field, code, key| Problem::invalid([FieldError::new(field, code, t(locale, key))]);
    let problem = match enrolled {
        Enrolled::Added {
            factor,
            recovery_codes,
        } => {
            let mut body = json!({ "factor": factor_json(&factor) });
            if let (Some(codes), Some(body)) = (recovery_codes, body.as_object_mut()) {
                body.insert("recovery_codes".to_owned(), codes_json(&codes));
            }
            return Ok((StatusCode::CREATED, Json(body)));
        }
        Enrolled::Wrong => wrong("code", "wrong", "factors-code-wrong"),
        Enrolled::Over | Enrolled::Repeated => wrong("ceremony", "over", "factors-over"),
        Enrolled::Known => {
            Problem::new(Kind::CONFLICT).with_detail(t(locale, "factors-passkey-known"))
        }
        Enrolled::TooMany => {
            Problem::new(Kind::CONFLICT).with_detail(t(locale, "factors-too-many"))
        }
    };
    Err(problem.into())
}

fn name_of(typed: Option<&str>, kind: factors::Kind, caller: &Caller) -> Result<String, ApiFault> {
    match typed.map(str::trim) {
        None | Some("") => Ok(default_name(kind, caller.locale, &caller.context)),
        Some(typed) => named(typed, caller.locale),
    }
}

fn named(typed: &str, locale: Locale) -> Result<String, ApiFault> {
    super::name(typed).ok_or_else(|| {
        let error = FieldError::new("name", "invalid", t(locale, "factors-name-bad"));
        Problem::invalid([error]).into()
    })
}

fn codes_json(codes: &[Secret]) -> Value {
    codes
        .iter()
        .map(|code| Value::from(code.expose()))
        .collect()
}

fn factor_json(factor: &Factor) -> Value {
    let at = |at: OffsetDateTime| at.format(&Rfc3339).ok();
    json!({
        "id": factor.id,
        "kind": factor.kind.as_str(),
        "name": factor.name,
        "created_at": at(factor.created_at),
        "last_used_at": factor.last_used_at.and_then(at),
    })
}
