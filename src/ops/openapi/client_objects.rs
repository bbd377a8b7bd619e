//! Client metadata on the wire, as a client sends it and as it is told back.

use super::objects::{ALGORITHMS, CLIENT_ALGORITHMS};
use super::parts::{Kind, Member, may, must};

/// RFC 7591, section 2; OpenID Connect Dynamic Client Registration 1.0, section 2.
pub fn metadata() -> Vec<Member> {
    use Kind::{Boolean, Integer, Object, OneOf, SomeOf, Text, Texts, Uri, Uris};
    const METHODS: &[&str] = &[
        "none",
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ];
    const GRANTS: &[&str] = &["authorization_code", "refresh_token", "client_credentials"];
    vec![
        may(
            "redirect_uris",
            Uris,
            "Compared byte for byte; without fragment. Any port of a loopback address (RFC 8252).",
        ),
        may("response_types", SomeOf(&["code"]), "Default: code."),
        may(
            "grant_types",
            SomeOf(GRANTS),
            "Default: authorization_code.",
        ),
        may(
            "application_type",
            OneOf(&["web", "native"]),
            "Default: web.",
        ),
        may("contacts", Texts, "Mail addresses of those responsible."),
        may(
            "client_name",
            Text,
            "Shown to people; `client_name#fr` for French.",
        ),
        may("logo_uri", Uri, "Shown to people, fetched by the server."),
        may("client_uri", Uri, "The home page."),
        may("policy_uri", Uri, "Shown at consent."),
        may("tos_uri", Uri, "Shown at consent."),
        may("jwks_uri", Uri, "The client's keys; never with jwks."),
        may("jwks", Object, "The client's public keys."),
        may(
            "sector_identifier_uri",
            Uri,
            "Lists every redirect URI of a pairwise sector.",
        ),
        may(
            "subject_type",
            OneOf(&["public", "pairwise"]),
            "Default: public.",
        ),
        may(
            "id_token_signed_response_alg",
            OneOf(ALGORITHMS),
            "Default: RS256.",
        ),
        may(
            "userinfo_signed_response_alg",
            OneOf(ALGORITHMS),
            "UserInfo as a JWT; plain JSON where absent.",
        ),
        may(
            "access_token_signed_response_alg",
            OneOf(ALGORITHMS),
            "This server's extension; default: RS256.",
        ),
        may(
            "request_object_signing_alg",
            Text,
            "Kept; request objects are not supported yet.",
        ),
        may(
            "token_endpoint_auth_method",
            OneOf(METHODS),
            "Default: client_secret_basic.",
        ),
        may(
            "token_endpoint_auth_signing_alg",
            OneOf(CLIENT_ALGORITHMS),
            "The only algorithm of the client's assertions; EdDSA and Ed25519 are one (RFC 9864).",
        ),
        may("default_max_age", Integer, "Seconds."),
        may(
            "require_auth_time",
            Boolean,
            "Default: false; auth_time comes always.",
        ),
        may(
            "default_acr_values",
            Texts,
            "Asked for where a request has no acr_values.",
        ),
        may("initiate_login_uri", Uri, "https; kept and echoed."),
        may("request_uris", Uris, "Kept."),
        may(
            "scope",
            Text,
            "Everything that the client may ask for, separated by spaces.",
        ),
        may(
            "post_logout_redirect_uris",
            Uris,
            "Where sign-out may lead, byte for byte.",
        ),
        may("backchannel_logout_uri", Uri, "Kept."),
        may(
            "backchannel_logout_session_required",
            Boolean,
            "Default: false.",
        ),
        may("frontchannel_logout_uri", Uri, "Kept."),
        may(
            "frontchannel_logout_session_required",
            Boolean,
            "Default: false.",
        ),
        may("software_id", Text, "RFC 7591, section 2."),
        may("software_version", Text, "RFC 7591, section 2."),
        may(
            "require_pkce",
            Boolean,
            "This server's extension: whether a code needs PKCE. Default: true.",
        ),
    ]
}

/// RFC 7592, section 2.2.
pub fn replacement() -> Vec<Member> {
    let mut members = metadata();
    members.extend([
        must("client_id", Kind::Text, "The client's own."),
        may(
            "client_secret",
            Kind::Text,
            "Where sent, the client's own: it cannot be chosen.",
        ),
    ]);
    members
}

/// RFC 7591, section 3.2.1; RFC 7592, section 3.
pub fn information() -> Vec<Member> {
    let mut members = metadata();
    members.extend([
        must("client_id", Kind::Text, "The new client's name."),
        must("client_id_issued_at", Kind::Integer, "Seconds since 1970."),
        may("client_secret", Kind::Text, "Told once, when it is made."),
        may(
            "client_secret_expires_at",
            Kind::Integer,
            "With a secret: 0, it does not expire.",
        ),
        must(
            "registration_client_uri",
            Kind::Uri,
            "Where to read, replace and delete it.",
        ),
        must(
            "registration_access_token",
            Kind::Text,
            "The key to that address.",
        ),
    ]);
    members
}
