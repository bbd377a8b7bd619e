//! Sign-out here and at the issuer (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use url::Url;

use crate::app::App;
use crate::page::Failure;
use crate::session::{Session, random_id};
use crate::words::Language;

/// How long the issuer's sign-out pages may take before the word of farewell is left out.
const RETURN_LIFETIME: Duration = Duration::from_mins(10);

/// The sign-out form.
#[derive(Deserialize)]
pub struct SignOut {
    form_token: String,
}

/// `POST /sign-out`: ends the session here, then sends the browser to end it at the issuer.
pub async fn sign_out(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    form: Result<Form<SignOut>, FormRejection>,
) -> Result<Response, Failure> {
    let signed_out = app.cookies.session(&headers).and_then(|id| {
        let Form(form) = form.ok()?;
        // The form's token shows that our own page sent it: SameSite alone does not keep out
        // other ports of the same host.
        app.sessions
            .take_if(id, |session| session.form_token == form.form_token)
    });
    let Some(session) = signed_out else {
        // Signed out already, in another tab; or a form that is not ours, which changes nothing.
        return Ok(Redirect::to("/").into_response());
    };
    let state = random_id();
    // Without the issuer's address, the person is at least signed out here, and learns so.
    let end_session = app.provider.get(&app.http).await.ok();
    let end_session = end_session.and_then(|known| known.end_session_endpoint.clone());
    let mut response = match end_session {
        Some(endpoint) => {
            let url = end_session_url(endpoint, &app, &session, &state, language);
            Redirect::to(url.as_str()).into_response()
        }
        None => Failure::OnlyHere(language).into_response(),
    };
    app.cookies.clear_session(response.headers_mut());
    app.cookies
        .set_sign_out(response.headers_mut(), &state, RETURN_LIFETIME);
    Ok(response)
}

fn end_session_url(
    mut endpoint: Url,
    app: &App,
    session: &Session,
    state: &str,
    language: Language,
) -> Url {
    endpoint
        .query_pairs_mut()
        .append_pair("id_token_hint", &session.id_token)
        .append_pair("client_id", &app.config.client_id)
        .append_pair(
            "post_logout_redirect_uri",
            &format!("{}/", app.config.public_url),
        )
        .append_pair("state", state)
        .append_pair("ui_locales", language.tag());
    endpoint
}
