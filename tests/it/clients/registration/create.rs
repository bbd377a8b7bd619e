//! `POST /register` (RFC 7591).

use super::*;

#[tokio::test]
async fn a_wrong_token_and_an_unknown_client_look_the_same() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let other = server.register(web()).await;
    let path = format!("/register/{}", made.text("client_id"));
    let wrong = Some(other.text("registration_access_token"));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let mismatch = server.call(method.clone(), &path, wrong, web()).await;
        let unknown = server
            .call(method.clone(), "/register/nobody", wrong, web())
            .await;
        assert!(mismatch.is(401, "invalid_token"));
        assert_eq!(
            mismatch.headers[header::WWW_AUTHENTICATE],
            "Bearer error=\"invalid_token\""
        );
        assert_eq!(mismatch.status, unknown.status);
        assert_eq!(mismatch.body, unknown.body);
        assert_eq!(mismatch.headers, unknown.headers);
        let bare = server.call(method, &path, None, web()).await;
        assert_eq!(
            (
                bare.status.as_u16(),
                &bare.headers[header::WWW_AUTHENTICATE]
            ),
            (401, &"Bearer".parse().unwrap())
        );
    }
    assert_eq!(server.count().await, 2);
    server.database.drop().await;
}

#[tokio::test]
async fn refusals_are_json_and_store_nothing() {
    let server = Server::new(RegistrationMode::Open).await;
    let redirect = server
        .register(json!({"redirect_uris": ["https://app.example/#x"]}))
        .await;
    assert!(
        redirect.is(400, "invalid_redirect_uri"),
        "{}",
        redirect.body
    );
    let mut metadata = web();
    metadata["jwks"] = json!({"keys": [{"kty": "EC", "kid": "nul\u{0}"}]});
    assert!(
        server
            .register(metadata)
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        server
            .register(json!([]))
            .await
            .is(400, "invalid_client_metadata")
    );
    for (uris, sector, status) in [
        (json!(["https://app.example/cb"]), SECTOR, 201),
        (
            json!(["https://app.example/cb", "https://app.example/2"]),
            SECTOR,
            400,
        ),
        (
            json!(["https://app.example/cb"]),
            "https://app.example/none",
            400,
        ),
    ] {
        let body = json!({"redirect_uris": uris, "sector_identifier_uri": sector,
            "subject_type": "pairwise"});
        assert_eq!(server.register(body).await.status, status, "{sector}");
    }
    let raw = |kind: &str, body: String| {
        let request = Request::post("/register").header(header::CONTENT_TYPE, kind);
        server.send(request.body(Body::from(body)).unwrap())
    };
    assert_eq!(raw("text/plain", web().to_string()).await.status, 415);
    assert!(
        raw("application/json", "{".into())
            .await
            .is(400, "invalid_client_metadata")
    );
    assert_eq!(
        raw("application/json", " ".repeat(70_000)).await.status,
        413
    );
    assert_eq!(server.count().await, 1);
    server.database.drop().await;
}

#[tokio::test]
async fn an_initial_access_token_registers_as_many_clients_as_it_says() {
    let server = Server::new(RegistrationMode::Token).await;
    let anonymous = server.register(web()).await;
    assert_eq!(anonymous.status, 401);
    assert_eq!(anonymous.headers[header::WWW_AUTHENTICATE], "Bearer");
    let token = Secret::generate();
    let now = server.state.clock.now();
    let expires = now + Duration::from_mins(1);
    let pool = &server.state.pool;
    store::initial_access_token::create(pool, &token.hash(), "one", 1, now, expires)
        .await
        .unwrap();
    let with = async |token: &str, body: Value| {
        server
            .call(Method::POST, "/register", Some(token), body)
            .await
    };
    assert!(with("made-up", web()).await.is(401, "invalid_token"));
    let refused = with(token.expose(), json!({"redirect_uris": []})).await;
    assert!(
        refused.is(400, "invalid_redirect_uri"),
        "and the token keeps its use"
    );
    let (one, two) = tokio::join!(with(token.expose(), web()), with(token.expose(), web()));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
    assert_eq!(server.count().await, 1);
    server.database.drop().await;
}

#[tokio::test]
async fn a_closed_or_exhausted_registration_says_so() {
    let mut server = Server::new(RegistrationMode::Closed).await;
    assert!(server.register(web()).await.is(403, "access_denied"));
    server.state.mode = RegistrationMode::Open;
    server.state.anonymous_limit =
        AnonymousLimit::new(|_| std::future::ready(Err(Duration::from_secs(7))));
    let limited = server.register(web()).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers[header::RETRY_AFTER], "7");
    assert_eq!(server.count().await, 0);
    server.database.drop().await;
}
