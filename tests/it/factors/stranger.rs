//! A factor that a stranger added, as the owner gets rid of it by what the mail about it says.

use auth_api::cli::demo::PASSWORD;

use super::{enrol_app, enrol_passkey, letters, links, second_step, signed_in};
use crate::account::entry::{GOOD, forgot, mail_in_english, signs_in};
use crate::sign_in::enter;
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::link;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

#[tokio::test]
async fn whoever_has_a_factor_of_their_own_takes_it_off_and_ends_the_stranger_s_session() {
    let server = TestServer::start().await;
    mail_in_english(&server).await;
    // A session of the owner's, stolen.
    let thief = signed_in(&server).await;
    let (phone, _) = enrol_app(&server, &thief).await;
    let mut key = Key::new(&server);
    enrol_passkey(&thief, &mut key, "Crowbar").await;
    let (name, text) = letters(&server).await.pop().unwrap();
    assert_eq!(name, "mail-factor-added");
    for words in [
        "sign in with your password and a second factor or recovery code of your own",
        "remove the new factor, then change your password, which ends all other sessions",
        "only they can take this factor off",
        "/account/factors\n",
        "/forgot-password?ui_locales=en\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    let (owner, page) = second_step(&server).await;
    let home = enter(&owner, &page, "totp", &phone.next_code(&server)).await;
    owner.follow(home).await;
    let list = owner.visit("/account/factors").await;
    let removal = owner.get(&links(&list, "/remove")[1]).await;
    assert!(removal.body.contains("Crowbar"));
    let list = owner.submit(&removal, &[]).await;
    assert!(!owner.follow(list).await.body.contains("Crowbar"));
    let page = owner.get("/account/password").await;
    let fields = [("old_password", PASSWORD), ("new_password", GOOD)];
    let done = owner.submit(&page, &fields).await;
    assert_eq!(owner.follow(done).await.status, 200);
    assert_eq!(thief.get("/account").await.status, 303);
    let factors = "SELECT string_agg(name, ' ') FROM factor";
    let factors: String = sqlx::query_scalar(factors)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(factors, "Phone");
}

/// What the mail says of whoever has none: a new password ends the sessions, and does not let in.
/// `cli::people` has the rest, by the operator.
#[tokio::test]
async fn whoever_has_none_ends_the_sessions_and_is_not_let_in_by_the_mailbox() {
    let server = TestServer::start().await;
    let earlier = signed_in(&server).await;
    let thief = signed_in(&server).await;
    let mut key = Key::new(&server);
    enrol_passkey(&thief, &mut key, "Crowbar").await;
    // Nor by a session from before: whoever stole one of those could take off what the owner added.
    let list = earlier.visit("/account/factors").await;
    let led = earlier.get(&links(&list, "/remove")[0]).await;
    let to = led.location().unwrap();
    assert_eq!(to.path(), "/login");
    assert!(to.query().unwrap().contains("confirm=1"), "{to}");

    let browser = Browser::new(&server);
    forgot(&browser, CUSTOMER).await;
    let reset = browser
        .get(&link(&server, CUSTOMER, "/reset-password").await)
        .await;
    browser.submit(&reset, &[("new_password", GOOD)]).await;
    assert_eq!(thief.get("/account").await.status, 303);
    assert!(!signs_in(&browser, CUSTOMER, GOOD).await);
    let api = Api::new(&server);
    api.login(CUSTOMER, GOOD).await.problem(403, "mfa_required");
}
