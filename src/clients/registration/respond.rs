//! The client information response (RFC 7591, section 3.2.1; RFC 7592, section 3).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use url::Url;

use crate::clients::model::Client;
use crate::foundation::secret::Secret;

/// Everything that the client may know about itself. `secret` is given only when it was just made.
pub fn client_information(
    status: StatusCode,
    client: &Client,
    secret: Option<&Secret>,
    registration_access_token: &Secret,
    registration_endpoint: &Url,
) -> Response {
    let mut body = match serde_json::to_value(&client.metadata) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let uri = client_uri(registration_endpoint, &client.client_id);
    body.insert("client_id".into(), json!(client.client_id));
    body.insert(
        "client_id_issued_at".into(),
        json!(client.created_at.unix_timestamp()),
    );
    body.insert("require_pkce".into(), json!(client.require_pkce));
    body.insert("registration_client_uri".into(), json!(uri.as_str()));
    body.insert(
        "registration_access_token".into(),
        json!(registration_access_token.expose()),
    );
    if let Some(secret) = secret {
        body.insert("client_secret".into(), json!(secret.expose()));
        // RFC 7591, section 3.2.1: required with a secret; 0 means that it does not expire.
        body.insert("client_secret_expires_at".into(), json!(0));
    }
    never_stored((status, Json(body)).into_response())
}

/// The client configuration endpoint (RFC 7592, section 1.2).
fn client_uri(registration_endpoint: &Url, client_id: &str) -> Url {
    let mut uri = registration_endpoint.clone();
    if let Ok(mut path) = uri.path_segments_mut() {
        path.pop_if_empty().push(client_id);
    }
    uri
}

/// Forbids every cache to keep the answer: it may hold secrets.
pub fn never_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_client_id_fits_into_the_configuration_uri() {
        let endpoint = Url::parse("https://op.example/base/register").unwrap();
        let uri = |id| client_uri(&endpoint, id).to_string();
        assert_eq!(uri("abc-1"), "https://op.example/base/register/abc-1");
        assert_eq!(
            uri("a/b?c#d"),
            "https://op.example/base/register/a%2Fb%3Fc%23d"
        );
    }
}
