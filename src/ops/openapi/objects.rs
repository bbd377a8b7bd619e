//! The JSON objects on the wire. A test compares them with what the server really sends.

use utoipa::openapi::schema::ComponentsBuilder;

use super::client_objects::{information, metadata, replacement};
use super::components::error_object;
use super::parts::{Kind, Member, may, must, object};

pub const ALGORITHMS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA"];
/// What clients may sign with: both names of one algorithm (RFC 9864).
pub const CLIENT_ALGORITHMS: &[&str] = &["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

pub fn all(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema("Error", error_object())
        .schema("ProviderMetadata", object(&provider_metadata(), false))
        .schema(
            "JwkSet",
            object(&[must("keys", Kind::ListOf("Jwk"), "Public keys.")], false),
        )
        .schema("Jwk", object(&jwk(), false))
        .schema("TokenResponse", object(&token_response(), false))
        .schema("UserInfo", object(&userinfo(), true))
        .schema("Introspection", object(&introspection(), true))
        .schema("ClientMetadata", object(&metadata(), true))
        .schema("ClientReplacement", object(&replacement(), true))
        .schema("ClientInformation", object(&information(), true))
}

fn provider_metadata() -> Vec<Member> {
    use Kind::{Boolean, Texts, Uri};
    vec![
        must(
            "issuer",
            Uri,
            "Byte for byte the `iss` of every token and answer.",
        ),
        must("authorization_endpoint", Uri, "RFC 6749, section 3.1."),
        must("token_endpoint", Uri, "RFC 6749, section 3.2."),
        must(
            "userinfo_endpoint",
            Uri,
            "OpenID Connect Core 1.0, section 5.3.",
        ),
        must(
            "jwks_uri",
            Uri,
            "The keys that verify signatures (RFC 7517).",
        ),
        must("introspection_endpoint", Uri, "RFC 7662."),
        must("revocation_endpoint", Uri, "RFC 7009."),
        must("end_session_endpoint", Uri, "RP-Initiated Logout 1.0."),
        may(
            "registration_endpoint",
            Uri,
            "RFC 7591; absent where registration is closed.",
        ),
        must("service_documentation", Uri, "The page for developers."),
        must(
            "scopes_supported",
            Texts,
            "Identity scopes; APIs add permissions of their own.",
        ),
        must("response_types_supported", Texts, "`code` only."),
        must("response_modes_supported", Texts, "How the answer travels."),
        must(
            "grant_types_supported",
            Texts,
            "What the token endpoint takes.",
        ),
        must(
            "subject_types_supported",
            Texts,
            "OpenID Connect Core 1.0, section 8.",
        ),
        must(
            "acr_values_supported",
            Texts,
            "How a person may have signed in.",
        ),
        must(
            "id_token_signing_alg_values_supported",
            Texts,
            "By the client's registration.",
        ),
        must(
            "userinfo_signing_alg_values_supported",
            Texts,
            "Plain JSON where none is registered.",
        ),
        must(
            "token_endpoint_auth_methods_supported",
            Texts,
            "Client authentication.",
        ),
        must(
            "token_endpoint_auth_signing_alg_values_supported",
            Texts,
            "Of private_key_jwt.",
        ),
        must(
            "introspection_endpoint_auth_methods_supported",
            Texts,
            "No public clients.",
        ),
        must(
            "introspection_endpoint_auth_signing_alg_values_supported",
            Texts,
            "Of private_key_jwt.",
        ),
        must(
            "revocation_endpoint_auth_methods_supported",
            Texts,
            "Client authentication.",
        ),
        must(
            "revocation_endpoint_auth_signing_alg_values_supported",
            Texts,
            "Of private_key_jwt.",
        ),
        must(
            "code_challenge_methods_supported",
            Texts,
            "S256 only (RFC 7636).",
        ),
        must("prompt_values_supported", Texts, "Values of `prompt`."),
        must(
            "display_values_supported",
            Texts,
            "Values of `display`; others are ignored.",
        ),
        must(
            "claim_types_supported",
            Texts,
            "OpenID Connect Core 1.0, section 5.6.",
        ),
        must("claims_supported", Texts, "Claims that a person may have."),
        must(
            "ui_locales_supported",
            Texts,
            "BCP 47 tags of the pages' languages.",
        ),
        must(
            "claims_parameter_supported",
            Boolean,
            "OpenID Connect Core 1.0, section 5.5.",
        ),
        must(
            "request_parameter_supported",
            Boolean,
            "No request objects yet.",
        ),
        must(
            "request_uri_parameter_supported",
            Boolean,
            "No request objects yet.",
        ),
        must(
            "authorization_response_iss_parameter_supported",
            Boolean,
            "RFC 9207: always true.",
        ),
    ]
}

fn jwk() -> Vec<Member> {
    use Kind::{OneOf, Text};
    vec![
        must(
            "kty",
            OneOf(&["RSA", "EC", "OKP"]),
            "RFC 7517, section 4.1.",
        ),
        must("use", OneOf(&["sig"]), "Keys sign and do nothing else."),
        must("alg", OneOf(ALGORITHMS), "The one algorithm of the key."),
        must("kid", Text, "Unique; in the header of what the key signed."),
        may("n", Text, "RSA modulus (RFC 7518, section 6.3)."),
        may("e", Text, "RSA exponent."),
        may("crv", Text, "The curve: P-256 or Ed25519."),
        may(
            "x",
            Text,
            "Coordinate of the point (RFC 7518, section 6.2; RFC 8037).",
        ),
        may("y", Text, "Coordinate of the point, for P-256."),
    ]
}

fn token_response() -> Vec<Member> {
    use Kind::{Integer, OneOf, Text};
    vec![
        must("access_token", Text, "A JWT with `typ` at+jwt (RFC 9068)."),
        must("token_type", OneOf(&["Bearer"]), "RFC 6750."),
        must("expires_in", Integer, "Seconds."),
        must(
            "scope",
            Text,
            "What the token allows: the granted scope that its audience understands.",
        ),
        may(
            "refresh_token",
            Text,
            "With offline_access: replaces the one before (RFC 9700, section 4.14.2).",
        ),
        may(
            "id_token",
            Text,
            "With openid: who signed in (OpenID Connect Core 1.0, section 2).",
        ),
    ]
}

fn userinfo() -> Vec<Member> {
    use Kind::{Boolean, Integer, Object, Text, Texts, Uri};
    vec![
        must("sub", Text, "The person, as this client knows them."),
        may("name", Text, "Scope profile."),
        may("given_name", Text, "Scope profile."),
        may("family_name", Text, "Scope profile."),
        may("middle_name", Text, "Scope profile."),
        may("nickname", Text, "Scope profile."),
        may("preferred_username", Text, "Scope profile."),
        may("profile", Uri, "Scope profile."),
        may("picture", Uri, "Scope profile."),
        may("website", Uri, "Scope profile."),
        may("gender", Text, "Scope profile."),
        may("birthdate", Text, "Scope profile: YYYY-MM-DD."),
        may("zoneinfo", Text, "Scope profile."),
        may("locale", Text, "Scope profile: BCP 47."),
        may("updated_at", Integer, "Scope profile: seconds since 1970."),
        may("email", Text, "Scope email."),
        may("email_verified", Boolean, "Scope email."),
        may("phone_number", Text, "Scope phone."),
        may("phone_number_verified", Boolean, "Scope phone."),
        may("address", Object, "Scope address (section 5.1.1)."),
        may("roles", Texts, "Scope roles."),
        may(
            "permissions",
            Texts,
            "Scope roles: of the role's permissions those that the scope names.",
        ),
    ]
}

fn introspection() -> Vec<Member> {
    use Kind::{Boolean, Integer, Text, TextOrTexts, Texts, Uri};
    vec![
        must(
            "active",
            Boolean,
            "False for what is unknown, expired, revoked, or none of your business.",
        ),
        may("token_type", Text, "Bearer, for access tokens."),
        may("iss", Uri, "This server."),
        may("sub", Text, "The person, or the client itself."),
        may("aud", TextOrTexts, "Whom the token is for (RFC 8707)."),
        may("client_id", Text, "Whom the token was issued to."),
        may("scope", Text, "What it allows."),
        may("iat", Integer, "Seconds since 1970."),
        may("exp", Integer, "Seconds since 1970."),
        may("jti", Text, "The token's id."),
        may("auth_time", Integer, "When the person signed in."),
        may("acr", Text, "How well."),
        may("amr", Texts, "By which means (RFC 8176)."),
        may("roles", Texts, "With the scope roles."),
        may("permissions", Texts, "With the scope roles."),
    ]
}
