//! `/logout` (OpenID Connect RP-Initiated Logout 1.0, section 2). Without a valid hint of the
//! session's own client the person is asked; a redirect goes only to an exactly registered address.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::hint::hint;
use crate::app::{App, Fault, Posted, Sent, Visitor, see_other};
use crate::audit::{self, Event};
use crate::authn::session::{self, Session};
use crate::clients::Client;
use crate::http::cookies::Cookie;
use crate::http::form::Params;
use crate::oauth::authorize::interaction::app_view;
use crate::oauth::claims::subject;
use crate::pages::{ErrorMessage, ErrorPage, SignOut, SignedOut, WayOnLabel};

/// Longest `state`, in bytes: it is repeated to the letter or not at all.
const MAX_STATE: usize = 2048;

/// A vetted sign-out request.
struct LogoutRequest {
    client: Option<Arc<Client>>,
    /// The `sub` and `sid` of the hint.
    hinted: Option<(String, Option<String>)>,
    /// Registered by the client, to the letter.
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
    ui_locales: Option<String>,
}

/// `GET` and `POST /logout`.
pub async fn request(sent: Sent) -> Response {
    sent.answer(begin).await
}

/// `POST /logout/confirm`: the person's own decision, from our page.
pub async fn confirm(posted: Posted) -> Response {
    posted.answer(confirmed).await
}

async fn begin(app: &App, visitor: &Visitor, params: &Params) -> Result<Response, Fault> {
    let request = vet(app, visitor, params).await?;
    let session = visitor.session(app).await?;
    match &session {
        Some(session) if is_hinted(app, &request, session).await? => {
            sign_out(app, visitor, Some(session), &request).await
        }
        Some(session) => Ok(ask(app, visitor, params, &request, session)),
        // Nobody is signed in: nothing to ask. A redirect still needs the hint.
        None if request.hinted.is_some() => sign_out(app, visitor, None, &request).await,
        None => Ok(signed_out_page(app, visitor, &request)),
    }
}

async fn confirmed(
    app: &App,
    visitor: &Visitor,
    _: &str,
    params: &Params,
) -> Result<Response, Fault> {
    if !visitor.owns_form(params) {
        let status = StatusCode::FORBIDDEN;
        let page = ErrorPage::new(status, "form_expired", ErrorMessage::FormExpired)
            .with_way_on(WayOnLabel::TryAgain, app.issuer.path("/logout"));
        return Err(Fault::Told(Box::new(page)));
    }
    if params.get("decision") == Some("stay") {
        return Ok(see_other(app, "/"));
    }
    let request = vet(app, visitor, params).await?;
    let session = visitor.session(app).await?;
    let mut response = sign_out(app, visitor, session.as_ref(), &request).await?;
    if params.get("then") == Some("sign-in") {
        *response.status_mut() = StatusCode::SEE_OTHER;
        let login = HeaderValue::from_str(&app.issuer.path("/login")).map_err(Fault::internal)?;
        response.headers_mut().insert(header::LOCATION, login);
    }
    Ok(response)
}

/// Ends the session, then redirects to the registered address, or says so.
async fn sign_out(
    app: &App,
    visitor: &Visitor,
    session: Option<&Session>,
    request: &LogoutRequest,
) -> Result<Response, Fault> {
    if let Some(session) = session {
        let mut tx = app.pool.begin().await?;
        session::end(&mut *tx, session.sid, visitor.context.now).await?;
        let client_id = request
            .client
            .as_deref()
            .map(|client| client.client_id.as_str());
        let subject = Some(session.user.sub);
        audit::record(
            &mut *tx,
            &Event::SignedOut,
            subject,
            client_id,
            &visitor.context,
        )
        .await?;
        tx.commit().await?;
    }
    let mut response = match &request.post_logout_redirect_uri {
        Some(uri) => redirect(uri, request.state.as_deref())?,
        None => signed_out_page(app, visitor, request),
    };
    let gone = Cookie::Session.remove(app.issuer.is_secure());
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// Section 3: only `state` is added.
fn redirect(uri: &str, state: Option<&str>) -> Result<Response, Fault> {
    let mut location = uri.to_owned();
    if let Some(state) = state {
        let joint = if uri.contains('?') { '&' } else { '?' };
        let pair = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", state)
            .finish();
        location = format!("{uri}{joint}{pair}");
    }
    let headers = [
        (
            header::LOCATION,
            HeaderValue::from_str(&location).map_err(Fault::internal)?,
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn signed_out_page(app: &App, visitor: &Visitor, request: &LogoutRequest) -> Response {
    // The language switch leads to the same news by GET, without signing anyone out.
    let facts = visitor.page(app, request.ui_locales.as_deref(), None);
    let facts = facts.shown_at(app.issuer.path("/logout"));
    let return_to = request.post_logout_redirect_uri.clone();
    let view = request.client.as_deref().zip(return_to.as_deref());
    let page = SignedOut {
        app: view.map(|(client, uri)| app_view(app, client, uri, facts.locale())),
        return_to,
        front_channel: Vec::new(),
    };
    page.render(&facts.context(app))
}

fn ask(
    app: &App,
    visitor: &Visitor,
    params: &Params,
    request: &LogoutRequest,
    session: &Session,
) -> Response {
    let mut facts = visitor.page(
        app,
        request.ui_locales.as_deref(),
        session.user.locale.as_deref(),
    );
    let uri = request.post_logout_redirect_uri.as_deref();
    if let Some(uri) = uri {
        facts = facts.leading_to(uri);
    }
    let hidden = [
        "id_token_hint",
        "client_id",
        "post_logout_redirect_uri",
        "state",
        "ui_locales",
    ]
    .into_iter()
    .filter_map(|name| Some((name.to_owned(), params.get(name)?.to_owned())))
    .collect();
    let view = request
        .client
        .as_deref()
        .map(|client| app_view(app, client, uri.unwrap_or_default(), facts.locale()));
    let page = SignOut {
        app: view,
        action: app.issuer.path("/logout/confirm"),
        user_email: Some(session.user.email.clone()),
        hidden,
    };
    page.render(&facts.context(app))
}

async fn vet(app: &App, visitor: &Visitor, params: &Params) -> Result<LogoutRequest, Fault> {
    let refuse = |detail: &str| {
        let status = StatusCode::BAD_REQUEST;
        let page =
            ErrorPage::new(status, "invalid_request", ErrorMessage::BadSignOut).with_detail(detail);
        Fault::Told(Box::new(page))
    };
    if params.repeated().is_some() {
        return Err(refuse("a parameter was sent more than once"));
    }
    let (hinted, audience) = hint(app, visitor, params).await;
    let named = params.get("client_id");
    // Section 2: both must name the same client.
    if let (Some(audience), Some(named)) = (&audience, named)
        && audience != named
    {
        return Err(refuse("client_id is not the audience of the id_token_hint"));
    }
    let client = match audience.as_deref().or(named) {
        Some(client_id) => app.clients.get(client_id).await?,
        None => None,
    };
    // A hint that cannot be verified, for one because its key was removed since, leaves nobody to
    // return to: the person is asked, and stays here.
    let lost = client.is_none() && named.is_none() && params.get("id_token_hint").is_some();
    let post_logout_redirect_uri = match params.get("post_logout_redirect_uri") {
        None => None,
        Some(_) if lost => None,
        Some(uri) => {
            let registered = client.as_deref().is_some_and(|client| {
                client
                    .metadata
                    .post_logout_redirect_uris
                    .iter()
                    .any(|known| known == uri)
            });
            if !registered {
                return Err(refuse(
                    "post_logout_redirect_uri is not one that the client registered",
                ));
            }
            Some(uri.to_owned())
        }
    };
    let state = params.get("state").map(str::to_owned);
    if state.as_ref().is_some_and(|state| state.len() > MAX_STATE) {
        return Err(refuse("state is too long"));
    }
    Ok(LogoutRequest {
        client,
        hinted,
        post_logout_redirect_uri,
        state,
        ui_locales: params.get("ui_locales").map(str::to_owned),
    })
}

/// Whether the hint is about the session that this browser has.
async fn is_hinted(app: &App, request: &LogoutRequest, session: &Session) -> Result<bool, Fault> {
    let (Some((sub, sid)), Some(client)) = (&request.hinted, &request.client) else {
        return Ok(false);
    };
    if let Some(sid) = sid {
        return Ok(*sid == session.sid.to_string());
    }
    Ok(*sub == subject(app, client, session.user.sub).await?)
}
