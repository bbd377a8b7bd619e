//! Which client calls: one that an administrator marked as the platform's own, and no other.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::account::json::{ApiFault, Kind, Problem};
use crate::app::App;
use crate::clients::Client;
use crate::clients::authenticate::PresentedCredentials;
use crate::clients::metadata::{GrantType, TokenEndpointAuthMethod};
use crate::http::context::RequestContext;
use crate::oauth::error::EndpointError;

/// The first-party client of a call: the one that authenticates by HTTP Basic (RFC 6749,
/// section 2.3.1), else the public one that is named, else `account.first_party_client`.
///
/// # Errors
/// `invalid_client`, or `unauthorized_client` for clients that are unknown or not the platform's.
pub async fn first_party(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    named: Option<&str>,
) -> Result<Arc<Client>, ApiFault> {
    let named = named.filter(|named| !named.is_empty());
    // An app that sends its access token with every call does not authenticate as a client by it.
    let proves = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .any(|value| !is_bearer(value));
    let client = if proves {
        let presented = PresentedCredentials {
            client_id: named,
            ..PresentedCredentials::from_headers(headers)
        };
        let authenticated = app
            .authenticator
            .authenticate(&presented, context.now)
            .await;
        Some(authenticated.map_err(EndpointError::from)?.client)
    } else {
        let configured = app.config.account.first_party_client.as_deref();
        match named.or(configured) {
            Some(client_id) => app.clients.get(client_id).await?,
            None => None,
        }
    };
    // One answer for all that may not: a stranger learns nothing about the client.
    let client = client
        .filter(|client| {
            client.first_party && client.metadata.allows_grant(GrantType::RefreshToken)
        })
        .ok_or_else(|| Problem::new(Kind::UNAUTHORIZED_CLIENT))?;
    let method = client.metadata.token_endpoint_auth_method;
    if method != TokenEndpointAuthMethod::None && !proves {
        let challenge = r#"Basic realm="OAuth client", charset="UTF-8""#;
        return Err(Problem::new(Kind::INVALID_CLIENT)
            .with_header(header::WWW_AUTHENTICATE, challenge)
            .into());
    }
    Ok(client)
}

fn is_bearer(authorization: &HeaderValue) -> bool {
    let scheme = authorization
        .to_str()
        .ok()
        .and_then(|text| text.split(' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer"))
}
