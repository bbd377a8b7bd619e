//! A person who told everything, exported it and deleted the account: after the purge no table holds
//! anything personal of theirs, and the audit trail still reads.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth_api::account::delete::{self, By, Registry};
use auth_api::audit::{Actor, Event, record_by};
use auth_api::authn::factors::recovery_code;
use auth_api::http::context::RequestContext;
use auth_api::users::store;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::columns::{OF_NO_TEXT, columns, without_a_person};
use super::{DAY, GRACE, count, letter, link, round_after, signed_in_by, sub_of, token_of};
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, CUSTOMER, Request};
use crate::support::server::TestServer;

const MANAGER: &str = "manager@booking.test";
const EMAIL: &str = "zephyrine.quatrebarbes@perso.example";
const NEW_EMAIL: &str = "zq.nouvelle@ailleurs.example";
const PASSWORD: &str = "quarante-deux tortues vertes";
const IP: &str = "203.0.113.77";
const BROWSER: &str = "Zephyrnavigator/9.7";
const FACTOR: &str = "Téléphone de Zéphyrine";

/// Every claim that a person can write of themself.
fn claims() -> Value {
    json!({
        "name": "Zéphyrine Lou Quatrebarbes",
        "given_name": "Zéphyrine",
        "middle_name": "Loulouise",
        "family_name": "Quatrebarbes",
        "nickname": "Zéphy",
        "preferred_username": "zquatre",
        "gender": "agenre-z",
        "birthdate": "1987-03-14",
        "picture": "https://zquatre.example/moi.png",
        "profile": "https://zquatre.example/moi",
        "website": "https://zquatre.example/",
        "locale": "fr-CH",
        "zoneinfo": "Pacific/Chatham",
        "phone_number": "+41791234567",
        "address": {
            "formatted": "3 chemin des Tortues\n1292 Chambésy-Dessus",
            "street_address": "3 chemin des Tortues",
            "postal_code": "1292-Z",
            "locality": "Chambésy-Dessus",
            "region": "Genève-Lac",
            "country": "Helvétie",
        },
    })
}

/// Everything personal that the server was told or saw, by what it is.
fn personal() -> BTreeMap<String, String> {
    let mut personal = BTreeMap::new();
    let fixed = [
        ("email", EMAIL),
        ("new email", NEW_EMAIL),
        ("mailbox", "zephyrine.quatrebarbes"),
        ("ip", IP),
        ("user agent", BROWSER),
        ("factor", FACTOR),
    ];
    for (name, value) in fixed {
        personal.insert(name.to_owned(), value.to_owned());
    }
    let claims = claims();
    let address = claims["address"].as_object().unwrap().iter();
    for (name, value) in claims.as_object().unwrap().iter().chain(address) {
        if let Some(value) = value.as_str() {
            let first_line = value.lines().next().unwrap();
            personal.insert(name.clone(), first_line.to_owned());
        }
    }
    assert_eq!(personal.len(), 6 + 14 + 6);
    personal
}

/// The columns of all tables that hold a text, whatever the case of its letters: text, JSON, lists,
/// addresses, and bytes that may spell it.
async fn found_in(server: &TestServer, needle: &str) -> Vec<String> {
    let pool = &server.database.pool;
    let mut found = Vec::new();
    for (table, name, data_type) in columns(pool).await {
        let holds = match data_type.as_str() {
            "bytea" => format!("position(convert_to($1, 'UTF8') IN \"{name}\") > 0"),
            _ => format!(
                "position($1 IN \"{name}\"::text) > 0
                 OR position(lower($1) IN lower(\"{name}\"::text)) > 0"
            ),
        };
        let rows = format!("SELECT count(*) FROM \"{table}\" WHERE {holds}");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows))
            .bind(needle)
            .fetch_one(pool)
            .await
            .unwrap();
        if rows > 0 {
            found.push(format!("{table}.{name}"));
        }
    }
    found
}

/// A server behind a proxy, and a client that comes from the person's address with their browser.
async fn server() -> TestServer {
    let mut server = TestServer::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let headers = [
        ("x-forwarded-for".parse().unwrap(), IP.parse().unwrap()),
        ("user-agent".parse().unwrap(), BROWSER.parse().unwrap()),
    ];
    server.http = reqwest::Client::builder()
        .default_headers(headers.into_iter().collect())
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    server
}

/// Lives with the account: signs in in every way, rightly and wrongly, connects an app, enrols
/// factors, leaves things half done. Ends signed in.
async fn live(server: &TestServer) -> Api<'_> {
    let anyone = Api::new(server);
    let mut new = claims();
    new["email"] = json!(EMAIL);
    new["password"] = json!(PASSWORD);
    let made = anyone.post("/register", new).await;
    assert!(made.status < 300, "{:#}", made.body);
    let proof = letter(server, "mail-verify-email", EMAIL).await;
    let proof = json!({ "token": token_of(&link(&proof, "/verify-email?")) });
    assert!(anyone.post("/email/verify", proof).await.status < 300);
    anyone
        .login(EMAIL, "not the right one")
        .await
        .problem(401, "invalid_credentials");

    let browser = Browser::behind_proxy(server, BROWSER, IP);
    let page = Request::new("openid profile email address phone offline_access")
        .with("login_hint", EMAIL)
        .send(&browser)
        .await;
    let fields = [("username", EMAIL), ("password", PASSWORD)];
    let next = browser.submit(&page, &fields).await;
    let consent = browser.follow(next).await;
    assert_eq!(consent.url.path(), "/consent", "{}", consent.body);
    browser.submit(&consent, &[("decision", "allow")]).await;
    // Another one, left as it is.
    let waiting = Browser::behind_proxy(server, BROWSER, IP);
    let request = Request::new("openid").with("login_hint", EMAIL);
    assert_eq!(request.send(&waiting).await.url.path(), "/login");

    anyone.login(EMAIL, PASSWORD).await.ok(200);
    let phone = AuthenticatorApp::enrolled(server, EMAIL).await;
    let id: i32 = sqlx::query_scalar("SELECT id_user FROM users WHERE email = $1")
        .bind(EMAIL)
        .fetch_one(&server.database.pool)
        .await
        .unwrap();
    let now = server.app.clock.now();
    let mut conn = server.database.pool.acquire().await.unwrap();
    recovery_code::make(&mut conn, id, now).await.unwrap();
    for (statement, value) in [
        ("UPDATE factor SET name = $2 WHERE id_user = $1", FACTOR),
        // What an SMTP server says may quote the address.
        ("UPDATE mail SET last_error = $2 WHERE id_user = $1", EMAIL),
        (
            "INSERT INTO mailed_token (token_hash, purpose, id_user, email, created_at, expires_at)
             VALUES (sha256('x'), 'change_email', $1, $2, now(), now() + interval '1 h')",
            NEW_EMAIL,
        ),
    ] {
        let done = sqlx::query(AssertSqlSafe(statement)).bind(id).bind(value);
        done.execute(&mut *conn).await.unwrap();
    }
    let due = anyone.login(EMAIL, PASSWORD).await;
    due.problem(403, "mfa_required");
    let forgot = json!({ "email": EMAIL });
    assert!(anyone.post("/password/forgot", forgot).await.status < 300);
    signed_in_by(server, (EMAIL, PASSWORD), &phone).await
}

#[tokio::test]
async fn nothing_personal_is_left_anywhere_and_the_trail_still_reads() {
    let server = server().await;
    let api = live(&server).await;
    let sub = sub_of(&server, EMAIL).await;

    let export = api.get("/me/export").await.ok(200).body.to_string();
    let mut holding = BTreeSet::new();
    for (what, value) in personal() {
        assert!(export.contains(&value), "the export tells no {what}");
        let found = found_in(&server, &value).await;
        assert!(!found.is_empty(), "the search is blind for {what}");
        holding.extend(found);
    }
    // Where nothing was put, nothing is left, either: each column that can hold something personal
    // holds it now.
    let columns = columns(&server.database.pool).await.into_iter();
    let empty: BTreeSet<String> = columns
        .filter(|(.., data_type)| !OF_NO_TEXT.contains(&data_type.as_str()))
        .map(|(table, name, _)| format!("{table}.{name}"))
        .filter(|column| !holding.contains(column))
        .collect();
    assert_eq!(empty, without_a_person());
    let sealed = found_in(&server, PASSWORD).await;
    assert!(sealed.is_empty(), "the password stands in {sealed:?}");
    api.delete("/me").await.ok(200);
    let trail = "SELECT kind, actor FROM audit_event WHERE subject = $1 ORDER BY id";
    let trail = async || -> Vec<(String, String)> {
        let trail = sqlx::query_as(trail).bind(sub);
        trail.fetch_all(&server.database.pool).await.unwrap()
    };
    let mut noted = trail().await;
    for kind in [
        "registered",
        "sign_in_refused",
        "signed_in",
        "consent_given",
        "data_exported",
    ] {
        assert!(noted.iter().any(|(it, _)| it == kind), "{kind}: {noted:?}");
    }

    round_after(&server, GRACE).await;
    for (what, value) in personal() {
        let found = found_in(&server, &value).await;
        assert!(found.is_empty(), "{what} is left in {found:?}");
    }
    // Who did what when is still there, of somebody without a name.
    noted.push(("account_purged".to_owned(), "job".to_owned()));
    assert_eq!(trail().await, noted);
    let personal = format!(
        "audit_event WHERE subject = '{sub}'
         AND (ip IS NOT NULL OR user_agent IS NOT NULL OR detail <> '{{}}')"
    );
    assert_eq!(count(&server, &personal).await, 0);
    let admin = Api::signed_in(&server, ADMIN).await;
    let read = admin.get(&format!("/events?subject={sub}")).await.ok(200);
    let read = read.body["events"].as_array().unwrap().iter();
    let read: Vec<&str> = read.map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(read.len(), noted.len());
    assert_eq!(read[..2], ["account_purged", "account_deleted"]);

    // The farewell, sealed, goes with the rest of the mail.
    letter(&server, "mail-account-purged", EMAIL).await;
    round_after(&server, DAY * 8).await;
    let to_them = server.app.mail.caught(&server.app.pool, 100).await.unwrap();
    assert!(to_them.iter().all(|mail| mail.content.to != EMAIL));
}

/// What an administrator did to others is still told; from where, is not.
#[tokio::test]
async fn an_administrator_who_is_gone_leaves_no_address_in_the_trail_of_others() {
    let server = TestServer::start().await;
    let admin = sub_of(&server, ADMIN).await;
    let api = Api::signed_in(&server, ADMIN).await;
    let from_there = || RequestContext {
        ip: Some(IP.parse().unwrap()),
        user_agent: Some(BROWSER.to_owned()),
        ..RequestContext::none(server.app.clock.now())
    };
    let by = By {
        actor: Actor::Administrator,
        sub: Some(admin),
    };
    let manager = sub_of(&server, MANAGER).await;
    let pool = &server.app.pool;
    let changed = Event::RoleChanged {
        role: Some("customer".to_owned()),
    };
    let acted = async || {
        let context = from_there();
        record_by(
            pool,
            by.actor,
            by.sub,
            &changed,
            Some(manager),
            None,
            &context,
        )
        .await
        .unwrap();
    };
    acted().await;
    let customer = store::find_by_email(pool, CUSTOMER).await.unwrap().unwrap();
    let registry = Registry::from(&*server.app);
    delete::delete(registry, &customer.user, by, &from_there())
        .await
        .unwrap();
    let of_others = async || -> Vec<(String, String, Value)> {
        let trail = "SELECT kind, actor, detail FROM audit_event WHERE actor_sub = $1 ORDER BY id";
        let trail = sqlx::query_as(trail).bind(admin);
        trail.fetch_all(pool).await.unwrap()
    };
    let before = of_others().await;
    let told = |kind: &str, detail| (kind.to_owned(), "administrator".to_owned(), detail);
    let role = json!({ "role": "customer" });
    assert_eq!(
        before,
        [
            told("role_changed", role.clone()),
            told("account_deleted", json!({}))
        ]
    );
    assert!(!found_in(&server, IP).await.is_empty());
    assert!(!found_in(&server, BROWSER).await.is_empty());

    api.delete("/me").await.ok(200);
    round_after(&server, GRACE).await;
    for datum in [ADMIN, IP, BROWSER] {
        let found = found_in(&server, datum).await;
        assert!(found.is_empty(), "{datum} is left in {found:?}");
    }
    assert_eq!(of_others().await, before);
    // A request that was under way during the purge.
    acted().await;
    round_after(&server, Duration::from_mins(1)).await;
    assert!(found_in(&server, IP).await.is_empty());
    assert_eq!(of_others().await.last(), Some(&told("role_changed", role)));
}
