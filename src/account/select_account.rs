//! `/select-account`: which account to go on with (`prompt=select_account`).

use axum::response::Response;

use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::http::form::Params;
use crate::oauth::authorize::decide::Progress;
use crate::oauth::authorize::interaction::{self, form_path, page_path};
use crate::pages::SelectAccount;

/// `GET /select-account`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let Some(it) = interaction::named(app, visitor, query).await? else {
        return Ok(see_other(app, "/"));
    };
    let Some(session) = visitor.session(app).await? else {
        return Ok(see_other(app, &page_path("/continue", it.id)));
    };
    let redirect_uri = it.request.return_address.redirect_uri();
    let facts = visitor.page(
        app,
        it.request.ui_locales.as_deref(),
        session.user.locale.as_deref(),
    );
    let facts = facts.leading_to(redirect_uri);
    let page = SelectAccount {
        app: Some(interaction::app_view(
            app,
            &it.client,
            redirect_uri,
            facts.locale(),
        )),
        action: app
            .issuer
            .path(&form_path("/select-account", it.id, &session)),
        cancel: Some(app.issuer.path(&page_path("/login/cancel", it.id))),
        name: session.user.name,
        email: session.user.email,
    };
    Ok(page.render(&facts.context(app)))
}

/// `POST /select-account`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let it = interaction::for_form(app, visitor, query, params).await?;
    let again = see_other(app, &page_path("/select-account", it.id));
    let session = visitor.session(app).await?;
    let progress = match (params.get("choice"), session) {
        (Some("continue"), Some(session)) if interaction::was_shown_to(&session, query)? => {
            let id_user = session.user.id_user;
            Progress {
                account_selected: true,
                other_account: false,
                user: Some(id_user),
                ..it.progress.of(id_user)
            }
        }
        // Whatever was done so far, was done by the person who is being left.
        (Some("other"), _) => Progress {
            account_selected: true,
            other_account: true,
            ..Progress::default()
        },
        // No choice, or the account that was shown is no longer the one signed in.
        _ => return Ok(again),
    };
    interaction::advance(&app.pool, it.id, progress).await?;
    Ok(see_other(app, &page_path("/continue", it.id)))
}
