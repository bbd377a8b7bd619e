//! Subject identifiers (OpenID Connect Core 1.0, section 8).

use serde_json::{Value, json};

use super::client::{TestClient, add, introspect};
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, CUSTOMER, payload, text};
use crate::support::server::TestServer;

/// A pairwise client of one redirect URI; `sector` says whose sector it is in, if not its host's.
async fn pairwise(server: &TestServer, id: &str, uri: &str, sector: Option<&str>) -> TestClient {
    let members = json!({"redirect_uris": [uri], "subject_type": "pairwise",
        "sector_identifier_uri": sector});
    add(server, id, members).await
}

async fn tokens(server: &TestServer, client: &TestClient, uri: &str, email: &str) -> Value {
    let request = client
        .request("openid offline_access")
        .with("redirect_uri", uri);
    client.tokens_of(server, &request, email).await
}

async fn subject(server: &TestServer, client: &TestClient, uri: &str, email: &str) -> String {
    let tokens = tokens(server, client, uri, email).await;
    text(&payload(text(&tokens, "id_token")), "sub").to_owned()
}

#[tokio::test]
async fn a_sector_knows_a_person_by_one_name_and_another_sector_by_another() {
    let server = TestServer::start().await;
    let (here, there) = ("https://here.example/cb", "https://there.example/cb");
    let sector = Some("https://sector.example/uris.json");
    let one = pairwise(&server, "one", here, None).await;
    let same = pairwise(&server, "same", "https://here.example/other", None).await;
    let other = pairwise(&server, "other", there, None).await;
    let grouped = pairwise(&server, "grouped", here, sector).await;
    let with_it = pairwise(&server, "with-it", there, sector).await;
    let public = add(&server, "public", json!({})).await;

    let sub = subject(&server, &one, here, CUSTOMER).await;
    assert_eq!(
        sub,
        subject(&server, &one, here, CUSTOMER).await,
        "the same each time"
    );
    let in_sector = subject(&server, &same, "https://here.example/other", CUSTOMER).await;
    assert_eq!(sub, in_sector);
    let elsewhere = subject(&server, &other, there, CUSTOMER).await;
    let in_group = subject(&server, &grouped, here, CUSTOMER).await;
    assert_eq!(in_group, subject(&server, &with_it, there, CUSTOMER).await);
    let for_all = subject(&server, &public, super::client::CALLBACK, CUSTOMER).await;
    let somebody_else = subject(&server, &one, here, ADMIN).await;
    let all = [&sub, &elsewhere, &in_group, &for_all, &somebody_else];
    for (index, sub) in all.iter().enumerate() {
        assert!(!all[..index].contains(sub), "{all:?}");
        assert!(sub.len() <= 255 && sub.is_ascii());
    }
    let row: uuid::Uuid = sqlx::query_scalar(
        "SELECT sub FROM user_account JOIN users USING (id_user) WHERE email = $1",
    )
    .bind(CUSTOMER)
    .fetch_one(&server.database.pool)
    .await
    .unwrap();
    assert_eq!(for_all, row.to_string());
}

#[tokio::test]
async fn every_answer_to_a_client_has_the_same_subject() {
    let server = TestServer::start().await;
    let uri = "https://here.example/cb";
    let client = pairwise(&server, "one", uri, None).await;
    let first = tokens(&server, &client, uri, CUSTOMER).await;
    let sub = payload(text(&first, "id_token"))["sub"].clone();
    assert_eq!(
        introspect(&server, &client, text(&first, "refresh_token")).await["sub"],
        sub
    );
    let (_, second) = client
        .refresh(&server, text(&first, "refresh_token"), &[])
        .await;
    let replica = server.replica().await;
    for tokens in [&first, &second] {
        let access = text(tokens, "access_token");
        assert_eq!(payload(text(tokens, "id_token"))["sub"], sub);
        assert_eq!(payload(access)["sub"], sub);
        assert_eq!(server.userinfo(access).await.1["sub"], sub);
        assert_eq!(replica.userinfo(access).await.1["sub"], sub);
        assert_eq!(introspect(&server, &client, access).await["sub"], sub);
    }
}

#[tokio::test]
async fn a_hint_by_the_pairwise_subject_finds_its_person() {
    let server = TestServer::start().await;
    let uri = "https://here.example/cb";
    let client = pairwise(&server, "one", uri, None).await;
    let browser = Browser::new(&server);
    let request = client.request("openid").with("redirect_uri", uri);
    let code = request.code(&browser, CUSTOMER).await;
    let (_, tokens) = client.post(&server, "/token", &code.form()).await;
    let silent = request.with("prompt", "none");
    let hinted = silent.with("id_token_hint", text(&tokens, "id_token"));
    let page = hinted.send(&browser).await;
    assert!(page.answer("code").is_some(), "{:?}", page.location());
}
