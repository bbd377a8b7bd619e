//! `POST /api/auth/email/verify`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{send_again, verify};
use crate::account::json::{ApiFault, Body, FieldError, Language, Problem};
use crate::account::standing::Errand;
use crate::app::App;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::t;

/// Either the secret of a mailed link, or an address to mail a new one to.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Verification {
    token: Option<Secret>,
    email: Option<String>,
}

/// 204 where the address is proved now; 202 where a new link was asked for, whether or not there is
/// such an account.
///
/// # Errors
/// `invalid_link` with what became of it; field by field, what is wrong.
pub async fn post(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(asked): Body<Verification>,
) -> Result<StatusCode, ApiFault> {
    match (asked.token, asked.email) {
        (Some(token), None) => {
            verify(&app, &token, &context).await?;
            Ok(StatusCode::NO_CONTENT)
        }
        (None, Some(email)) => {
            let errand = Errand {
                context: &context,
                locale,
                continuation: None,
            };
            send_again(&app, &email, errand, &context).await?;
            Ok(StatusCode::ACCEPTED)
        }
        (token, _) => {
            let (code, text) = match token {
                None => ("missing", "problem-field-missing"),
                Some(_) => ("invalid", "problem-field-invalid"),
            };
            let error = FieldError::new("token", code, t(locale, text));
            Err(Problem::invalid([error]).into())
        }
    }
}
