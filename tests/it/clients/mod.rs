//! Clients over a real database.

mod authenticate;
mod cache;
mod registration;
mod store;

use auth_api::clients::metadata::ClientMetadata;
use auth_api::clients::model::NewClient;
use auth_api::clients::validation::{Registrant, validate};
use serde_json::{Value, json};
use time::OffsetDateTime;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

/// A client of `members` over the least metadata.
fn client(id: &str, members: Value) -> NewClient {
    let mut body = json!({"redirect_uris": ["https://app.example/cb"]});
    let object = body.as_object_mut().unwrap();
    let Value::Object(members) = members else {
        panic!("an object")
    };
    object.extend(members);
    let valid = validate(object.clone(), Registrant::Developer { keeps: None }).unwrap();
    NewClient::with_id(id.to_owned(), valid, now())
}

fn named(name: &str) -> ClientMetadata {
    client("unused", json!({"client_name": name}))
        .client
        .metadata
}
