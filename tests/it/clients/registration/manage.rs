//! `GET`, `PUT` and `DELETE /register/{client_id}` (RFC 7592).

use super::*;

#[tokio::test]
async fn a_client_registers_reads_replaces_and_deletes_itself() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("client_id");
    let token = made.text("registration_access_token");
    assert_eq!(
        made.text("registration_client_uri"),
        format!("https://op.example/register/{id}")
    );
    assert_eq!(made.body["client_secret_expires_at"], 0);
    assert!(made.body["client_id_issued_at"].is_i64());
    assert_eq!(
        made.text("token_endpoint_auth_method"),
        "client_secret_basic"
    );
    assert_eq!(made.body["redirect_uris"], web()["redirect_uris"]);
    assert_eq!(made.body["require_pkce"], true);
    let secret = made.text("client_secret");

    let path = format!("/register/{id}");
    let read = server
        .call(Method::GET, &path, Some(token), Value::Null)
        .await;
    assert_eq!(read.status, 200);
    assert_eq!(read.text("client_name"), "App");
    assert_eq!(read.text("registration_access_token"), token);
    assert!(
        read.body.get("client_secret").is_none(),
        "only its hash is kept"
    );

    // What was read, sent back with a change; members that it no longer has are gone.
    let mut change = read.body.clone();
    change["client_secret"] = json!(secret);
    change["client_name"] = Value::Null;
    change["tos_uri"] = json!("https://app.example/tos");
    let replaced = server.call(Method::PUT, &path, Some(token), change).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.text("tos_uri"), "https://app.example/tos");
    assert!(replaced.body.get("client_name").is_none());
    assert_eq!(replaced.text("registration_access_token"), token);
    let stored = store::client::find(&server.state.pool, id)
        .await
        .unwrap()
        .unwrap();
    assert!(
        stored.secret_matches(&Secret::new(secret)),
        "the secret stays"
    );

    let gone = server
        .call(Method::DELETE, &path, Some(token), Value::Null)
        .await;
    assert_eq!((gone.status.as_u16(), gone.body), (204, Value::Null));
    assert_eq!(server.count().await, 0);
    for method in [Method::GET, Method::DELETE] {
        let after = server.call(method, &path, Some(token), Value::Null).await;
        assert!(after.is(401, "invalid_token"));
    }
    server.database.drop().await;
}

#[tokio::test]
async fn a_replacement_names_its_client_and_does_not_choose_the_secret() {
    let server = Server::new(RegistrationMode::Open).await;
    let mut public = web();
    public["token_endpoint_auth_method"] = json!("none");
    let made = server.register(public.clone()).await;
    assert!(made.body.get("client_secret").is_none());
    assert!(made.body.get("client_secret_expires_at").is_none());
    let id = made.text("client_id");
    let path = format!("/register/{id}");
    let token = made.text("registration_access_token");
    let put = async |changes: Value| {
        let mut body = public.clone();
        body["client_id"] = json!(id);
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        server.call(Method::PUT, &path, Some(token), body).await
    };
    assert!(
        put(json!({"client_id": null}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"client_id": "other"}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"client_secret": "mine"}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"redirect_uris": []}))
            .await
            .is(400, "invalid_redirect_uri")
    );
    assert!(
        put(json!({"scope": "bookings:write"}))
            .await
            .is(400, "invalid_client_metadata")
    );

    // A client that becomes confidential gets its secret now.
    let confidential = put(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
    assert_eq!(confidential.status, 200, "{}", confidential.body);
    assert_eq!(confidential.body["client_secret_expires_at"], 0);
    let secret = Secret::new(confidential.text("client_secret"));
    let chosen = json!({"token_endpoint_auth_method": "client_secret_post",
        "client_secret": "mine"});
    assert!(put(chosen).await.is(400, "invalid_client_metadata"));

    // The change is in force at once, and so is the next.
    let on = Authenticator::new(
        Arc::clone(&server.state.clients),
        server.state.pool.clone(),
        server.state.documents.clone(),
        "https://op.example".to_owned(),
        "https://op.example/token".to_owned(),
    );
    let presented = PresentedCredentials {
        client_id: Some(id),
        client_secret: Some(&secret),
        ..PresentedCredentials::default()
    };
    let now = server.state.clock.now();
    assert!(on.authenticate(&presented, now).await.is_ok());
    assert_eq!(put(json!({})).await.status, 200);
    assert!(
        on.authenticate(&presented, now).await.is_err(),
        "public again, without a secret"
    );
    server.database.drop().await;
}

#[tokio::test]
async fn permissions_that_an_administrator_gave_survive_a_replacement() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let id = made.text("client_id");
    let pool = &server.state.pool;
    let mut client = store::client::find(pool, id).await.unwrap().unwrap();
    client.metadata.scope = "openid bookings:read".to_owned().try_into().unwrap();
    client.first_party = true;
    store::client::update(pool, &client).await.unwrap();
    let mut body = web();
    body["client_id"] = json!(id);
    body["scope"] = json!("openid bookings:read");
    let token = Some(made.text("registration_access_token"));
    let replaced = server
        .call(Method::PUT, &format!("/register/{id}"), token, body)
        .await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.text("scope"), "openid bookings:read");
    let after = store::client::find(pool, id).await.unwrap().unwrap();
    assert!(after.first_party, "a replacement does not touch it");
    server.database.drop().await;
}

#[tokio::test]
async fn what_was_granted_to_a_client_goes_with_it() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let id = made.text("client_id");
    let pool = &server.state.pool;
    sqlx::query("INSERT INTO users (email, password_hash) VALUES ('a@b.example', 'x')")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO oauth_grant (id, client_id, id_user, scope, resource, auth_time, acr, amr,
           created_at, expires_at)
         SELECT gen_random_uuid(), $1, id_user, '{openid}', '{}', now(), '1', '{pwd}', now(),
           now() + interval '1 day' FROM users",
    )
    .bind(id)
    .execute(pool)
    .await
    .unwrap();
    let token = Some(made.text("registration_access_token"));
    let path = format!("/register/{id}");
    assert_eq!(
        server
            .call(Method::DELETE, &path, token, Value::Null)
            .await
            .status,
        204
    );
    let grants: i64 = sqlx::query_scalar("SELECT count(*) FROM oauth_grant")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(grants, 0);
    server.database.drop().await;
}
