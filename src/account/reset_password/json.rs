//! `POST /api/auth/password/forgot` and `POST /api/auth/password/reset`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::account::json::{ApiFault, Body, Language};
use crate::account::standing::Errand;
use crate::app::App;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;

/// Whose password is forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    email: String,
}

/// 202 whether or not there is such an account.
///
/// # Errors
/// Field by field, what is wrong.
pub async fn forgot(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(asked): Body<Forgotten>,
) -> Result<StatusCode, ApiFault> {
    let errand = Errand {
        context: &context,
        locale,
        continuation: None,
    };
    super::forgot(&app, &asked.email, errand, &context).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The secret of the mailed link, and the password to set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    token: Secret,
    new_password: Secret,
}

/// 204 where the password is set.
///
/// # Errors
/// `invalid_link` with what became of it; what is wrong with the password, which leaves the link good.
pub async fn reset(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(asked): Body<Reset>,
) -> Result<StatusCode, ApiFault> {
    let password = Some(asked.new_password);
    super::reset(&app, &asked.token, password, locale, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}
