//! Everything can be done without a pointer, and the focus always shows.

use serde_json::{Value, json};

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
/// More stops than any page has.
const MANY: usize = 20;

#[tokio::test]
async fn the_whole_flow_by_keyboard() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.find("#artists").await;
        walk_to(chromium, "sign-in").await;
        chromium.press(ENTER).await;
        chromium.find("#username").await;
        walk_to(chromium, "username").await;
        chromium.press(CUSTOMER).await;
        chromium.press(TAB).await;
        assert_eq!(focus(chromium).await, "password");
        chromium.press(auth_api::cli::demo::PASSWORD).await;
        chromium.press(ENTER).await;
        chromium.find("#consent-allow").await;
        walk_to(chromium, "consent-allow").await;
        chromium.press(TAB).await;
        assert_eq!(focus(chromium).await, "consent-deny", "as easy as to allow");
        walk_to(chromium, "consent-allow").await;
        chromium.press(ENTER).await;
        chromium.find("#user-name").await;
        walk_to(chromium, "sign-out").await;
        chromium.press(ENTER).await;
        chromium.find("#notice").await;
    })
    .await;
}

/// The account's menu comes after its page, which may be long.
#[tokio::test]
async fn the_menu_of_the_account_is_at_hand() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        for width in [360, 1280] {
            chromium.resize(width, 740).await;
            chromium
                .open(&platform.server.url("/account/sessions"))
                .await;
            let link = "const { width, height } = document.querySelector('.top a')
                .getBoundingClientRect();
                return [document.activeElement.hash ?? '', width > 44 && height > 43]";
            assert_eq!(chromium.run(link).await, json!(["", false]), "not in sight");
            chromium.press(TAB).await;
            assert_eq!(chromium.run(link).await, json!(["#menu", true]));
            chromium.press(ENTER).await;
            chromium.press(TAB).await;
            let inside = "return document.activeElement.matches('#menu li:first-child a')";
            assert_eq!(chromium.run(inside).await, json!(true));
        }
    })
    .await;
}

/// Presses Tab until the element has the focus; at every stop the focus must be visible.
pub async fn walk_to(chromium: &Chromium, id: &str) {
    for _ in 0..MANY {
        chromium.press(TAB).await;
        let visible = "const style = getComputedStyle(document.activeElement);
            return document.activeElement === document.body
                || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)";
        assert_eq!(
            chromium.run(visible).await,
            Value::Bool(true),
            "the focus on {:?} at {} cannot be seen",
            focus(chromium).await,
            chromium.url().await
        );
        if focus(chromium).await == id {
            return;
        }
    }
    panic!("Tab never comes to {id} at {}", chromium.url().await);
}

/// The id of what has the focus.
pub async fn focus(chromium: &Chromium) -> Value {
    chromium.run("return document.activeElement.id").await
}
