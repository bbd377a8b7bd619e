//! `/restore-account`: where the mailed link leads. `GET` shows a button, `POST` takes the deletion
//! back. The same for programs: `POST /api/auth/restore`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{By, Registry};
use crate::account::json::{ApiFault, Body, Language};
use crate::account::link_page;
use crate::account::mailed_link::{self, Link};
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Posted, Visitor};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::pages::WayOnLabel;

/// Spends a mailed link: the account is restored.
///
/// # Errors
/// See [`Refusal`].
async fn restore(
    app: &App,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::spend(&mut tx, Purpose::RestoreAccount, token, context.now).await?;
    let Found::Good { id_user, email } = found else {
        return Err(Refusal::Link(found));
    };
    let registry = Registry::from(app).in_language(locale);
    let restored = super::restore(registry, &mut tx, id_user, By::OWNER, context).await?;
    if restored.is_none() {
        // Restored otherwise meanwhile, or closed by an administrator.
        return Err(Refusal::Link(Found::Withdrawn));
    }
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    // The link that a sign-in to the deleted account had mailed names no address.
    if let Some(email) = email {
        mailed_link::was_read(app, &email, context).await?;
    }
    Ok(())
}

/// `GET` and `HEAD /restore-account`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    link_page::get(asked, Purpose::RestoreAccount).await
}

/// `POST /restore-account`.
pub async fn post(posted: Posted) -> Response {
    let spend = async |app: &App, visitor: &Visitor, link: &Link| {
        let locale = visitor.page(app, None, None).locale();
        restore(app, &link.token, locale, &visitor.context).await?;
        Ok(visitor.in_language("/account/restored"))
    };
    link_page::post(posted, Purpose::RestoreAccount, spend).await
}

/// `GET /account/restored`: it is done.
pub async fn restored(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let words = ("restored-title", ["restored-text"].as_slice());
            let way_on = (WayOnLabel::SignIn, "/login");
            Ok(link_page::done(app, visitor, words, way_on))
        })
        .await
}

/// What stands in the mailed link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreInput {
    /// The `token` of the mailed link.
    #[schema(value_type = String)]
    token: Secret,
}

/// The account is back.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreAnswer {
    restored: bool,
}

/// `POST /api/auth/restore`.
///
/// # Errors
/// `invalid_link` with its reason; too many attempts.
pub async fn json(
    State(app): State<Arc<App>>,
    Language(locale): Language,
    context: RequestContext,
    Body(input): Body<RestoreInput>,
) -> Result<Json<RestoreAnswer>, ApiFault> {
    restore(&app, &input.token, locale, &context).await?;
    Ok(Json(RestoreAnswer { restored: true }))
}
