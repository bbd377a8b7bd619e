//! The layers and extractors, and what goes over the wire.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde_json::{Value, json};
use token_guard::{AccessToken, Rejection, Requirement, TokenGuard};
use tower::ServiceExt as _;

use crate::support::{AUDIENCE, World, guard_builder};

struct Answer {
    status: u16,
    challenge: Option<String>,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let challenge = response
        .headers()
        .get(header::WWW_AUTHENTICATE)
        .map(|value| value.to_str().unwrap().to_owned());
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    Answer {
        status,
        challenge,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn call(app: &Router, path: &str, authorization: &[&str]) -> Answer {
    let mut request = Request::get(path);
    for value in authorization {
        request = request.header(header::AUTHORIZATION, *value);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

async fn me(token: AccessToken) -> String {
    token.sub.clone()
}

async fn perhaps_me(token: Option<AccessToken>) -> String {
    token.map_or_else(|| "nobody".to_owned(), |token| token.sub.clone())
}

async fn needs_admin(token: AccessToken) -> Result<&'static str, Rejection> {
    token.require(&Requirement::role("admin"))?;
    Ok("welcome")
}

fn app(guard: &TokenGuard) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/admin", get(needs_admin))
        .route(
            "/artists",
            get(me).layer(guard.require_permission("artists:write")),
        )
        .route(
            "/bookings",
            get(me).layer(guard.require_permission("bookings:write")),
        )
        .route("/editors", get(me).layer(guard.require_role("editor")))
        .route("/scope", get(me).layer(guard.require_scope("artists:read")))
        .route(
            "/other-scope",
            get(me).layer(guard.require_scope("artists:delete")),
        )
        .route(
            "/either",
            get(me).layer(
                guard.require(Requirement::role("admin").or(Requirement::scope("artists:read"))),
            ),
        )
        .route(
            "/both",
            get(me).layer(
                guard.require(Requirement::role("admin").and(Requirement::scope("artists:read"))),
            ),
        )
        .layer(guard.layer())
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn no_token_gets_a_challenge_without_an_error_code() {
    let world = World::new().await;
    let app = app(&world.guard);
    for authorization in [&[][..], &["Basic dTpw"], &["Bearerer x"], &["DPoP abc"]] {
        let answer = call(&app, "/me", authorization).await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.challenge.as_deref(),
            Some("Bearer realm=\"https://api.example\"")
        );
        assert_eq!(answer.json()["status"], json!(401));
        assert_eq!(answer.json().get("error"), None);
    }
}

#[tokio::test]
async fn a_good_token_reaches_the_handler() {
    let world = World::new().await;
    let app = app(&world.guard);
    let token = world.token().sign();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let answer = call(&app, "/me", &[&format!("{scheme} {token}")]).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "user-1"));
    }
}

#[tokio::test]
async fn a_bad_token_is_invalid_token() {
    let world = World::new().await;
    let app = app(&world.guard);
    let token = world.token().claim("exp", 1).sign();
    let answer = call(&app, "/me", &[&bearer(&token)]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.challenge.as_deref(),
        Some(
            "Bearer realm=\"https://api.example\", error=\"invalid_token\", \
             error_description=\"the access token expired\""
        )
    );
    assert_eq!(
        answer.json(),
        json!({
            "status": 401, "error": "invalid_token",
            "error_description": "the access token expired",
        })
    );
}

#[tokio::test]
async fn a_request_that_is_ambiguous_is_invalid_request() {
    let world = World::new().await;
    let app = app(&world.guard);
    let good = bearer(&world.token().sign());
    let with_query = [
        "/me?access_token=x",
        "/me?a=b&access%5Ftoken=",
        "/me?access_token",
    ];
    for path in with_query {
        assert_eq!(call(&app, path, &[&good]).await.status, 400, "{path}");
    }
    let repeated = [&good, good.as_str()];
    let basic_too = [good.as_str(), "Basic dTpw"];
    for authorization in [&repeated, &basic_too] {
        assert_eq!(call(&app, "/me", authorization).await.status, 400);
    }
    for malformed in [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer ä",
        "Bearer a,b",
        "Bearer =",
    ] {
        let answer = call(&app, "/me", &[malformed]).await;
        assert_eq!(answer.status, 400, "{malformed}");
        assert!(
            answer
                .challenge
                .as_ref()
                .unwrap()
                .contains("error=\"invalid_request\"")
        );
        assert_eq!(answer.json()["error"], "invalid_request");
    }
    // A token in the query alone is not read.
    let path = format!("/me?access_token={}", world.token().sign());
    assert_eq!(call(&app, &path, &[]).await.status, 401);
}

#[tokio::test]
async fn demands_are_met_or_refused() {
    let world = World::new().await;
    let app = app(&world.guard);
    let good = bearer(&world.token().sign());
    for path in ["/artists", "/editors", "/scope", "/either"] {
        assert_eq!(call(&app, path, &[&good]).await.status, 200, "{path}");
    }
    for path in ["/bookings", "/other-scope", "/both", "/admin"] {
        let answer = call(&app, path, &[&good]).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            answer
                .challenge
                .as_ref()
                .unwrap()
                .contains("error=\"insufficient_scope\"")
        );
        assert_eq!(answer.json()["error"], "insufficient_scope");
    }
    for path in ["/artists", "/bookings", "/admin"] {
        assert_eq!(call(&app, path, &[]).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn the_challenge_names_the_scope_that_is_missing() {
    let world = World::new().await;
    let app = app(&world.guard);
    let good = bearer(&world.token().sign());
    let challenge = call(&app, "/other-scope", &[&good])
        .await
        .challenge
        .unwrap();
    assert!(
        challenge.ends_with(", scope=\"artists:delete\""),
        "{challenge}"
    );
    // A permission is no scope: asking for it as one would be refused.
    let challenge = call(&app, "/bookings", &[&good]).await.challenge.unwrap();
    assert!(!challenge.contains("scope=\""), "{challenge}");
    assert!(
        challenge.contains("lacks the permission bookings:write"),
        "{challenge}"
    );
}

#[tokio::test]
async fn an_optional_token_may_be_absent_but_not_bad() {
    let world = World::new().await;
    let app = Router::new()
        .route("/", get(perhaps_me))
        .route("/strict", get(me))
        .route(
            "/write",
            post(me).layer(world.guard.require_permission("artists:write")),
        )
        .layer(world.guard.optional_layer());
    let answer = call(&app, "/", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "nobody"));
    let answer = call(&app, "/", &[&bearer(&world.token().sign())]).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "user-1"));
    let expired = bearer(&world.token().claim("exp", 1).sign());
    assert_eq!(call(&app, "/", &[&expired]).await.status, 401);
    // What needs a token says so.
    let answer = call(&app, "/strict", &[]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.challenge.as_deref(),
        Some("Bearer realm=\"https://api.example\"")
    );
    let write = Request::post("/write").body(Body::empty()).unwrap();
    assert_eq!(send(&app, write).await.status, 401);
}

#[tokio::test]
async fn a_route_without_a_guard_is_an_error_not_open() {
    let app = Router::new()
        .route("/me", get(me))
        .route("/perhaps", get(perhaps_me));
    for path in ["/me", "/perhaps"] {
        let answer = call(&app, path, &["Bearer x"]).await;
        assert_eq!((answer.status, answer.challenge), (500, None));
    }
}

#[tokio::test]
async fn a_demand_without_a_layer_around_it_validates_by_itself() {
    let world = World::new().await;
    let app = Router::new().route(
        "/",
        get(me).layer(world.guard.require_permission("artists:write")),
    );
    assert_eq!(call(&app, "/", &[]).await.status, 401);
    assert_eq!(call(&app, "/", &[&bearer("a.b.c")]).await.status, 401);
    let token = world.token();
    assert_eq!(
        call(&app, "/", &[&bearer(&token.sign())]).await.body,
        "user-1"
    );
    let token = token.claim("permissions", json!([]));
    assert_eq!(call(&app, "/", &[&bearer(&token.sign())]).await.status, 403);
}

#[tokio::test]
async fn a_demand_of_one_guard_does_not_take_the_token_of_another() {
    let world = World::new().await;
    let clock = world.clock.clone();
    let other = TokenGuard::builder(&world.issuer.url, "https://other.example")
        .clock(move || clock.time())
        .build()
        .unwrap();
    let app = Router::new()
        .route(
            "/",
            get(me).layer(other.require_permission("artists:write")),
        )
        .layer(world.guard.layer());
    assert_eq!(
        call(&app, "/", &[&bearer(&world.token().sign())])
            .await
            .status,
        401
    );
    let both = world
        .token()
        .claim("aud", json!([AUDIENCE, "https://other.example"]))
        .sign();
    assert_eq!(call(&app, "/", &[&bearer(&both)]).await.status, 200);
}

#[tokio::test]
async fn an_unavailable_issuer_is_503() {
    let world = World::new().await;
    world.issuer.set_mode(crate::support::Mode::Down);
    let response = app(&world.guard)
        .oneshot(
            Request::get("/me")
                .header(header::AUTHORIZATION, bearer(&world.token().sign()))
                .body(Body::empty())
                .unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    assert!(!response.headers().contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn the_realm_can_be_chosen() {
    let world = World::new().await;
    let guard = guard_builder(&world.issuer, &world.clock)
        .realm("the API")
        .build()
        .unwrap();
    let answer = call(&app(&guard), "/me", &[]).await;
    assert_eq!(
        answer.challenge.as_deref(),
        Some("Bearer realm=\"the API\"")
    );
}

#[tokio::test]
async fn the_token_is_there_for_middleware_too() {
    async fn who(Extension(token): Extension<AccessToken>) -> String {
        token.claims().client_id.clone()
    }
    let world = World::new().await;
    let app = Router::new()
        .route("/", get(who))
        .layer(world.guard.layer());
    assert_eq!(
        call(&app, "/", &[&bearer(&world.token().sign())])
            .await
            .body,
        "app"
    );
}
