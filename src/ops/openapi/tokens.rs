//! Token, UserInfo, introspection, revocation: what a client calls with its own credentials or with
//! a token.

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathsBuilder};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{ContentBuilder, PathItem, ResponseBuilder};

use super::Tag;
use super::components::{any_client, confidential, only};
use super::parts::{
    Kind, Member, answer, empty, errors, form, header, may, must, no_store, operation, with_shared,
};

/// Answers that every endpoint with a form and client authentication may give.
const SHARED: [(&str, &str); 6] = [
    ("401", "ClientRefused"),
    ("405", "BadMethod"),
    ("413", "TooLarge"),
    ("415", "NotAForm"),
    ("500", "Failed"),
    ("503", "Busy"),
];

pub fn paths(paths: PathsBuilder, issuer: &str) -> PathsBuilder {
    let mut userinfo = PathItem::new(
        HttpMethod::Get,
        userinfo("userinfo", "Claims about the person"),
    );
    userinfo.post = Some(userinfo_by_post());
    paths
        .path("/token", PathItem::new(HttpMethod::Post, token()))
        .path("/userinfo", userinfo)
        .path(
            "/introspect",
            PathItem::new(HttpMethod::Post, introspect(issuer)),
        )
        .path("/revoke", PathItem::new(HttpMethod::Post, revoke()))
}

/// The fields by which a client says who it is; exactly one method counts (RFC 6749, section 2.3).
fn credentials() -> [Member; 4] {
    [
        may(
            "client_id",
            Kind::Text,
            "Unless Basic or an assertion says it.",
        ),
        may("client_secret", Kind::Text, "With client_secret_post."),
        may(
            "client_assertion_type",
            Kind::OneOf(&["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]),
            "With private_key_jwt.",
        ),
        may("client_assertion", Kind::Text, "With private_key_jwt."),
    ]
}

fn token() -> OperationBuilder {
    let description = "Exchanges a grant for tokens (RFC 6749, section 3.2). Access tokens are JWTs \
         (RFC 9068) for the audience in `resource` (RFC 8707), this server's UserInfo where none was \
         named. A code works once: a second use revokes what came of the first (RFC 9700, section \
         4.5). A refresh token is replaced at each use; the same request again within ten seconds \
         gets the same answer, later it revokes the whole family (section 4.14.2).";
    let success = no_store(answer(
        "The tokens.",
        "TokenResponse",
        json!({"access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9...", "token_type": "Bearer",
            "expires_in": 600, "scope": "bookings:read"}),
    ));
    let refused = no_store(errors(
        "Refused (RFC 6749, section 5.2; RFC 8707, section 2).",
        &[
            ("invalid_request", "a parameter was sent more than once"),
            ("invalid_grant", "the code is unknown, expired or used"),
            (
                "unauthorized_client",
                "the client is not registered for this grant_type",
            ),
            ("unsupported_grant_type", "the grant_type is not supported"),
            ("invalid_scope", "the scope is malformed"),
            ("invalid_target", "the resource is not known"),
        ],
    ));
    let operation = operation(Tag::Tokens.as_str(), "token", "Get tokens", description)
        .request_body(Some(token_form()))
        .securities(Some(any_client()))
        .response("200", success)
        .response("400", refused);
    with_shared(operation, &SHARED).into()
}

fn token_form() -> RequestBody {
    use Kind::{OneOf, Text, Uri, Uris};
    const GRANTS: &[&str] = &["authorization_code", "refresh_token", "client_credentials"];
    let mut fields = vec![
        must("grant_type", OneOf(GRANTS), "What is exchanged."),
        may("code", Text, "With authorization_code."),
        may(
            "redirect_uri",
            Uri,
            "With authorization_code, where the authorization request named it.",
        ),
        may(
            "code_verifier",
            Text,
            "With authorization_code and PKCE (RFC 7636, section 4.5).",
        ),
        may("refresh_token", Text, "With refresh_token."),
        may(
            "scope",
            Text,
            "With refresh_token: less than was granted. With client_credentials: what is wanted.",
        ),
        may(
            "resource",
            Uris,
            "The APIs that the token is for; may be repeated.",
        ),
    ];
    fields.extend(credentials());
    form(
        &fields,
        &[
            (
                "client_credentials",
                "The demo batch client, with Basic booking-batch:booking-batch-secret",
                json!({"grant_type": "client_credentials", "scope": "bookings:read",
                    "resource": "http://localhost:3004"}),
            ),
            (
                "authorization_code",
                "The demo web client, with Basic booking-app:booking-app-secret and a fresh code",
                json!({"grant_type": "authorization_code", "code": "SplxlOBeZQQYbYS6WxSbIA",
                    "redirect_uri": "http://localhost:3002/callback",
                    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}),
            ),
            (
                "refresh_token",
                "The demo web client, with Basic booking-app:booking-app-secret",
                json!({"grant_type": "refresh_token", "refresh_token": "8xLOxBtZp8"}),
            ),
        ],
    )
}

fn userinfo(id: &str, summary: &str) -> OperationBuilder {
    let description = "The claims that the access token's scope and the `claims` parameter allow (OpenID \
         Connect Core 1.0, section 5.3). A client that registered `userinfo_signed_response_alg` gets \
         a JWT. Compare `sub` with that of the ID token.";
    let challenge = |error: &str| {
        let example = format!("Bearer realm=\"userinfo\"{error}");
        header("RFC 6750, section 3", &example)
    };
    let success = answer(
        "The claims.",
        "UserInfo",
        json!({"sub": "248289761001", "name": "Camille Durand", "email": "customer@booking.test",
            "email_verified": true, "roles": ["customer"], "permissions": []}),
    )
    .content("application/jwt", ContentBuilder::new().build());
    let operation = operation(Tag::Tokens.as_str(), id, summary, description)
        .securities(Some(only("bearer")))
        .response("200", no_store(success))
        .response(
            "400",
            errors(
                "The token was sent in two ways, or not as RFC 6750, section 2, says.",
                &[("invalid_request", "the token was sent in two ways")],
            )
            .header("WWW-Authenticate", challenge(", error=\"invalid_request\"")),
        )
        .response(
            "401",
            errors(
                "No token (then without a body), or one that is expired, revoked, or for another API.",
                &[("invalid_token", "the access token is invalid or has expired")],
            )
            .header("WWW-Authenticate", challenge(", error=\"invalid_token\"")),
        )
        .response(
            "403",
            errors(
                "The token lacks the scope openid.",
                &[("insufficient_scope", "the scope openid is needed")],
            )
            .header(
                "WWW-Authenticate",
                challenge(", error=\"insufficient_scope\", scope=\"openid\""),
            ),
        );
    with_shared(
        operation,
        &[("405", "BadMethod"), ("500", "Failed"), ("503", "Busy")],
    )
    .into()
}

/// RFC 6750, section 2.2: the token may be a form field, and then there is no header.
fn userinfo_by_post() -> Operation {
    let mut body = form(
        &[may("access_token", Kind::Text, "Unless the header has it.")],
        &[],
    );
    body.required = None;
    let mut operation = userinfo("userinfoByPost", "The same by POST")
        .request_body(Some(body))
        .build();
    if let Some(security) = &mut operation.security {
        security.push(utoipa::openapi::SecurityRequirement::default());
    }
    operation
}

fn token_and_hint() -> Vec<Member> {
    let mut fields = vec![
        must("token", Kind::Text, "An access token or a refresh token."),
        may(
            "token_type_hint",
            Kind::Text,
            "Not needed: the server sees what it is.",
        ),
    ];
    fields.extend(credentials());
    fields
}

fn unknown_token() -> Value {
    json!({"token": "45ghiukldjahdnhzdauz"})
}

fn introspect(issuer: &str) -> OperationBuilder {
    let description = "Whether a token is good, and what it says (RFC 7662). A client learns about its \
         own tokens, and about those for an API that it stands for; of everything else `active` is \
         false. Public clients may not ask (section 2.1). APIs that verify JWTs need not.";
    let fields = form(
        &token_and_hint(),
        &[(
            "unknown",
            "With Basic booking-batch:booking-batch-secret: {\"active\": false}",
            unknown_token(),
        )],
    );
    let success = answer(
        "What is known.",
        "Introspection",
        json!({"active": true, "token_type": "Bearer", "iss": issuer, "sub": "booking-batch",
            "client_id": "booking-batch", "aud": "http://localhost:3004", "scope": "bookings:read",
            "iat": 1_800_000_000, "exp": 1_800_000_600}),
    );
    let operation = operation(
        Tag::Tokens.as_str(),
        "introspect",
        "Look into a token",
        description,
    )
    .request_body(Some(fields))
    .securities(Some(confidential()))
    .response("200", no_store(success))
    .response(
        "400",
        refused_token("invalid_request", "the token parameter is missing"),
    );
    with_shared(operation, &SHARED).into()
}

fn revoke() -> OperationBuilder {
    let description = "Ends a token (RFC 7009): an access token alone, a refresh token with everything \
         that came of the same sign-in. The answer is the same for tokens that do not exist or belong \
         to another client (section 2.2).";
    let fields = form(
        &token_and_hint(),
        &[(
            "unknown",
            "With Basic booking-batch:booking-batch-secret: 200 all the same",
            unknown_token(),
        )],
    );
    let operation = operation(
        Tag::Tokens.as_str(),
        "revoke",
        "Revoke a token",
        description,
    )
    .request_body(Some(fields))
    .securities(Some(any_client()))
    .response("200", no_store(empty("The token is good for nothing now.")))
    .response(
        "400",
        refused_token("invalid_request", "the token parameter is missing"),
    );
    with_shared(operation, &SHARED).into()
}

fn refused_token(code: &str, why: &str) -> ResponseBuilder {
    no_store(errors("Refused (RFC 6749, section 5.2).", &[(code, why)]))
}
