//! `POST /api/auth/password/change`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Entered, Kept, change};
use crate::account::json::{ApiFault, Body, Caller};
use crate::app::App;
use crate::foundation::secret::Secret;

/// The old and the new password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    old_password: Secret,
    new_password: Secret,
}

/// 204: the password is changed; the caller's session and grant go on, all others have ended.
///
/// # Errors
/// Field by field: `wrong_password`, what is wrong with the new one; too many attempts.
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(entered): Body<PasswordChange>,
) -> Result<StatusCode, ApiFault> {
    let kept = Kept {
        sid: caller.sid(),
        cookie: None,
    };
    let entered = Entered {
        old: Some(entered.old_password),
        new: Some(entered.new_password),
    };
    let user = caller.user();
    change(&app, user, &kept, entered, caller.locale, &caller.context).await?;
    Ok(StatusCode::NO_CONTENT)
}
