//! `user`.

use auth_api::cli::demo;

use super::{Directory, refuses, run, succeeds};
use crate::support::browser::Browser;
use crate::support::flow::{CALLBACK, Request, payload, text};
use crate::support::server::TestServer;

const EMAIL: &str = "Zoe@booking.test";

#[tokio::test]
async fn a_person_is_added_and_given_a_role() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let file = directory.file("password", &format!("{}\n", "a good long one"));
    let add = [
        "user",
        "add",
        "--email",
        EMAIL,
        "--role",
        "customer",
        "--password-file",
        &file,
    ];
    succeeds(run(url, &add).await, &["Zoe@booking.test was added"]);
    refuses(&run(url, &add).await, &["there is a user", EMAIL]);
    let add = add.map(|word| {
        if word == EMAIL {
            "zoe@booking.test"
        } else {
            word
        }
    });
    refuses(&run(url, &add).await, &["there is a user zoe@booking.test"]);

    let role = ["user", "role", "--email", "zoe@BOOKING.test", "--role"];
    let manager = [&role[..], &["manager"]].concat();
    succeeds(run(url, &manager).await, &["has the role manager"]);
    let king = [&role[..], &["king"]].concat();
    refuses(&run(url, &king).await, &["there is no role king"]);
    let nobody = ["user", "role", "--email", "nobody@booking.test"];
    refuses(
        &run(url, &nobody).await,
        &["there is no user nobody@booking.test"],
    );

    let browser = Browser::new(&server);
    let request = Request::new("openid roles");
    let page = request.send(&browser).await;
    let fields = [("username", EMAIL), ("password", "a good long one")];
    let page = browser.submit(&page, &fields).await;
    let page = browser.follow(page).await;
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    let page = browser.follow(page).await;
    let code = crate::support::flow::Code {
        code: page.answer("code").unwrap(),
        verifier: request.verifier,
        redirect_uri: CALLBACK.to_owned(),
    };
    let (status, tokens) = code.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    let roles = &payload(text(&tokens, "access_token"))["roles"];
    assert_eq!(*roles, serde_json::json!(["manager"]));

    succeeds(run(url, &role[..4]).await, &["has the role none"]);
}

#[tokio::test]
async fn passwords_that_anyone_guesses_are_refused() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let count = async || -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM users");
        count.fetch_one(&server.database.pool).await.unwrap()
    };
    let before = count().await;
    for (password, words) in [
        ("", &["at least 8 characters"]),
        ("seven77\n", &["at least 8 characters"]),
        (demo::PASSWORD, &["is published: choose another one"]),
    ] {
        let file = directory.file("password", password);
        let args = ["user", "add", "--email", EMAIL, "--password-file", &file];
        let output = run(url, &args).await;
        refuses(&output, words);
        assert!(password.is_empty() || !output.stderr.contains(password.trim()));
    }
    let missing = directory.name("missing");
    let args = ["user", "add", "--email", EMAIL, "--password-file", &missing];
    refuses(&run(url, &args).await, &["missing", "No such file"]);
    assert_eq!(count().await, before);
}
