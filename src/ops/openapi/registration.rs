//! Dynamic client registration (RFC 7591) and its management (RFC 7592).

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};
use utoipa::openapi::{PathItem, ResponseBuilder, SecurityRequirement};

use super::Tag;
use super::components::only;
use super::parts::{
    Kind, answer, empty, errors, header, in_path, json_body, must, no_store, operation, with_shared,
};

/// A client of the examples.
const CLIENT_ID: &str = "7Ve4bVdWqYn2";

const TAG: Tag = Tag::Registration;

pub fn paths(paths: PathsBuilder, issuer: &str) -> PathsBuilder {
    let mut one = PathItem::new(HttpMethod::Get, read(issuer));
    one.put = Some(replace(issuer).build());
    one.delete = Some(delete().build());
    let client_id = must(
        "client_id",
        Kind::Text,
        "The client; part of registration_client_uri.",
    );
    one.parameters = Some(vec![in_path(&client_id).into()]);
    paths
        .path("/register", PathItem::new(HttpMethod::Post, create(issuer)))
        .path("/register/{client_id}", one)
}

fn metadata() -> Value {
    json!({
        "client_name": "My app", "redirect_uris": ["http://localhost:4000/callback"],
        "post_logout_redirect_uris": ["http://localhost:4000/"],
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email offline_access",
    })
}

fn information(description: &str, issuer: &str, secret: bool) -> ResponseBuilder {
    let mut body = metadata();
    if let Some(members) = body.as_object_mut() {
        members.insert("client_id".into(), json!(CLIENT_ID));
        members.insert("client_id_issued_at".into(), json!(1_800_000_000));
        let uri = format!("{issuer}/register/{CLIENT_ID}");
        members.insert("registration_client_uri".into(), json!(uri));
        members.insert("registration_access_token".into(), json!("mQ0yk4dY"));
        if secret {
            members.insert("client_secret".into(), json!("cf136dc3c1fc93f3"));
            members.insert("client_secret_expires_at".into(), json!(0));
        }
    }
    no_store(answer(description, "ClientInformation", body))
}

/// Refusals of a body with metadata.
fn with_metadata_refusals(operation: OperationBuilder) -> OperationBuilder {
    let invalid = errors(
        "The metadata is not acceptable (RFC 7591, section 3.2.2).",
        &[
            ("invalid_client_metadata", "the body is not a JSON object"),
            ("invalid_redirect_uri", "a redirect URI has a fragment"),
        ],
    );
    operation
        .response("400", no_store(invalid))
        .response(
            "413",
            errors(
                "The body is larger than 64 KiB.",
                &[("invalid_client_metadata", "the body is too large")],
            ),
        )
        .response(
            "415",
            errors(
                "The body is not application/json.",
                &[(
                    "invalid_client_metadata",
                    "the body is not application/json",
                )],
            ),
        )
}

fn create(issuer: &str) -> OperationBuilder {
    let description = "Makes a client (RFC 7591, section 3; OpenID Connect Dynamic Client Registration \
         1.0). Open to all under `auth-api dev`; in production by an initial access token, or closed. \
         Keep `client_secret` and `registration_access_token`: the secret is told once.";
    let mut security = only("initial_access_token");
    security.push(SecurityRequirement::default());
    let operation = operation(TAG.as_str(), "register", "Register a client", description)
        .request_body(Some(json_body("ClientMetadata", metadata())))
        .securities(Some(security))
        .response(
            "201",
            information("The client, with every default filled in.", issuer, true),
        )
        .response(
            "403",
            errors(
                "Registration is closed.",
                &[("access_denied", "registration is closed")],
            ),
        )
        .response(
            "429",
            errors(
                "Too many registrations.",
                &[("temporarily_unavailable", "too many registrations")],
            )
            .header("Retry-After", header("Seconds to wait", "60")),
        );
    with_shared(
        with_metadata_refusals(operation),
        &[
            ("401", "RegistrationRefused"),
            ("405", "BadMethod"),
            ("500", "Failed"),
        ],
    )
    .into()
}

fn managed(id: &str, summary: &str, description: &str) -> OperationBuilder {
    let operation = operation(TAG.as_str(), id, summary, description)
        .securities(Some(only("registration_access_token")));
    with_shared(
        operation,
        &[
            ("401", "RegistrationRefused"),
            ("405", "BadMethod"),
            ("500", "Failed"),
        ],
    )
    .into()
}

fn read(issuer: &str) -> OperationBuilder {
    managed(
        "readClient",
        "Read a client",
        "The client as it is registered, without its secret (RFC 7592, section 2.1).",
    )
    .response("200", information("The client.", issuer, false))
}

fn replace(issuer: &str) -> OperationBuilder {
    let mut example = metadata();
    if let Some(members) = example.as_object_mut() {
        members.insert("client_id".into(), json!(CLIENT_ID));
    }
    let operation = managed(
        "replaceClient",
        "Replace a client",
        "Sets all metadata anew: what is left out falls back to its default (RFC 7592, section 2.2). \
         `client_id` is required.",
    )
    .request_body(Some(json_body("ClientReplacement", example)));
    with_metadata_refusals(operation).response(
        "200",
        information(
            "The client; with a secret only where it needs one and had none.",
            issuer,
            false,
        ),
    )
}

fn delete() -> OperationBuilder {
    managed(
        "deleteClient",
        "Delete a client",
        "Removes the client and everything granted to it (RFC 7592, section 2.3).",
    )
    .response("204", no_store(empty("It is gone.")))
}
