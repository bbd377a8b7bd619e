//! Discovery, keys, and what operators and developers ask.

use serde_json::json;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};
use utoipa::openapi::{PathItem, ResponseBuilder};

use super::Tag;
use super::parts::{
    Kind, answer, answer_as, errors, header, in_header, in_path, may, must, operation, query, text,
    with_shared,
};

pub fn paths(paths: PathsBuilder, issuer: &str) -> PathsBuilder {
    let metadata = |id: &str, summary: &str, description: &str| {
        let example = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        });
        let found = answer("The metadata.", "ProviderMetadata", example);
        cached(
            operation(Tag::Discovery.as_str(), id, summary, description),
            found,
            "public, max-age=3600",
        )
    };
    let jwks = answer_as(
        "application/jwk-set+json",
        "The keys.",
        "JwkSet",
        json!({"keys": [{"kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": "one", "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}),
    );
    paths
        .path(
            "/.well-known/openid-configuration",
            get(metadata(
                "openidConfiguration",
                "Provider metadata",
                "Everything that a relying party needs to know, from the issuer alone (OpenID Connect \
                 Discovery 1.0, section 4).",
            )),
        )
        .path(
            "/.well-known/oauth-authorization-server",
            get(metadata(
                "authorizationServerMetadata",
                "Authorization server metadata",
                "The same document for OAuth clients (RFC 8414, section 3). An issuer with a path has \
                 it also with the path after the well-known part.",
            )),
        )
        .path(
            "/.well-known/jwks.json",
            get(cached(
                operation(
                    Tag::Discovery.as_str(),
                    "jwks",
                    "Public keys",
                    "Keys that verify what this server signs (RFC 7517, section 5). A key is published \
                     before it signs, and stays until its last token has expired: keep the set as long \
                     as Cache-Control says, and fetch again on an unknown `kid`.",
                ),
                jwks,
                "public, max-age=600",
            )),
        )
        .path("/openapi.json", get(openapi()))
        .path("/clients/{client_id}/logo", get(logo()))
        .path("/healthz", get(healthz()))
        .path("/readyz", get(readyz()))
}

fn get(operation: OperationBuilder) -> PathItem {
    PathItem::new(HttpMethod::Get, operation)
}

/// A document with an ETag that any origin may read.
fn cached(operation: OperationBuilder, found: ResponseBuilder, age: &str) -> OperationBuilder {
    let known = may("If-None-Match", Kind::Text, "The ETag that the caller has.");
    let operation = operation.parameter(in_header(&known)).response(
        "200",
        found
            .header("ETag", header("Names the version", "\"u8JqC0Zt\""))
            .header("Cache-Control", header("How long to keep it", age))
            .header(
                "Access-Control-Allow-Origin",
                header("Any page may read it", "*"),
            ),
    );
    let shared = [
        ("304", "NotModified"),
        ("405", "BadMethod"),
        ("500", "Failed"),
    ];
    with_shared(operation, &shared).into()
}

fn openapi() -> OperationBuilder {
    operation(
        Tag::Operations.as_str(),
        "openapi",
        "This document",
        "OpenAPI 3.1, with this server's address. The page /docs shows it to people.",
    )
    .response(
        "200",
        text("The document.", "application/json", None).header(
            "Cache-Control",
            header("How long to keep it", "public, max-age=3600"),
        ),
    )
}

fn logo() -> OperationBuilder {
    let client_id = must("client_id", Kind::Text, "The client.").like("booking-app");
    let lang = may("lang", Kind::Text, "The reader's language.").like("fr");
    operation(
        Tag::Operations.as_str(),
        "clientLogo",
        "A client's logo",
        "The picture at the client's `logo_uri`, from this server, so that its address learns nothing \
         of those who see our pages. PNG, JPEG, WebP or GIF.",
    )
    .parameter(in_path(&client_id))
    .parameters(Some(query(&[lang])))
    .response("200", text("The picture.", "image/*", None))
    .response(
        "404",
        errors(
            "No such client, no logo, or it could not be fetched.",
            &[("invalid_request", crate::ops::logo::NOT_FOUND)],
        ),
    )
}

fn healthz() -> OperationBuilder {
    operation(
        Tag::Operations.as_str(),
        "healthz",
        "Is the process alive?",
        "For liveness probes: touches nothing.",
    )
    .response("200", text("It is.", "text/plain", Some("ok\n")))
}

fn readyz() -> OperationBuilder {
    operation(
        Tag::Operations.as_str(),
        "readyz",
        "Can it serve?",
        "For readiness probes and load balancers. Prometheus metrics have a listener of their own.",
    )
    .response("200", text("It can.", "text/plain", Some("ready\n")))
    .response(
        "503",
        text(
            "Not now: it drains before it stops, or the database does not answer within a second.",
            "text/plain",
            Some("draining\n"),
        ),
    )
}
