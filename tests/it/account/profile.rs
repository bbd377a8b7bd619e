//! The profile: every standard claim, by page and by JSON.

use auth_api::cli::demo::PASSWORD;
use serde_json::{Value, json};

use super::entry::signs_in;
use crate::pages::told::{assert_safe, english};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, CUSTOMER, Request, text, tokens};
use crate::support::server::TestServer;

/// Every field of the form with a good value.
const FILLED: [(&str, &str); 21] = [
    ("name", "Camille J. Durand"),
    ("given_name", "Camille"),
    ("middle_name", "Jeanne"),
    ("family_name", "Durand"),
    ("nickname", "Cam"),
    ("preferred_username", "cam.durand"),
    ("gender", "non-binary"),
    ("birth_day", "9"),
    ("birth_month", "2"),
    ("birth_year", "1990"),
    ("picture", "https://camille.example/me.png"),
    ("profile", "https://camille.example/"),
    ("website", "https://camille.example/?a=b&c"),
    ("locale", "fr"),
    ("zoneinfo", "Europe/Paris"),
    ("phone_number", "+33 1 23 45 67 89"),
    ("street_address", "1 rue de la Paix\r\nBâtiment B"),
    ("postal_code", "75002"),
    ("locality", "Paris"),
    ("region", "Île-de-France"),
    ("country", "France"),
];

async fn signed_in(server: &TestServer, email: &str) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, email, PASSWORD).await);
    browser
}

async fn form(browser: &Browser) -> Page {
    let page = browser.get("/account/profile").await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

fn shows(page: &Page, name: &str, value: &str) -> bool {
    let start = format!("id=\"{name}\"");
    let field = page.body.split(&start).nth(1).unwrap();
    field
        .split('>')
        .next()
        .unwrap()
        .contains(&format!("value=\"{value}\""))
}

#[tokio::test]
async fn every_claim_is_written_on_the_page_and_read_by_an_app() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER).await;
    let page = form(&browser).await;
    assert_safe(&page);
    for token in [
        "name",
        "given-name",
        "additional-name",
        "family-name",
        "nickname",
        "sex",
        "bday-day",
        "bday-month",
        "bday-year",
        "photo",
        "url",
        "language",
        "tel",
        "street-address",
        "postal-code",
        "address-level2",
        "address-level1",
        "country-name",
    ] {
        assert!(
            page.body.contains(&format!("autocomplete=\"{token}\"")),
            "{token}"
        );
    }
    let saved = browser.submit(&page, &FILLED).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let saved = browser.follow(saved).await;
    assert!(saved.text("done").is_some());
    for (name, value) in [
        ("birth_month", "2"),
        ("birth_year", "1990"),
        ("nickname", "Cam"),
    ] {
        assert!(shows(&saved, name, value), "{name}");
    }

    let tokens = tokens(&server, "openid profile phone address", CUSTOMER).await;
    let (_, claims) = server.userinfo(text(&tokens, "access_token")).await;
    for (claim, value) in [
        ("name", "Camille J. Durand"),
        ("middle_name", "Jeanne"),
        ("preferred_username", "cam.durand"),
        ("gender", "non-binary"),
        ("birthdate", "1990-02-09"),
        ("picture", "https://camille.example/me.png"),
        ("profile", "https://camille.example/"),
        ("website", "https://camille.example/?a=b&c"),
        ("locale", "fr"),
        ("zoneinfo", "Europe/Paris"),
        ("phone_number", "+33123456789"),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    let address = &claims["address"];
    assert_eq!(address["street_address"], "1 rue de la Paix\nBâtiment B");
    assert_eq!(
        address["formatted"],
        "1 rue de la Paix\nBâtiment B\n75002 Paris\nÎle-de-France\nFrance"
    );

    // Everything is cleared by an empty form.
    let page = form(&browser).await;
    assert_eq!(browser.submit(&page, &[]).await.status, 303);
    let api = Api::signed_in(&server, CUSTOMER).await;
    let me = api.get("/me").await.ok(200).body;
    for (name, value) in me.as_object().unwrap() {
        let stays = [
            "sub",
            "email",
            "email_verified",
            "phone_number_verified",
            "updated_at",
            "role",
        ];
        assert!(
            stays.contains(&name.as_str()) || value.is_null(),
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_each_field_and_nothing_is_lost_or_saved() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER).await;
    let wrong = [
        ("name", "Somebody <b>Else</b>"),
        ("birth_day", "31"),
        ("birth_month", "2"),
        ("website", "javascript:alert(1)"),
        ("zoneinfo", "Europe/Atlantis"),
        ("phone_number", "0123456789"),
    ];
    let page = browser.submit(&form(&browser).await, &wrong).await;
    assert_eq!(page.status, 422);
    assert_safe(&page);
    assert!(page.body.contains("<title>Error: "));
    for field in ["birth_day", "website", "zoneinfo", "phone_number"] {
        assert!(
            page.body.contains(&format!("<a href=\"#{field}\">")),
            "{field}"
        );
    }
    assert!(shows(&page, "name", "Somebody &#60;b&#62;Else&#60;/b&#62;"));
    assert!(shows(&page, "birth_day", "31") && shows(&page, "phone_number", "0123456789"));
    assert!(
        shows(&form(&browser).await, "name", "Camille Durand"),
        "nothing was saved"
    );
}

#[tokio::test]
async fn json_changes_what_it_names_and_clears_with_null() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let before = api.get("/me").await.ok(200);
    assert_eq!(before.text("email"), CUSTOMER);
    api.patch("/me", json!({ "address": null })).await.ok(200);
    let change = json!({ "nickname": "Cam", "given_name": null,
        "address": { "locality": "Lyon", "country": "France" } });
    let after = api.patch("/me", change).await.ok(200).body;
    assert_eq!(
        (&after["nickname"], &after["given_name"]),
        (&json!("Cam"), &Value::Null)
    );
    assert_eq!(
        after["family_name"], before.body["family_name"],
        "what is not named stays"
    );
    assert_eq!(after["address"]["formatted"], "Lyon\nFrance");
    assert_eq!(api.get("/me").await.body, after);
    let one = json!({ "address": { "country": null } });
    let after = api.patch("/me", one).await.ok(200).body;
    assert_eq!(
        after["address"],
        json!({ "locality": "Lyon", "formatted": "Lyon" })
    );
    let after = api.patch("/me", json!({ "address": null })).await.ok(200);
    assert_eq!(after.body["address"], Value::Null);

    let wrong = json!({ "nickname": "Kept?", "birthdate": "1990-13-01",
        "address": { "postal_code": "1".repeat(21) }, "locale": "french", "zoneinfo": "Mars" });
    let problem = api.patch("/me", wrong).await.problem(422, "invalid_input");
    let told = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        problem.errors(),
        [
            told("address.postal_code", "too_long"),
            told("birthdate", "invalid_date"),
            told("locale", "invalid_language_tag"),
            told("zoneinfo", "unknown_time_zone"),
        ]
    );
    let errors = problem.body["errors"].as_array().unwrap();
    let date = errors.iter().find(|error| error["field"] == "birthdate");
    let said = date.unwrap()["detail"].as_str().unwrap();
    assert!(
        said.contains("AAAA-MM-JJ") && said.contains("0000-MM-JJ"),
        "{said}"
    );
    assert_eq!(
        api.get("/me").await.body["nickname"],
        "Cam",
        "all or nothing"
    );
    for unknown in [
        json!({ "email": "x@example.org" }),
        json!({ "sub": "x" }),
        json!({ "email_verified": true }),
        json!({ "phone_number_verified": true }),
        json!({ "address": { "planet": "Earth" } }),
    ] {
        let problem = api
            .patch("/me", unknown)
            .await
            .problem(422, "invalid_input");
        assert_eq!(problem.errors()[0].1, "unknown");
    }
    let french = Api::signed_in(&server, CUSTOMER).await.speaking("fr");
    let problem = french
        .patch("/me", json!({ "name": 1, "zoneinfo": [] }))
        .await;
    let problem = problem.problem(422, "invalid_input");
    assert_eq!(problem.errors().len(), 2);
    assert_eq!(problem.header("content-language"), Some("fr"));
    let nobody = Api::new(&server);
    nobody.get("/me").await.problem(401, "invalid_token");
    nobody
        .patch("/me", json!({}))
        .await
        .problem(401, "invalid_token");
}

#[tokio::test]
async fn a_new_telephone_number_is_not_verified_the_same_one_stays_so() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.patch("/me", json!({ "phone_number": "+33123456789" }))
        .await
        .ok(200);
    sqlx::query(
        "UPDATE user_account SET phone_number_verified = true WHERE phone_number IS NOT NULL",
    )
    .execute(&server.database.pool)
    .await
    .unwrap();
    let same = json!({ "phone_number": "+33 1 23 45 67 89", "nickname": "C" });
    assert_eq!(
        api.patch("/me", same).await.ok(200).body["phone_number_verified"],
        true
    );
    let other = json!({ "phone_number": "+33123456780" });
    assert_eq!(
        api.patch("/me", other).await.ok(200).body["phone_number_verified"],
        false
    );
}

#[tokio::test]
async fn the_trail_names_the_fields_that_changed_and_nothing_else() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.patch("/me", json!({ "nickname": "Cam", "family_name": "Durand" }))
        .await
        .ok(200);
    api.patch("/me", json!({ "nickname": "Cam" })).await.ok(200);
    let details: Vec<Value> =
        sqlx::query_scalar("SELECT detail FROM audit_event WHERE kind = 'profile_changed'")
            .fetch_all(&server.database.pool)
            .await
            .unwrap();
    assert_eq!(details, [json!({ "fields": ["nickname"] })]);
}

#[tokio::test]
async fn two_replicas_show_the_same_profile_at_once() {
    let server = TestServer::start().await;
    let other = server.replica().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.patch("/me", json!({ "nickname": "Cam" })).await.ok(200);
    let elsewhere = Api::new(&other).with_token(api.access_token.as_deref().unwrap());
    assert_eq!(elsewhere.get("/me").await.ok(200).body["nickname"], "Cam");
    elsewhere
        .patch("/me", json!({ "name": "Camille" }))
        .await
        .ok(200);
    let me = api.get("/me").await.ok(200).body;
    assert_eq!(
        (&me["name"], &me["nickname"]),
        (&json!("Camille"), &json!("Cam"))
    );
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_the_form_loses_nothing() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER).await;
    let page = form(&browser).await;
    sqlx::query("UPDATE session SET ended_at = now()")
        .execute(&server.database.pool)
        .await
        .unwrap();
    let fields = [
        ("nickname", "Cam \"the\" <first>"),
        ("street_address", "1\r\n2"),
    ];
    let kept = browser.submit(&page, &fields).await;
    assert_eq!(kept.status, 401, "{}", kept.body);
    assert_safe(&kept);
    assert!(kept.body.contains("id=\"sign-in\"") && kept.body.contains("target=\"_blank\""));
    // Still nobody: the same page, with the same fields.
    let still = browser.submit(&kept, &[]).await;
    assert_eq!(still.status, 401);
    assert_eq!(still.form().1, kept.form().1);
    // In another tab.
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    let saved = browser.submit(&still, &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = form(&browser).await;
    assert!(shows(
        &page,
        "nickname",
        "Cam &#34;the&#34; &#60;first&#62;"
    ));
}

#[tokio::test]
async fn a_form_is_sent_by_whom_it_was_shown_to() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER).await;
    let page = form(&browser).await;
    // Somebody else signs in, in another tab of the same browser.
    Request::new("openid")
        .with("prompt", "login")
        .code(&browser, ADMIN)
        .await;
    let told = browser
        .submit(&page, &[("name", "Camille"), ("nickname", "Cam")])
        .await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains(ADMIN) && !told.body.contains("value=\"Cam\""));
    let me = Api::signed_in(&server, ADMIN)
        .await
        .get("/me")
        .await
        .ok(200)
        .body;
    assert_eq!(me["name"], "Ada Martin");
}

#[tokio::test]
async fn another_sites_form_is_neither_saved_nor_kept() {
    let server = TestServer::start().await;
    // `SameSite=Lax`: the post of another site comes without cookies.
    let browser = english(&server).await;
    let forged = browser
        .post("/account/profile", &[("name", "Forged")])
        .await;
    assert_eq!(forged.status, 303);
    assert!(forged.location().unwrap().path().starts_with("/login"));
    let browser = signed_in(&server, CUSTOMER).await;
    let forged = browser
        .post("/account/profile", &[("name", "Forged"), ("csrf", "x")])
        .await;
    assert_eq!(forged.status, 422);
    assert!(
        shows(&forged, "name", "Forged"),
        "what was entered is shown again"
    );
    assert!(shows(&form(&browser).await, "name", "Camille Durand"));
}
