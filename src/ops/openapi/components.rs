//! What several operations share: security schemes, refusals, and the objects of OAuth.

use serde_json::json;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{
    ClientCredentials, Flow, Http, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{Components, SecurityRequirement};

use super::parts::{Kind, empty, errors, header, may, must, no_store, object, page};

/// Client authentication (RFC 6749, section 2.3): one of the methods, the one that is registered.
pub fn confidential() -> Vec<SecurityRequirement> {
    [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ]
    .map(|method| SecurityRequirement::new(method, [] as [&str; 0]))
    .to_vec()
}

/// Client authentication, or a public client that only names itself.
pub fn any_client() -> Vec<SecurityRequirement> {
    let mut methods = confidential();
    methods.push(SecurityRequirement::default());
    methods
}

/// One scheme, always needed.
pub fn only(scheme: &str) -> Vec<SecurityRequirement> {
    vec![SecurityRequirement::new(scheme, [] as [&str; 0])]
}

pub fn components(issuer: &str) -> Components {
    let components = schemes(ComponentsBuilder::new(), issuer);
    let components = super::objects::all(refusals(components));
    super::account::components(components, issuer).build()
}

fn schemes(components: ComponentsBuilder, issuer: &str) -> ComponentsBuilder {
    let bearer = |description: &str| {
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(description))
                .build(),
        )
    };
    let mut basic = Http::new(HttpAuthScheme::Basic);
    basic.description = Some(
        "client_id and client_secret, both form-encoded first (RFC 6749, section 2.3.1).".into(),
    );
    // OpenAPI knows no scheme that travels in a form: these are told in words.
    let in_form = |description: &str| {
        let flow = ClientCredentials::new(format!("{issuer}/token"), Scopes::new());
        let flows = [Flow::ClientCredentials(flow)];
        SecurityScheme::OAuth2(OAuth2::with_description(flows, description))
    };
    components
        .security_scheme("client_secret_basic", SecurityScheme::Http(basic))
        .security_scheme(
            "client_secret_post",
            in_form("client_id and client_secret as form fields (RFC 6749, section 2.3.1)."),
        )
        .security_scheme(
            "private_key_jwt",
            in_form(
                "client_assertion_type and client_assertion as form fields: a JWT signed by the \
                 client's key, with iss and sub the client_id, aud the issuer, exp and a jti that \
                 is used once (RFC 7523, section 3; OpenID Connect Core 1.0, section 9).",
            ),
        )
        .security_scheme(
            "bearer",
            bearer("An access token of this server with the scope openid (RFC 6750, section 2.1)."),
        )
        .security_scheme(
            "account",
            bearer(
                "An access token of this server with the scope account, which only the platform's own \
                 clients are given.",
            ),
        )
        .security_scheme(
            "registration_access_token",
            bearer(
                "The registration_access_token of the client itself, and of no other (RFC 7592, \
                 section 2).",
            ),
        )
        .security_scheme(
            "initial_access_token",
            bearer(
                "Pays for a registration where the server asks for it: made by `auth-api \
                 registration-token` (RFC 7591, section 3). Not needed under `auth-api dev`.",
            ),
        )
}

fn refusals(components: ComponentsBuilder) -> ComponentsBuilder {
    let challenge = "The scheme to use: Basic where the client tried it (RFC 6749, section 5.2)";
    components
        .response(
            "ClientRefused",
            no_store(errors(
                "The client could not be authenticated (RFC 6749, section 5.2).",
                &[("invalid_client", "the client or its secret is wrong")],
            ))
            .header(
                "WWW-Authenticate",
                header(challenge, "Basic realm=\"OAuth client\", charset=\"UTF-8\""),
            ),
        )
        .response(
            "BadMethod",
            errors(
                "Another method than the endpoint knows; Allow lists them (RFC 9110, section 15.5.6).",
                &[("invalid_request", "this endpoint does not know the method")],
            )
            .header("Allow", header("The methods that work", "POST")),
        )
        .response(
            "TooLarge",
            errors(
                "The body is larger than the server reads.",
                &[("invalid_request", "the body is too large")],
            ),
        )
        .response(
            "NotAForm",
            errors(
                "The body is not application/x-www-form-urlencoded.",
                &[(
                    "invalid_request",
                    "the body must be application/x-www-form-urlencoded",
                )],
            ),
        )
        .response(
            "Failed",
            errors(
                "The server failed; the log holds the reason under the request id.",
                &[("server_error", "the server met an unexpected condition")],
            ),
        )
        .response(
            "Busy",
            errors(
                "Too busy to sign: try again after a moment.",
                &[("temporarily_unavailable", "try again shortly")],
            )
            .header("Retry-After", header("Seconds to wait", "1")),
        )
        .response(
            "ErrorPage",
            page(
                "A page that says what is wrong, with the error code in the element `error-code` and \
                 the request id. Never a redirect: no address has been verified (RFC 6749, section \
                 4.1.2.1).",
            ),
        )
        .response(
            "RegistrationRefused",
            no_store(errors(
                "The token is missing, wrong, or the client's that it names is gone: one answer for \
                 all, so that nobody learns which clients exist (RFC 7592, section 2).",
                &[("invalid_token", "the bearer token is not valid here")],
            ))
            .header(
                "WWW-Authenticate",
                header("RFC 6750, section 3", "Bearer error=\"invalid_token\""),
            ),
        )
        .response(
            "NotModified",
            empty("The caller has the document already (RFC 9110, section 15.4.5)."),
        )
}

/// The body of every refusal.
pub fn error_object() -> utoipa::openapi::Schema {
    object(
        &[
            must("error", Kind::Text, "The code, for programs.").like(json!("invalid_grant")),
            must(
                "error_description",
                Kind::Text,
                "What happened, for developers: ASCII without quotation mark and backslash.",
            ),
            may("error_uri", Kind::Uri, "Where to read more."),
        ],
        false,
    )
}
