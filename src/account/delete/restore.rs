//! `/restore-account`: where the mailed link leads. `GET` shows a button, `POST` takes the deletion
//! back. The same for programs: `POST /api/auth/restore`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::By;
use crate::account::json::{ApiFault, Body};
use crate::account::mailed_link::{self, Link};
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};

/// Spends a mailed link: the account is restored.
///
/// # Errors
/// See [`Refusal`].
async fn restore(app: &App, token: &Secret, context: &RequestContext) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::spend(&mut tx, Purpose::RestoreAccount, token, context.now).await?;
    let Found::Good { id_user, .. } = found else {
        return Err(Refusal::Link(found));
    };
    let restored = super::restore(app.into(), &mut tx, id_user, By::OWNER, context).await?;
    if restored.is_none() {
        // Restored otherwise meanwhile, or closed by an administrator.
        return Err(Refusal::Link(Found::Withdrawn));
    }
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    Ok(())
}

/// `GET /restore-account`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let link = Link::asked(app, visitor, Purpose::RestoreAccount, query).await?;
    let found = link.peek(app, visitor).await?;
    Ok(link.page(app, visitor, found, FormProblems::default()))
}

/// `POST /restore-account`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let link = Link::posted(app, visitor, Purpose::RestoreAccount, query, params).await?;
    if let Some(problems) = link.hindrance(app, visitor, params) {
        let found = link.peek(app, visitor).await?;
        return Ok(link.page(app, visitor, found, problems));
    }
    match restore(app, &link.token, &visitor.context).await {
        Ok(()) => Ok(see_other(app, "/account/restored")),
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}

/// `GET /account/restored`: it is done.
pub async fn restored(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let facts = visitor.page(app, None, None);
            let locale = facts.locale();
            let page = Notice {
                heading: t(locale, "restored-title"),
                text: vec![t(locale, "restored-text")],
                way_on: WayOn {
                    label: WayOnLabel::SignIn,
                    url: app.issuer.path("/login"),
                },
            };
            Ok(page.render(&facts.context(app)))
        })
        .await
}

/// What stands in the mailed link.
#[derive(Debug, Deserialize, ToSchema)]
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
    context: RequestContext,
    Body(input): Body<RestoreInput>,
) -> Result<Json<RestoreAnswer>, ApiFault> {
    restore(&app, &input.token, &context).await?;
    Ok(Json(RestoreAnswer { restored: true }))
}
