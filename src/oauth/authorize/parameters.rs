//! The parameters of an authorization request, each read and bounded on its own. `checks` puts them in
//! order.

use time::OffsetDateTime;

use super::checks::Outcome;
use super::request::Prompt;
use crate::app::App;
use crate::clients::Client;
use crate::http::form::Params;
use crate::keys::VerifyError;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::pkce;
use crate::oauth::token::issue::ID_TOKEN_TYPE;

/// Longest `state`, `nonce` and other opaque parameters, in bytes.
const MAX_OPAQUE: usize = 2048;

pub(super) fn opaque(params: &Params, name: &str) -> Result<Option<String>, OAuthError> {
    match params.get(name) {
        Some(value) if value.len() > MAX_OPAQUE => Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            format!("{name} is too long"),
        )),
        value => Ok(value.map(str::to_owned)),
    }
}

/// RFC 7636, section 4.4.1; RFC 9700, section 2.1.1.
pub(super) fn code_challenge(
    client: &Client,
    params: &Params,
) -> Result<Option<String>, OAuthError> {
    let refused = |description| Err(OAuthError::new(ErrorCode::InvalidRequest, description));
    match (
        params.get("code_challenge"),
        params.get("code_challenge_method"),
    ) {
        (None, None) if client.require_pkce => refused("code_challenge is required"),
        (None, None) => Ok(None),
        (None, Some(_)) => refused("code_challenge is missing"),
        // Without a method it would be plain (section 4.3).
        (Some(_), method) if method != Some(pkce::METHOD) => {
            refused("the code_challenge_method must be S256")
        }
        (Some(challenge), _) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), _) => refused("code_challenge is malformed"),
    }
}

/// RFC 8707, section 2: absolute URIs without fragment, of APIs that this server knows.
pub(super) async fn resource(app: &App, params: &Params) -> Result<Vec<String>, Outcome> {
    let catalogue = app
        .resources
        .get()
        .await
        .map_err(|error| Outcome::Failed(error.into()))?;
    let mut resources: Vec<String> = Vec::new();
    for resource in params.resources() {
        if resource != app.issuer.as_str() && catalogue.find(resource).is_none() {
            return Err(
                OAuthError::new(ErrorCode::InvalidTarget, "the resource is not known").into(),
            );
        }
        if !resources.contains(resource) {
            resources.push(resource.clone());
        }
    }
    Ok(resources)
}

pub(super) fn prompt(params: &Params) -> Result<Prompt, OAuthError> {
    params
        .get("prompt")
        .map_or(Ok(Prompt::default()), Prompt::parse)
        .map_err(|description| OAuthError::new(ErrorCode::InvalidRequest, description))
}

pub(super) fn max_age(client: &Client, params: &Params) -> Result<Option<u32>, OAuthError> {
    let Some(text) = params.get("max_age") else {
        return Ok(client.metadata.default_max_age);
    };
    text.parse().map(Some).map_err(|_| {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "max_age must be a number of seconds",
        )
    })
}

pub(super) fn claims(params: &Params) -> Result<Option<ClaimsRequest>, OAuthError> {
    params
        .get("claims")
        .map(|text| {
            ClaimsRequest::parse(text).ok_or_else(|| {
                OAuthError::new(
                    ErrorCode::InvalidRequest,
                    "the claims parameter is malformed",
                )
            })
        })
        .transpose()
}

/// The person that the client means, by an ID token of ours (which may have expired) or by the
/// `sub` claim (OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1).
pub(super) async fn wanted_sub(
    app: &App,
    client: &Client,
    claims: Option<&ClaimsRequest>,
    params: &Params,
    now: OffsetDateTime,
) -> Result<Option<String>, OAuthError> {
    let by_claims = claims
        .and_then(ClaimsRequest::wanted_sub)
        .and_then(|requested| requested.value.as_ref())
        .and_then(|value| value.as_str())
        .map(str::to_owned);
    let Some(hint) = params.get("id_token_hint") else {
        return Ok(by_claims);
    };
    let malformed = || {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "the id_token_hint is no ID token of this issuer",
        )
    };
    let verified = match app.keys.verify_hint(hint, &[ID_TOKEN_TYPE], now).await {
        Ok(verified) => verified,
        // Its key was removed long ago, or withdrawn: the client did nothing wrong. Whom it means is not
        // known any more, so nobody is signed in silently; a person is asked as without a hint.
        Err(VerifyError::UnknownKey) if !prompt(params)?.none => return Ok(by_claims),
        Err(VerifyError::UnknownKey) => {
            let description = "the key of the id_token_hint was removed";
            return Err(OAuthError::new(ErrorCode::LoginRequired, description));
        }
        Err(VerifyError::Unavailable) => {
            let description =
                "the key of the id_token_hint cannot be looked for, try again shortly";
            return Err(OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                description,
            ));
        }
        Err(_) => return Err(malformed()),
    };
    let text = |name: &str| verified.claims.get(name).and_then(|value| value.as_str());
    // A pairwise `sub` means nothing to another client's session.
    if text("iss") != Some(app.issuer.as_str()) || text("aud") != Some(&client.client_id) {
        return Err(malformed());
    }
    let sub = text("sub").ok_or_else(malformed)?;
    if by_claims.is_some_and(|wanted| wanted != sub) {
        let description = "the id_token_hint and the claims parameter name two people";
        return Err(OAuthError::new(ErrorCode::InvalidRequest, description));
    }
    Ok(Some(sub.to_owned()))
}
