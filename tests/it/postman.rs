//! The Postman collection, replayed in its order: every request gets the status of its own example.
//! The part of the person is played by the test's browser, which leaves a code behind.

use std::collections::BTreeMap;

use auth_api::ops::openapi::generate;
use reqwest::Method;
use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, text};
use crate::support::server::TestServer;

const COLLECTION: &str = include_str!("../../docs/auth-api.postman_collection.json");
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

fn collection() -> Value {
    serde_json::from_str(COLLECTION).unwrap()
}

fn items(value: &Value) -> Vec<&Value> {
    value["item"].as_array().unwrap().iter().collect()
}

/// The collection's variables.
struct Variables(BTreeMap<String, String>);

impl Variables {
    fn of(collection: &Value) -> Self {
        let listed = collection["variable"].as_array().unwrap().iter();
        Self(
            listed
                .map(|v| (text(v, "key").to_owned(), text(v, "value").to_owned()))
                .collect(),
        )
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        let known = self.0.insert(name.to_owned(), value.into());
        assert!(known.is_some(), "{name} is no variable of the collection");
    }

    /// Puts values in the place of `{{name}}`.
    fn fill(&self, template: &str) -> String {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").unwrap();
            filled += before;
            filled += self
                .0
                .get(name)
                .unwrap_or_else(|| panic!("{name} is unknown"));
            rest = after;
        }
        filled + rest
    }

    /// Runs what a test script keeps: lines that set a variable to a member of the answer.
    fn keep(&mut self, item: &Value, answer: &Value) {
        for line in script(item, "test") {
            let Some(call) = line.strip_prefix("pm.collectionVariables.set('") else {
                continue;
            };
            let (name, member) = call.split_once("', pm.response.json().").unwrap();
            let member = member.strip_suffix(");").unwrap();
            let pointer = format!("/{}", member.replace(['.', '['], "/").replace(']', ""));
            let value = answer.pointer(&pointer).and_then(Value::as_str);
            self.set(
                name,
                value.unwrap_or_else(|| panic!("{member} in {answer}")),
            );
        }
    }
}

fn script<'a>(item: &'a Value, listen: &str) -> Vec<&'a str> {
    let events = item["event"].as_array().unwrap().iter();
    events
        .filter(|event| event["listen"] == listen)
        .flat_map(|event| event["script"]["exec"].as_array().unwrap())
        .map(|line| line.as_str().unwrap())
        .collect()
}

fn pairs(list: &Value, variables: &Variables) -> Vec<(String, String)> {
    let list = list.as_array().into_iter().flatten();
    list.map(|pair| {
        (
            text(pair, "key").to_owned(),
            variables.fill(text(pair, "value")),
        )
    })
    .collect()
}

/// A member of an item's credentials.
fn credential(auth: &Value, name: &str, variables: &Variables) -> String {
    let list = auth[text(auth, "type")].as_array().unwrap();
    let found = list.iter().find(|entry| entry["key"] == name).unwrap();
    variables.fill(text(found, "value"))
}

fn request(server: &TestServer, item: &Value, variables: &Variables) -> reqwest::RequestBuilder {
    let request = &item["request"];
    let method: Method = text(request, "method").parse().unwrap();
    let raw = text(&request["url"], "raw").split('?').next().unwrap();
    let mut builder = server.http.request(method, variables.fill(raw));
    builder = builder.query(&pairs(&request["url"]["query"], variables));
    for (name, value) in pairs(&request["header"], variables) {
        builder = builder.header(name, value);
    }
    let auth = &request["auth"];
    let credential = |name: &str| credential(auth, name, variables);
    builder = match text(auth, "type") {
        "noauth" => builder,
        "basic" => builder.basic_auth(credential("username"), Some(credential("password"))),
        "bearer" => builder.bearer_auth(credential("token")),
        other => panic!("{other}"),
    };
    let body = &request["body"];
    match body["mode"].as_str() {
        None => builder,
        Some("urlencoded") => builder.form(&pairs(&body["urlencoded"], variables)),
        Some("raw") => builder.body(variables.fill(text(body, "raw"))),
        Some(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_request_gets_the_status_of_its_example() {
    let server = TestServer::start().await;
    let collection = collection();
    assert_eq!(collection["info"]["schema"], SCHEMA);
    let mut variables = Variables::of(&collection);
    variables.set("base_url", &server.base);
    let mut replayed = 0;
    for folder in items(&collection) {
        for item in items(folder) {
            let name = format!("{}: {}", text(folder, "name"), text(item, "name"));
            if !script(item, "prerequest").is_empty() {
                person_signs_in(&server, &mut variables).await;
            }
            let response = request(&server, item, &variables).send().await.unwrap();
            let status = response.status().as_u16();
            let body = response.text().await.unwrap();
            assert_eq!(item["response"][0]["code"], status, "{name}: {body}");
            let told = format!("pm.response.to.have.status({status})");
            let tests = script(item, "test");
            assert!(tests.iter().any(|line| line.contains(&told)), "{name}");
            let answer = serde_json::from_str(&body).unwrap_or_default();
            variables.keep(item, &answer);
            replayed += 1;
        }
    }
    assert!(replayed > 20, "{replayed} requests");
}

/// What the request's own script and a person with a browser do.
async fn person_signs_in(server: &TestServer, variables: &mut Variables) {
    let request = Request::new(&variables.fill("{{scope}}"));
    let code = request.code(&Browser::new(server), CUSTOMER).await;
    variables.set("code", code.code);
    variables.set("code_verifier", code.verifier);
    for name in ["code_challenge", "state", "nonce"] {
        let sent = request.params.iter().find(|(known, _)| known == name);
        variables.set(name, sent.unwrap().1.as_str());
    }
}

#[test]
fn every_request_is_in_the_openapi_document_and_every_endpoint_in_the_collection() {
    let document: Value = serde_json::from_str(&generate().unwrap()).unwrap();
    let mut paths = document["paths"].as_object().unwrap().clone();
    let collection = collection();
    for item in items(&collection).into_iter().flat_map(items) {
        let request = &item["request"];
        let raw = text(&request["url"], "raw");
        let raw = raw
            .replace("{{registration_client_uri}}", "/register/{client_id}")
            .replace("{{mobile_client_id}}", "{client_id}")
            .replace("{{session_id}}", "{id}")
            .replace("{{factor_id}}", "{id}");
        let path = raw.replace("{{base_url}}", "");
        let path = path.split('?').next().unwrap();
        let method = text(request, "method").to_lowercase();
        let described = document["paths"].get(path);
        assert!(
            described.is_some_and(|item| item.get(&method).is_some()),
            "{method} {path}"
        );
        paths.remove(path);
    }
    paths.remove("/clients/{client_id}/logo");
    assert!(
        paths.is_empty(),
        "not in the collection: {:?}",
        paths.keys()
    );
}
