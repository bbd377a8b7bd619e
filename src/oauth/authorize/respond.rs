//! The authorization response: a redirect or a form post to the vetted address, always with `iss`
//! (RFC 9207, section 2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::request::{ResponseMode, ReturnAddress};
use crate::app::{App, Fault, Visitor};
use crate::foundation::secret::Secret;
use crate::http::form::Params;
use crate::oauth::error::OAuthError;
use crate::pages::FormPost;

/// Sends the code (RFC 6749, section 4.1.2).
///
/// # Errors
/// When the address cannot be written into a header.
pub fn with_code(
    app: &App,
    visitor: &Visitor,
    to: &ReturnAddress,
    code: &Secret,
) -> Result<Response, Fault> {
    send(app, visitor, to, &[("code", code.expose())])
}

/// Sends an error (RFC 6749, section 4.1.2.1).
///
/// # Errors
/// When the address cannot be written into a header.
pub fn with_error(
    app: &App,
    visitor: &Visitor,
    to: &ReturnAddress,
    error: &OAuthError,
) -> Result<Response, Fault> {
    tracing::info!(code = error.code.as_str(), why = %error.description, "authorization refused");
    let description = error.description.as_ref();
    send(
        app,
        visitor,
        to,
        &[
            ("error", error.code.as_str()),
            ("error_description", description),
        ],
    )
}

fn send(
    app: &App,
    visitor: &Visitor,
    to: &ReturnAddress,
    answer: &[(&str, &str)],
) -> Result<Response, Fault> {
    let state = to.state.as_deref().map(|state| ("state", state));
    let parameters: Vec<(&str, &str)> = answer
        .iter()
        .copied()
        .chain(state)
        .chain([("iss", app.issuer.as_str())])
        .collect();
    match to.response_mode {
        // A registered query is kept (RFC 6749, section 3.1.2).
        ResponseMode::Query => {
            let joint = if to.redirect_uri().contains('?') {
                '&'
            } else {
                '?'
            };
            redirect(&format!(
                "{}{joint}{}",
                to.redirect_uri(),
                encode(&parameters)
            ))
        }
        // A registered URI has no fragment of its own.
        ResponseMode::Fragment => {
            redirect(&format!("{}#{}", to.redirect_uri(), encode(&parameters)))
        }
        ResponseMode::FormPost => {
            let fields = parameters
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let page = FormPost {
                action: to.redirect_uri().to_owned(),
                fields,
            };
            Ok(page.render(&visitor.page(app, None, None).context(app)))
        }
    }
}

fn encode(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

/// 303: the browser follows with GET whatever the request was, so that no form is sent on (RFC 9700,
/// section 4.12).
fn redirect(location: &str) -> Result<Response, Fault> {
    let location = HeaderValue::from_str(location).map_err(Fault::internal)?;
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// 303 to a path of this server, given without the issuer's own path.
pub fn see_other(app: &App, path: &str) -> Response {
    let location = HeaderValue::from_str(&app.issuer.path(path))
        .unwrap_or_else(|_| HeaderValue::from_static("/"));
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// 303 to the same request as GET: a browser sends `SameSite=Lax` cookies with that, but not with a
/// form that another site posts (draft-ietf-httpbis-rfc6265bis-22, section 5.6.7.1). Without it,
/// whoever is signed in would be taken for nobody.
pub fn ask_again_by_get(app: &App, path: &str, params: &Params) -> Response {
    see_other(app, &format!("{path}?{}", params.to_query()))
}
