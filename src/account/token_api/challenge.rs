//! `POST /api/auth/login/factor/challenge`: what some factors need before they can be answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::factor::{UnderWay, under_way};
use crate::account::json::{ApiFault, Body, FieldError, Language, Problem};
use crate::app::App;
use crate::authn::factors::email_code::{Sent, TTL};
use crate::authn::second_factor;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::{Locale, t_args};

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    mfa_token: Secret,
    method: Way,
}

/// The methods that need a challenge.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// Options for the authenticator.
    Passkey,
    /// A code by mail.
    Email,
}

/// `POST /api/auth/login/factor/challenge`.
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, ApiFault> {
    let UnderWay { attempt, .. } = under_way(&app, &context, &headers, &asked.mfa_token).await?;
    let services = app.authn().in_language(locale);
    let challenge = match asked.method {
        Way::Passkey => second_factor::challenge(&services, &attempt, &context)
            .await?
            .map(|challenge| challenge.to_json()),
        Way::Email => {
            let sent = second_factor::send_code(&services, &attempt, &context).await;
            match sent? {
                Sent::Mailed => Some(json!({ "expires_in": TTL.whole_seconds() })),
                Sent::TooSoon { seconds } => return Err(Problem::wait(seconds).into()),
                Sent::Unavailable => None,
            }
        }
    };
    challenge
        .map(Json)
        .ok_or_else(|| not_on_offer(locale).into())
}

fn not_on_offer(locale: Locale) -> Problem {
    let choices = [("choices", "passkey, email".into())];
    let detail = t_args(locale, "problem-field-choice", &choices);
    Problem::invalid([FieldError::new("method", "invalid", detail)])
}
