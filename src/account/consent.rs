//! `/consent`: whether an app may have what it asks for.

use axum::response::Response;

use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::audit::{self, Event};
use crate::http::form::Params;
use crate::oauth::authorize::decide::{Progress, Step};
use crate::oauth::authorize::endpoint::decide;
use crate::oauth::authorize::interaction::{self, Continuation, form_path, page_path};
use crate::oauth::authorize::{consent, respond};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::pages::Consent;

/// `GET /consent`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let Some(it) = interaction::named(app, visitor, query).await? else {
        return Ok(see_other(app, "/"));
    };
    let elsewhere = see_other(app, &page_path("/continue", it.id));
    let Some(session) = visitor.session(app).await? else {
        return Ok(elsewhere);
    };
    let Continuation {
        client, request, ..
    } = &it;
    if decide(app, visitor, client, request, Some(&session), it.progress).await? != Step::Consent {
        return Ok(elsewhere);
    }
    let user = &session.user;
    let given = consent::find(&app.pool, user.id_user, &client.client_id).await?;
    let redirect_uri = request.return_address.redirect_uri();
    let facts = visitor.page(app, request.ui_locales.as_deref(), user.locale.as_deref());
    let facts = facts.leading_to(redirect_uri);
    let page = Consent {
        app: interaction::app_view(app, client, redirect_uri, facts.locale()),
        action: app.issuer.path(&form_path("/consent", it.id, &session)),
        user_email: user.email.clone(),
        items: consent::items(
            &*app.resources.get().await?,
            request,
            given.as_ref(),
            facts.locale(),
        ),
        not_you: Some(app.issuer.path(&page_path("/select-account", it.id))),
    };
    Ok(page.render(&facts.context(app)))
}

/// `POST /consent`.
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
    let elsewhere = see_other(app, &page_path("/continue", it.id));
    let Some(session) = visitor.session(app).await? else {
        return Ok(elsewhere);
    };
    let Continuation {
        client, request, ..
    } = &it;
    // Consent counts only where it was the question: not, for one, before a sign-in that is due.
    if decide(app, visitor, client, request, Some(&session), it.progress).await? != Step::Consent
        || !interaction::was_shown_to(&session, query)?
    {
        return Ok(elsewhere);
    }
    match params.get("decision") {
        Some("allow") => {
            let mut tx = app.pool.begin().await?;
            let at_apis = consent::at_apis(&*app.resources.get().await?, request);
            let (id_user, now) = (session.user.id_user, visitor.context.now);
            consent::add(&mut *tx, id_user, request, &at_apis, now).await?;
            let progress = Progress {
                consented: true,
                user: Some(session.user.id_user),
                ..it.progress.of(session.user.id_user)
            };
            interaction::advance(&mut *tx, it.id, progress).await?;
            let (subject, client_id) = (Some(session.user.sub), Some(client.client_id.as_str()));
            audit::record(
                &mut *tx,
                &Event::ConsentGiven,
                subject,
                client_id,
                &visitor.context,
            )
            .await?;
            tx.commit().await?;
            Ok(elsewhere)
        }
        Some("deny") => {
            interaction::end(&app.pool, it.id).await?;
            let error = OAuthError::new(ErrorCode::AccessDenied, "the person denied the request");
            respond::with_error(app, visitor, &request.return_address, &error)
        }
        _ => Ok(see_other(app, &page_path("/consent", it.id))),
    }
}
