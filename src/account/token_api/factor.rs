//! `POST /api/auth/login/factor`: the second factor.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::client::first_party;
use super::complete::{Asking, complete, needed, scope_of};
use super::mfa_token::MfaToken;
use crate::account::json::{ApiFault, Body, FieldError, Kind, Language, Problem};
use crate::app::App;
use crate::authn::attempt::{self, Attempt, Name};
use crate::authn::second_factor::{self, Answer, Method, Outcome};
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::cookies::Cookie;
use crate::i18n::{Locale, t};
use crate::oauth::scope::Scope;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    mfa_token: Secret,
    method: Way,
    /// For every method but `passkey`.
    code: Option<Secret>,
    /// For `passkey`: the ceremony of the challenge, and the authenticator's answer to it.
    ceremony: Option<Uuid>,
    credential: Option<Value>,
}

/// `method` on the wire.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Passkey,
    Totp,
    Email,
    RecoveryCode,
}

impl From<Way> for Method {
    fn from(way: Way) -> Self {
        match way {
            Way::Passkey => Self::Passkey,
            Way::Totp => Self::Totp,
            Way::Email => Self::Email,
            Way::RecoveryCode => Self::RecoveryCode,
        }
    }
}

/// A sign-in that is under way, with its client.
pub struct UnderWay {
    pub attempt: Attempt,
    pub client: Arc<Client>,
    pub scope: Scope,
}

/// The attempt that an `mfa_token` names. A confidential client authenticates at each step.
///
/// # Errors
/// `invalid_mfa_token`; `invalid_client`, `unauthorized_client`.
pub async fn under_way(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    mfa_token: &Secret,
) -> Result<UnderWay, ApiFault> {
    let over = || ApiFault::unauthorized(Kind::INVALID_MFA_TOKEN);
    let token = MfaToken::read(mfa_token).ok_or_else(over)?;
    let name = Name::Handle(&token.handle);
    let attempt = attempt::find(&app.pool, name, context.now).await?;
    let attempt = attempt.ok_or_else(over)?;
    let client_id = attempt.client_id.as_deref().ok_or_else(over)?;
    let client = first_party(app, context, headers, Some(client_id)).await?;
    // Not sealed: whoever holds it may have written another scope into it. RFC 6749, section 3.3.
    let scope = scope_of(&client, token.scope.as_ref()).map_err(|_| over())?;
    Ok(UnderWay {
        attempt,
        client,
        scope,
    })
}

/// `POST /api/auth/login/factor`.
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<Response, ApiFault> {
    let it = under_way(&app, &context, &headers, &asked.mfa_token).await?;
    let answer = match (asked.method, asked.code) {
        (Way::Passkey, _) => {
            let (Some(ceremony), Some(sent)) = (asked.ceremony, asked.credential) else {
                let fields = ["ceremony", "credential"];
                return Err(Problem::invalid(fields.map(|field| needed(field, locale))).into());
            };
            let credential = serde_json::from_value(sent).map_err(|_| malformed(locale))?;
            Answer::Passkey {
                ceremony,
                credential,
            }
        }
        (_, None) => return Err(Problem::invalid([needed("code", locale)]).into()),
        (way, Some(code)) => Answer::Code(way.into(), code),
    };
    let device = Cookie::Device.read(&headers, app.issuer.is_secure());
    let services = app.authn().in_language(locale);
    let outcome =
        second_factor::answer(&services, &it.attempt, answer, device.as_ref(), &context).await;
    match outcome? {
        Outcome::Proved(proved) => {
            let (client, user, scope) = (&it.client, &it.attempt.user, &it.scope);
            let asking = Asking {
                context: &context,
                headers: &headers,
                locale,
            };
            complete(&app, asking, client, user, &proved, scope).await
        }
        Outcome::Refused => Err(ApiFault::unauthorized(Kind::INVALID_CODE)),
        Outcome::Delayed { seconds } => Err(Problem::wait(seconds.into()).into()),
        Outcome::Over => Err(ApiFault::unauthorized(Kind::INVALID_MFA_TOKEN)),
    }
}

fn malformed(locale: Locale) -> Problem {
    let detail = t(locale, "problem-field-invalid");
    Problem::invalid([FieldError::new("credential", "invalid", detail)])
}
