//! The authorization response: a redirect or a form post to the vetted address, always with `iss`
//! (RFC 9207, section 2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::request::{ResponseMode, ReturnAddress};
use crate::app::{App, Fault, Visitor};
use crate::foundation::secret::Secret;
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
