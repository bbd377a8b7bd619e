//! `POST /api/auth/email/change`, `email/confirm` and `email/undo`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::ask;
use super::confirm::confirm;
use super::undo::undo;
use crate::account::json::{ApiFault, Body, Caller, Language};
use crate::app::App;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;

/// The new address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailChange {
    email: String,
}

/// The secret of a mailed link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkToken {
    token: Secret,
}

/// 202: the new address is mailed a link, whether or not another account has it.
///
/// # Errors
/// `insufficient_user_authentication` where the sign-in is too old; field by field, what is wrong;
/// too many mails.
pub async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(asked): Body<EmailChange>,
) -> Result<StatusCode, ApiFault> {
    caller.confirmed(&app).await?;
    let (person, locale) = ((caller.user(), caller.acting()), caller.locale);
    ask(&app, person, &asked.email, locale, &caller.context).await?;
    Ok(StatusCode::ACCEPTED)
}

/// 204: the account has the new address.
///
/// # Errors
/// `invalid_link` with what became of it; `conflict` where another account has the address by now.
pub async fn confirmed(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(link): Body<LinkToken>,
) -> Result<StatusCode, ApiFault> {
    confirm(&app, &link.token, locale, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// 204: the account has the old address again, and every session has ended.
///
/// # Errors
/// As [`confirmed`].
pub async fn undone(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(link): Body<LinkToken>,
) -> Result<StatusCode, ApiFault> {
    undo(&app, &link.token, locale, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}
