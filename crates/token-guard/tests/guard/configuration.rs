//! Configurations that are refused.

use std::time::Duration;

use token_guard::{Algorithm, BuildError, TokenGuard};

const AUDIENCE: &str = "https://api.example";

#[tokio::test]
async fn http_is_for_loopback() {
    for issuer in [
        "https://auth.example",
        "https://auth.example/tenant",
        "http://localhost:3001",
        "http://auth.localhost",
        "http://127.0.0.1:3001",
        "http://127.9.9.9",
        "http://[::1]:3001",
    ] {
        TokenGuard::builder(issuer, AUDIENCE).build().unwrap();
    }
    for issuer in [
        "http://auth.example",
        "http://localhost.example",
        "http://10.0.0.1",
        "ftp://localhost",
    ] {
        let refused = TokenGuard::builder(issuer, AUDIENCE).build().unwrap_err();
        assert!(
            matches!(refused, BuildError::InsecureUrl { .. }),
            "{issuer}: {refused}"
        );
    }
    TokenGuard::builder("http://auth-api:3001", AUDIENCE)
        .allow_insecure_http()
        .build()
        .unwrap();
    let refused = TokenGuard::builder("https://auth.example", AUDIENCE)
        .jwks_uri("http://auth.example/jwks")
        .build()
        .unwrap_err();
    assert!(matches!(
        refused,
        BuildError::InsecureUrl {
            what: "the jwks_uri",
            ..
        }
    ));
}

#[tokio::test]
async fn issuers_are_plain_urls() {
    for issuer in [
        "",
        "auth.example",
        "https://",
        "https://a.example?x",
        "https://a.example#x",
    ] {
        let refused = TokenGuard::builder(issuer, AUDIENCE).build().unwrap_err();
        assert!(
            matches!(refused, BuildError::Url { .. }),
            "{issuer}: {refused}"
        );
    }
}

#[tokio::test]
async fn senseless_settings_are_refused() {
    let builder = || TokenGuard::builder("https://auth.example", AUDIENCE);
    for refused in [
        TokenGuard::builder("https://auth.example", "").build(),
        builder().algorithms(Vec::<Algorithm>::new()).build(),
        builder().leeway(Duration::from_secs(301)).build(),
        builder()
            .key_lifetime(Duration::from_secs(2), Duration::from_secs(1))
            .build(),
        builder().realm("a \"quoted\" realm").build(),
        builder().realm("line\nbreak").build(),
    ] {
        assert!(matches!(refused.unwrap_err(), BuildError::Setting(_)));
    }
}
