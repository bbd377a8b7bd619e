//! The OpenAPI document: that it is complete, and that it is true.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use auth_api::ops::openapi::{PAGES, generate};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, BOOKING_BATCH, CUSTOMER, refresh, text, tokens};
use crate::support::openapi::{check, document, response};
use crate::support::server::{TestServer, json};

const COMMITTED: &str = include_str!("../../docs/openapi.json");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

type Routes = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_committed_document_is_the_generated_one() {
    assert!(
        COMMITTED == generate().unwrap(),
        "docs/openapi.json is out of date: run cargo xtask openapi"
    );
}

#[test]
fn every_route_is_described_or_a_page_and_nothing_else_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let mut routes = routes_of(&read(&root.join("routes.rs")));
    assert!(routes.len() > 20, "the source was read: {routes:?}");
    let mut pages = Routes::new();
    for file in std::fs::read_dir(root.join("routes")).unwrap() {
        let file = file.unwrap().path();
        let is_api = file.ends_with("api.rs");
        for (route, methods) in routes_of(&read(&file)) {
            // What a person's account can do is called below the API's path; all else is a page.
            if is_api || route.starts_with("/me/") {
                routes.insert(format!("/api/auth{route}"), methods);
            } else {
                pages.insert(route, methods);
            }
        }
    }
    for page in PAGES {
        let known = routes.remove(page).is_some() || pages.contains_key(page);
        assert!(known, "{page} is no route");
    }
    assert_eq!(described(document()), routes);
}

/// The literals of `.route("path", get(..).post(..))`.
fn routes_of(source: &str) -> Routes {
    let calls = source.match_indices(".route(");
    calls
        .filter_map(|(at, route)| {
            let (before, call) = source.split_at(at);
            let (path, rest) = call[route.len()..]
                .trim_start()
                .strip_prefix('"')?
                .split_once('"')?;
            let mut depth = 1;
            let end = rest.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let handlers = named(rest[..end.unwrap()].trim_matches([',', ' ', '\n']), before);
            let methods = METHODS.iter().filter(|method| {
                let called = format!("{method}(");
                handlers.match_indices(&called).any(|(at, _)| {
                    let before = handlers[..at].chars().next_back();
                    before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
                })
            });
            Some((path.to_owned(), methods.map(ToString::to_string).collect()))
        })
        .collect()
}

/// What a variable stands for, where handlers have one: its last definition.
fn named<'a>(handlers: &'a str, before: &'a str) -> &'a str {
    let name = handlers.trim_end_matches(".clone()");
    let Some((_, after)) = before.rsplit_once(&format!("let {name} = ")) else {
        return handlers;
    };
    after.split(';').next().unwrap()
}

fn described(document: &Value) -> Routes {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, item)| {
            let methods = METHODS.iter().filter(|method| item.get(**method).is_some());
            (path.clone(), methods.map(ToString::to_string).collect())
        })
        .collect()
}

#[test]
fn references_lead_somewhere_and_names_are_unique() {
    let document = document();
    let mut references = Vec::new();
    collect_references(document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(document) {
        let id = text(operation, "operationId").to_owned();
        assert!(ids.insert(id.clone()), "{id} twice");
        assert!(
            !text(operation, "description").is_empty(),
            "{method} {path}"
        );
        let tag = &operation["tags"][0];
        let tags = document["tags"].as_array().unwrap();
        assert!(tags.iter().any(|known| known["name"] == *tag), "{tag}");
        let schemes = document["components"]["securitySchemes"].as_object();
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for name in requirement.as_object().unwrap().keys() {
                assert!(schemes.unwrap().contains_key(name), "{name}");
            }
        }
    }
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => found.push(reference),
                    member => collect_references(member, found),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                item.get(*method)
                    .map(|operation| (path.as_str(), *method, operation))
            })
        })
        .collect()
}

#[tokio::test]
async fn what_the_server_sends_is_what_the_document_says() {
    let server = TestServer::start().await;
    let document = document();
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ] {
        let (status, body) = json(server.http.get(server.url(path))).await;
        check(document, path, "get", status, &body);
    }
    let scope = "openid profile email address phone roles offline_access bookings:read";
    let tokens = tokens(&server, scope, CUSTOMER).await;
    check(document, "/token", "post", 200, &tokens);
    let (status, body) = server.userinfo(text(&tokens, "access_token")).await;
    check(document, "/userinfo", "get", status, &body);
    let (status, body) = server.userinfo("wrong").await;
    check(document, "/userinfo", "get", status, &body);
    for name in ["access_token", "refresh_token"] {
        let form = [("token", text(&tokens, name))];
        let (status, body) = server.post_as(BOOKING_APP, "/introspect", &form).await;
        assert_eq!(body["active"], true, "{name}");
        check(document, "/introspect", "post", status, &body);
    }
    let (status, body) = refresh(&server, text(&tokens, "refresh_token")).await;
    check(document, "/token", "post", status, &body);
    let wrong = ("booking-app", "wrong");
    for path in ["/token", "/introspect", "/revoke"] {
        for client in [wrong, BOOKING_APP] {
            let (status, body) = server.post_as(client, path, &[("x", "y")]).await;
            assert!([400, 401].contains(&status));
            check(document, path, "post", status, &body);
        }
        let (status, body) = json(server.http.post(server.url(path)).body("x=y")).await;
        assert_eq!(status, 415);
        check(document, path, "post", status, &body);
        let (status, body) = json(server.http.put(server.url(path))).await;
        assert_eq!(status, 405);
        check(document, path, "post", status, &body);
    }
}

#[tokio::test]
async fn registration_is_as_described() {
    let server = TestServer::start().await;
    let document = document();
    let body = &document["paths"]["/register"]["post"]["requestBody"];
    let example = &body["content"]["application/json"]["example"];
    let request = server.http.post(server.url("/register")).json(example);
    let (status, client) = json(request).await;
    assert_eq!(status, 201, "{client}");
    check(document, "/register", "post", status, &client);
    let one = "/register/{client_id}";
    let address = text(&client, "registration_client_uri");
    let token = text(&client, "registration_access_token");
    let (status, read) = json(server.http.get(address).bearer_auth(token)).await;
    check(document, one, "get", status, &read);
    let mut replacement = example.clone();
    replacement["client_id"] = client["client_id"].clone();
    let request = server.http.put(address).bearer_auth(token);
    let (status, replaced) = json(request.json(&replacement)).await;
    assert_eq!(status, 200, "{replaced}");
    check(document, one, "put", status, &replaced);
    let (status, refused) = json(server.http.delete(address).bearer_auth("wrong")).await;
    check(document, one, "delete", status, &refused);
    let (status, _) = json(server.http.delete(address).bearer_auth(token)).await;
    response(document, one, "delete", status);
    for bad in [json!({"redirect_uris": ["http://a.example/#f"]}), json!([])] {
        let request = server.http.post(server.url("/register")).json(&bad);
        let (status, body) = json(request).await;
        check(document, "/register", "post", status, &body);
    }
}

/// Without parameters each operation answers with a status that it tells of: no path is a mistake.
#[tokio::test]
async fn bare_requests_get_an_answer_that_is_described() {
    let server = TestServer::start().await;
    let document = document();
    for (path, method, _) in operations(document) {
        let address = server.url(&path.replace("{client_id}", "booking-app"));
        let verb: Method = method.to_uppercase().parse().unwrap();
        let answer = server.http.request(verb, address).send().await.unwrap();
        let told = response(document, path, method, answer.status().as_u16());
        let kind = answer.headers().get("content-type");
        let Some(kind) = kind.and_then(|kind| kind.to_str().ok()) else {
            continue;
        };
        let kind = kind.split(';').next().unwrap();
        let kinds = told["content"].as_object().unwrap();
        assert!(kinds.contains_key(kind), "{method} {path}: {kind}");
    }
}

/// Form examples that need neither a person nor an earlier answer.
#[tokio::test]
async fn the_examples_work() {
    let server = TestServer::start().await;
    let document = document();
    for (path, name) in [
        ("/token", "client_credentials"),
        ("/introspect", "unknown"),
        ("/revoke", "unknown"),
    ] {
        let body = &document["paths"][path]["post"]["requestBody"]["content"];
        let example = &body["application/x-www-form-urlencoded"]["examples"][name]["value"];
        let form: Vec<(&str, &str)> = example
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let (status, answer) = server.post_as(BOOKING_BATCH, path, &form).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    let parameters = document["paths"]["/authorize"]["get"]["parameters"].as_array();
    let query: Vec<(&str, &str)> = parameters
        .unwrap()
        .iter()
        .filter_map(|parameter| Some((text(parameter, "name"), parameter["example"].as_str()?)))
        .collect();
    let page = Browser::new(&server).get_with("/authorize", &query).await;
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(page.location().unwrap().path(), "/login");
}

/// The reference is longer than pages for people may be; it is read by developers, on purpose.
#[tokio::test]
async fn the_page_and_the_document_are_served_with_the_servers_own_address() {
    let server = TestServer::start().await;
    let (status, served) = json(server.http.get(server.url("/openapi.json"))).await;
    assert_eq!(status, 200);
    assert_eq!(served["servers"], json!([{"url": server.issuer}]));
    for (address, accounts) in [("/docs", false), ("/docs/accounts", true)] {
        let page = Browser::new(&server).get(address).await;
        assert!(page.body.len() < 64 * 1024, "{} bytes", page.body.len());
        for path in served["paths"].as_object().unwrap().keys() {
            let here = path.starts_with("/api/auth/") == accounts;
            let shown = format!("</b> {path}</code>");
            assert_eq!(page.body.contains(&shown), here, "{path} at {address}");
        }
    }
}
