//! `grant_type=client_credentials` (RFC 6749, section 4.4). Nothing is stored: the token names its
//! client, and a revoked one is listed by its `jti`.

use axum::response::Response;

use super::issue;
use super::target::Target;
use crate::app::App;
use crate::clients::Client;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::oauth::error::{EndpointError, ErrorCode};
use crate::oauth::machine;
use crate::oauth::scope::{Scope, is_identity};

/// Issues a client's own token.
///
/// # Errors
/// The protocol's refusal, or a failure.
pub async fn exchange(
    app: &App,
    context: &RequestContext,
    client: &Client,
    params: &Params,
) -> Result<Response, EndpointError> {
    // Identity scopes mean a person, and there is none.
    let allowed: Scope = client
        .metadata
        .scope
        .iter()
        .filter(|value| !is_identity(value))
        .map(str::to_owned)
        .collect();
    let scope = machine::client_credentials(&client.client_id, params, &allowed)?;
    let catalogue = app.resources.get().await?;
    let issuer = app.issuer.as_str();
    for resource in params.resources() {
        if resource != issuer && catalogue.find(resource).is_none() {
            let description = "the resource is not known";
            return Err(EndpointError::refused(
                ErrorCode::InvalidTarget,
                description,
            ));
        }
    }
    let target = Target::of_client(issuer, &catalogue, params.resources(), &scope);
    issue::for_client(app, client, &target, context.now).await
}
