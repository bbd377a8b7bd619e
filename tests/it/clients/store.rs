use std::collections::BTreeSet;

use auth_api::clients::resources::{Permission, Resource, Resources};
use auth_api::clients::store;
use auth_api::clients::validation::{Registrant, validate};
use auth_api::foundation::secret::Secret;
use serde_json::json;
use time::Duration;

use super::{client, named, now};
use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_client_reads_back_as_it_was_stored() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let mut new = client(
        "app",
        json!({"client_name": "App", "client_name#fr": "Appli", "require_pkce": false}),
    );
    new.client.first_party = true;
    let token = new.grant_self_management();
    store::client::insert(pool, &new.client).await.unwrap();
    let read = store::client::find(pool, "app").await.unwrap().unwrap();
    assert_eq!(read.metadata, new.client.metadata);
    assert!(read.first_party && !read.require_pkce);
    assert!(read.secret_matches(&new.client_secret.unwrap()));
    assert!(
        read.registration_access_token_hash
            .unwrap()
            .matches(&token.hash())
    );
    assert_eq!((read.created_at, read.updated_at), (now(), now()));
    assert!(store::client::find(pool, "App").await.unwrap().is_none());
    assert!(
        store::client::insert(pool, &new.client).await.is_err(),
        "the identifier is taken"
    );
    database.drop().await;
}

#[tokio::test]
async fn only_the_holder_of_the_registration_token_replaces_or_deletes() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let mut new = client("app", json!({}));
    let token = new.grant_self_management().hash();
    let wrong = Secret::generate().hash();
    let mut changed = new.client.clone();
    store::client::insert(pool, &new.client).await.unwrap();
    changed.metadata = named("Changed");
    changed.first_party = true;
    assert!(
        !store::client::replace(pool, &changed, &wrong)
            .await
            .unwrap()
    );
    assert!(
        store::client::replace(pool, &changed, &token)
            .await
            .unwrap()
    );
    let read = store::client::find(pool, "app").await.unwrap().unwrap();
    assert_eq!(read.metadata.client_name.as_deref(), Some("Changed"));
    assert!(!read.first_party, "registration never sets it");
    assert!(store::client::update(pool, &changed).await.unwrap());
    assert!(
        store::client::find(pool, "app")
            .await
            .unwrap()
            .unwrap()
            .first_party
    );
    let mut connection = pool.acquire().await.unwrap();
    assert!(
        !store::client::delete_by_token(&mut connection, "app", &wrong)
            .await
            .unwrap()
    );
    assert!(
        store::client::delete_by_token(&mut connection, "app", &token)
            .await
            .unwrap()
    );
    assert!(!store::client::delete(&mut connection, "app").await.unwrap());
    drop(connection);
    assert!(!store::client::update(pool, &changed).await.unwrap());
    database.drop().await;
}

#[tokio::test]
async fn pages_follow_each_other_and_an_upsert_adds_no_row() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    for id in ["c", "a", "b"] {
        store::client::upsert(pool, &client(id, json!({})).client)
            .await
            .unwrap();
    }
    let again = client("b", json!({"client_name": "Again"})).client;
    store::client::upsert(pool, &again).await.unwrap();
    let page = async |after, limit| {
        let page = store::client::list(pool, after, limit).await.unwrap();
        page.into_iter()
            .map(|client| client.client_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, ["a", "b"]);
    assert_eq!(page(Some("b"), 2).await, ["c"]);
    assert!(page(Some("c"), 2).await.is_empty());
    let read = store::client::find(pool, "b").await.unwrap().unwrap();
    assert_eq!(read.metadata.client_name.as_deref(), Some("Again"));
    database.drop().await;
}

#[tokio::test]
async fn an_initial_access_token_is_used_as_often_as_it_says() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let token = Secret::generate().hash();
    let expires = now() + Duration::hours(1);
    store::initial_access_token::create(pool, &token, "test", 2, now(), expires)
        .await
        .unwrap();
    let consume = async || {
        store::initial_access_token::consume(pool, &token, now())
            .await
            .unwrap()
    };
    let (a, b, c) = tokio::join!(consume(), consume(), consume());
    assert_eq!([a, b, c].iter().filter(|used| **used).count(), 2);
    assert!(
        !store::initial_access_token::is_usable(pool, &token, now())
            .await
            .unwrap()
    );

    let late = Secret::generate().hash();
    store::initial_access_token::create(pool, &late, "late", 1, now(), expires)
        .await
        .unwrap();
    assert!(
        store::initial_access_token::is_usable(pool, &late, now())
            .await
            .unwrap()
    );
    assert!(
        !store::initial_access_token::consume(pool, &late, expires)
            .await
            .unwrap()
    );
    assert_eq!(
        store::initial_access_token::delete_spent(pool, now())
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store::initial_access_token::delete_spent(pool, expires)
            .await
            .unwrap(),
        1
    );
    database.drop().await;
}

#[tokio::test]
async fn an_assertion_is_spent_once_per_client() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    for id in ["a", "b"] {
        store::client::insert(pool, &client(id, json!({})).client)
            .await
            .unwrap();
    }
    let until = now() + Duration::minutes(1);
    let spend = async |id| {
        store::assertion::spend(pool, id, "jti", until)
            .await
            .unwrap()
    };
    let (first, second) = tokio::join!(spend("a"), spend("a"));
    assert!(first != second, "exactly one of two at the same time");
    assert!(spend("b").await, "another client's jti is another one");
    assert!(!spend("nobody").await);
    assert_eq!(
        store::assertion::delete_expired(pool, now(), 10)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store::assertion::delete_expired(pool, until, 1)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store::assertion::delete_expired(pool, until, 10)
            .await
            .unwrap(),
        1
    );
    database.drop().await;
}

#[tokio::test]
async fn a_resource_server_becomes_what_it_was_last_said_to_be() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let resource = |permissions: &[&str]| Resource {
        identifier: "https://api.example".to_owned(),
        name: "API".to_owned(),
        permissions: permissions
            .iter()
            .map(|name| Permission {
                name: (*name).to_owned(),
                description_en: format!("en {name}"),
                description_fr: format!("fr {name}"),
            })
            .collect(),
    };
    let resources = Resources::new(pool.clone());
    assert!(resources.get().await.unwrap().resources().is_empty());
    for permissions in [&["a:read", "a:write"][..], &["a:read", "b:read"], &[]] {
        let wanted = resource(permissions);
        let mut transaction = pool.begin().await.unwrap();
        store::resource::upsert(&mut transaction, &wanted)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        resources.invalidate();
        assert_eq!(resources.get().await.unwrap().resources(), [wanted]);
    }
    database.drop().await;
}

#[tokio::test]
async fn what_validation_accepts_the_table_accepts() {
    let database = TestDatabase::new().await;
    let permissions = BTreeSet::from(["a:read".to_owned()]);
    let registrant = Registrant::Administrator {
        permissions: &permissions,
    };
    for (id, body) in [
        (
            "public",
            json!({"token_endpoint_auth_method": "none", "scope": "openid a:read"}),
        ),
        (
            "post",
            json!({"token_endpoint_auth_method": "client_secret_post"}),
        ),
        (
            "jwt",
            json!({"token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://app.example/jwks", "require_pkce": false}),
        ),
        (
            "machine",
            json!({"grant_types": ["client_credentials"], "scope": "a:read"}),
        ),
    ] {
        let mut body = body;
        body["redirect_uris"] = json!(["https://app.example/cb"]);
        let valid = validate(body.as_object().unwrap().clone(), registrant).unwrap();
        let new = auth_api::clients::model::NewClient::with_id(id.to_owned(), valid, now());
        store::client::insert(&database.pool, &new.client)
            .await
            .unwrap();
    }
    database.drop().await;
}
