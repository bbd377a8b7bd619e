//! What a body may hold: what the OpenAPI document says, to the letter.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::api::Api;
use crate::support::flow::CUSTOMER;
use crate::support::openapi::document;
use crate::support::server::TestServer;

/// The calls that take a body, each with its schema.
fn bodies() -> Vec<(Method, String, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    let calls = paths.iter().filter_map(|(path, item)| {
        let path = path.strip_prefix("/api/auth")?;
        Some((path, item.as_object().unwrap()))
    });
    calls
        .flat_map(|(path, item)| {
            item.iter().filter_map(move |(method, call)| {
                let body = call.get("requestBody")?;
                let schema = &body["content"]["application/json"]["schema"];
                let method = method.to_uppercase().parse().unwrap();
                Some((method, path.to_owned(), schema))
            })
        })
        .collect()
}

#[tokio::test]
async fn a_member_that_is_not_described_is_told_and_not_passed_over() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let id = "0b6b2f0e-51f5-4f0a-8c67-8c1f0a5a7c11";
    let bodies = bodies();
    assert!(bodies.len() > 15, "{}", bodies.len());
    for (method, path, schema) in bodies {
        assert_eq!(schema["additionalProperties"], false, "{path}");
        let request = api.request(method, &path.replace("{id}", id));
        let answer = api.send(request.json(&json!({"tokn": "x"}))).await;
        let errors = answer.problem(422, "invalid_input").errors();
        let told = ("tokn".to_owned(), "unknown".to_owned());
        assert!(errors.contains(&told), "{path}: {errors:?}");
    }
}

#[tokio::test]
async fn null_is_as_good_as_leaving_an_optional_member_out_and_is_described() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    for (method, path, schema) in bodies() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let members = schema["properties"].as_object().unwrap().iter();
        let optional: Vec<_> = members
            .filter(|(name, _)| !required.iter().any(|one| *one == **name))
            .collect();
        for (name, member) in &optional {
            let kinds = member["type"].as_array().cloned().unwrap_or_default();
            assert!(kinds.contains(&json!("null")), "{path} {name}: {member}");
        }
        let body: Map<String, Value> = optional
            .iter()
            .map(|(name, _)| ((*name).clone(), Value::Null))
            .collect();
        let request = api.request(method, &path).json(&body);
        let answer = api.send(request).await;
        let wrong = answer.errors();
        for (name, _) in &optional {
            let type_of = ((*name).clone(), "invalid_type".to_owned());
            assert!(!wrong.contains(&type_of), "{path} {name}: {wrong:?}");
        }
    }
}

/// A list would be taken for the members in the order of their declaration.
#[tokio::test]
async fn an_address_is_an_object_and_no_list() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let refused = vec![("address".to_owned(), "invalid_type".to_owned())];
    for list in [json!([]), json!([null, "12 rue de la Paix"])] {
        let new = json!({
            "email": "list@booking.test", "password": "quiet harbour at dusk", "address": list,
        });
        let request = api.request(Method::POST, "/register").json(&new);
        let answer = api.send(request).await.problem(422, "invalid_input");
        assert_eq!(answer.errors(), refused);
        let request = api.request(Method::PATCH, "/me");
        let answer = api.send(request.json(&json!({"address": list}))).await;
        assert_eq!(answer.problem(422, "invalid_input").errors(), refused);
    }
    let request = api.request(Method::PATCH, "/me");
    let address = json!({"address": {"locality": "Lyon"}});
    let answer = api.send(request.json(&address)).await.ok(200);
    assert_eq!(answer.body["address"]["locality"], "Lyon");
}
