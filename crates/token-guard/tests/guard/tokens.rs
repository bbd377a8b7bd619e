//! What makes a token good or bad.

use std::time::Duration;

use serde_json::json;
use token_guard::{Algorithm, InvalidToken, Reason};

use crate::support::{AUDIENCE, Key, World, base64url, invalid};

#[tokio::test]
async fn every_algorithm_is_verified() {
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let world = World::with(Key::new("k1", alg), |builder| builder).await;
        let claims = world.validate(&world.token().sign()).await.unwrap();
        assert_eq!(claims.sub, "user-1", "{alg}");
    }
}

#[tokio::test]
async fn the_claims_are_handed_over() {
    let world = World::new().await;
    let now = world.clock.now();
    let token = world
        .token()
        .claim("aud", json!(["https://other.example", AUDIENCE]))
        .claim("auth_time", now - 60)
        .claim("acr", "urn:mfa")
        .claim("amr", json!(["pwd", "otp"]))
        .claim("tenant", json!({"id": 7}));
    let claims = world.validate(&token.sign()).await.unwrap();
    assert_eq!(claims.iss, world.issuer.url);
    assert_eq!(claims.aud, ["https://other.example", AUDIENCE]);
    assert_eq!(
        (claims.client_id.as_str(), claims.jti.as_str()),
        ("app", "t-1")
    );
    assert_eq!(
        (claims.iat, claims.exp, claims.auth_time),
        (now, now + 300, Some(now - 60))
    );
    assert_eq!(
        claims.scope().collect::<Vec<_>>(),
        ["openid", "artists:read"]
    );
    assert!(claims.has_scope("artists:read") && !claims.has_scope("artists"));
    assert!(claims.has_role("editor") && !claims.has_role("admin"));
    assert!(claims.has_permission("artists:write") && !claims.has_permission("artists:read"));
    assert_eq!(
        (claims.acr.as_deref(), claims.amr.len()),
        (Some("urn:mfa"), 2)
    );
    assert_eq!(claims.extra["tenant"], json!({"id": 7}));
    assert!(!claims.extra.contains_key("sub"));
}

#[tokio::test]
async fn scope_roles_and_permissions_may_be_absent() {
    let world = World::new().await;
    let token = world
        .token()
        .without("scope")
        .without("roles")
        .without("permissions");
    let claims = world.validate(&token.sign()).await.unwrap();
    assert_eq!(claims.scope().count(), 0);
    assert!(claims.roles.is_empty() && claims.permissions.is_empty());
}

#[tokio::test]
async fn the_type_is_that_of_an_access_token() {
    let world = World::new().await;
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/AT+jwt",
    ] {
        world
            .validate(&world.token().header("typ", typ).sign())
            .await
            .unwrap();
    }
    for typ in ["JWT", "", "logout+jwt", "at+jwt2", "jwt/at+jwt"] {
        let token = world.token().header("typ", typ).sign();
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::Type),
            "{typ}"
        );
    }
    // An ID token has no type at all.
    let id_token = world.token().without("typ").sign();
    assert_eq!(world.refusal(&id_token).await, invalid(InvalidToken::Type));
}

#[tokio::test]
async fn issuer_and_audience_are_exact() {
    let world = World::new().await;
    let url = world.issuer.url.clone();
    for iss in [
        format!("{url}/"),
        url.to_uppercase(),
        "https://evil.example".to_owned(),
    ] {
        let token = world.token().claim("iss", iss).sign();
        assert_eq!(world.refusal(&token).await, invalid(InvalidToken::Issuer));
    }
    for aud in [
        json!("https://api.example/"),
        json!(["a", "b"]),
        json!([]),
        json!(""),
    ] {
        let token = world.token().claim("aud", aud).sign();
        assert_eq!(world.refusal(&token).await, invalid(InvalidToken::Audience));
    }
}

#[tokio::test]
async fn required_claims_are_required() {
    let world = World::new().await;
    for claim in ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"] {
        let token = world.token().without(claim).sign();
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::Malformed),
            "{claim}"
        );
    }
    for claim in ["sub", "client_id", "jti"] {
        let token = world.token().claim(claim, "").sign();
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::Malformed),
            "{claim}"
        );
    }
    for (claim, value) in [
        ("exp", json!("1800000300")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("iss", json!([world.issuer.url])),
        ("aud", json!(7)),
        ("sub", json!(7)),
    ] {
        let token = world.token().claim(claim, value.clone()).sign();
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::Malformed),
            "{value}"
        );
    }
}

#[tokio::test]
async fn time_is_checked_within_the_leeway() {
    let world = World::with(Key::new("k1", "EdDSA"), |b| {
        b.leeway(Duration::from_secs(30))
    })
    .await;
    let now = world.clock.now();
    let outcomes = [
        ("exp", now - 29, None),
        ("exp", now - 30, Some(InvalidToken::Expired)),
        ("exp", 0, Some(InvalidToken::Expired)),
        ("exp", u64::MAX, None),
        ("nbf", now + 30, None),
        ("nbf", now + 31, Some(InvalidToken::NotYetValid)),
        ("iat", now + 30, None),
        ("iat", now + 31, Some(InvalidToken::NotYetValid)),
    ];
    for (claim, value, refusal) in outcomes {
        let token = world.token().claim(claim, value).sign();
        match refusal {
            None => drop(world.validate(&token).await.unwrap()),
            Some(refusal) => assert_eq!(world.refusal(&token).await, invalid(refusal)),
        }
    }
    let with_fraction = world
        .token()
        .claim("exp", 0.5 + f64::from(1_800_000_300))
        .sign();
    assert_eq!(
        world.validate(&with_fraction).await.unwrap().exp,
        1_800_000_300
    );
}

#[tokio::test]
async fn a_token_expires_while_it_is_used() {
    let world = World::new().await;
    let token = world.token().sign();
    world.validate(&token).await.unwrap();
    world.clock.advance(Duration::from_secs(331));
    assert_eq!(world.refusal(&token).await, invalid(InvalidToken::Expired));
}

#[tokio::test]
async fn a_public_key_is_no_hmac_secret() {
    let world = World::with(Key::new("k1", "RS256"), |builder| builder).await;
    let jwk = world.key.jwk();
    let secrets = [
        jwk.to_string(),
        jwk["n"].as_str().unwrap().to_owned(),
        String::new(),
    ];
    for secret in secrets {
        let token = world
            .token()
            .header("alg", "HS256")
            .sign_hmac(secret.as_bytes());
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::Algorithm)
        );
    }
    assert_eq!(world.issuer.fetches(), 0, "not worth a fetch");
}

#[tokio::test]
async fn none_is_no_algorithm() {
    let world = World::new().await;
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let message = world.token().header("alg", alg).message();
        for token in [
            format!("{message}."),
            format!("{message}.{}", base64url("x")),
        ] {
            assert_eq!(
                world.refusal(&token).await,
                invalid(InvalidToken::Malformed)
            );
        }
    }
}

#[tokio::test]
async fn the_algorithm_is_on_the_list_and_the_keys_own() {
    // The same RSA key could verify both; its JWK says which one it is for.
    let world = World::with(Key::new("k1", "RS256"), |builder| builder).await;
    let token = world.token().header("alg", "PS256").sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Algorithm)
    );
    let token = world.token().header("alg", "ES256").sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Algorithm)
    );

    let world = World::with(Key::new("k1", "RS256"), |b| {
        b.algorithms([Algorithm::Es256])
    })
    .await;
    assert_eq!(
        world.refusal(&world.token().sign()).await,
        invalid(InvalidToken::Algorithm)
    );
}

#[tokio::test]
async fn signatures_are_verified() {
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let world = World::with(Key::new("k1", alg), |builder| builder).await;
        let stranger = Key::new("k1", alg);
        let forged = world.token_by(&stranger).sign();
        assert_eq!(
            world.refusal(&forged).await,
            invalid(InvalidToken::Signature),
            "{alg}"
        );

        let good = world.token().sign();
        let (message, signature) = good.rsplit_once('.').unwrap();
        let swapped = world.token().claim("sub", "admin").message();
        for token in [
            format!("{swapped}.{signature}"),
            format!("{message}."),
            format!("{message}.{}", &signature[..signature.len() - 4]),
            format!("{message}.{signature}AAAA"),
            format!("{message}.{}", base64url([0_u8; 64])),
        ] {
            assert_eq!(
                world.refusal(&token).await,
                invalid(InvalidToken::Signature),
                "{alg}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let world = World::new().await;
    for crit in [json!(["exp"]), json!([]), json!(["b64"])] {
        let token = world.token().header("crit", crit).sign();
        assert_eq!(world.refusal(&token).await, invalid(InvalidToken::Critical));
    }
    for token in ["", ".", "..", "a.b.c", "a.b.c.d", "e30.e30.e30", "🦀.🦀.🦀"] {
        assert_eq!(
            world.refusal(token).await,
            invalid(InvalidToken::Malformed),
            "{token}"
        );
    }
    let long = world.token().claim("filler", "x".repeat(20_000)).sign();
    assert_eq!(world.refusal(&long).await, invalid(InvalidToken::TooLong));
    let no_kid = world.token().without("kid").sign();
    assert_eq!(
        world.refusal(&no_kid).await,
        invalid(InvalidToken::UnknownKey)
    );
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_ignored() {
    let world = World::new().await;
    let stranger = Key::new("k1", "ES256");
    let token = world
        .token_by(&stranger)
        .header("jwk", stranger.jwk())
        .sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Signature)
    );
    let token = world
        .token_by(&stranger)
        .header("jku", "http://127.0.0.1:1/jwks")
        .sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Signature)
    );
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    let world = World::new().await;
    let token = world.token().claim("cnf", json!({"jkt": "abc"})).sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::SenderConstrained)
    );
}

#[tokio::test]
async fn tokens_that_are_bad_anyway_cause_no_fetch() {
    let world = World::new().await;
    let unknown = Key::new("other", "ES256");
    for token in [
        world
            .token_by(&unknown)
            .claim("iss", "https://evil.example")
            .sign(),
        world
            .token_by(&unknown)
            .claim("aud", "https://evil.example")
            .sign(),
        world.token_by(&unknown).claim("exp", 1).sign(),
        "a.b.c".to_owned(),
    ] {
        assert!(matches!(
            world.refusal(&token).await,
            Reason::InvalidToken(_)
        ));
    }
    assert_eq!(
        (world.issuer.metadata_fetches(), world.issuer.fetches()),
        (0, 0)
    );
}
