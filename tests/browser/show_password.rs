//! The button that shows a password: made by a script, for every way to use it.

use serde_json::{Value, json};

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

const BUTTON: &str = "#password + button";
const TAB: &str = "\u{e004}";
const SPACE: &str = " ";
const ENTER: &str = "\u{e007}";
/// The field that the button says it controls, the type of the field, whether it is pressed.
const STATE: &str = "const button = document.querySelector('#password + button');
    const field = document.getElementById(button.getAttribute('aria-controls'));
    return [field.id, field.type, button.getAttribute('aria-pressed')]";

#[tokio::test]
async fn it_shows_and_hides_what_was_typed() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.see(BUTTON, "Show").await;
        let state = async || chromium.run(STATE).await;
        assert_eq!(state().await, json!(["password", "password", "false"]));
        chromium.fill("#password", "typed").await;
        chromium.click(BUTTON).await;
        assert_eq!(state().await, json!(["password", "text", "true"]));
        let value = chromium.find("#password").await.prop("value").await;
        assert_eq!(value.unwrap().as_deref(), Some("typed"));
        chromium.click(BUTTON).await;
        assert_eq!(state().await, json!(["password", "password", "false"]));
        // Nothing was sent, and what is heard begins with what is read (WCAG 2.2, 2.5.3).
        assert_eq!(chromium.url().await.path(), "/login");
        assert_eq!(chromium.count(".summary").await, 0);
        assert_eq!(heard(chromium).await, json!(["button", "Show password"]));
    })
    .await;
}

#[tokio::test]
async fn it_needs_no_pointer_and_hides_the_password_before_it_is_sent() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.find(BUTTON).await;
        chromium.fill("#username", CUSTOMER).await;
        chromium.fill("#password", "not the password").await;
        chromium.press(TAB).await;
        chromium.press(SPACE).await;
        assert_eq!(chromium.run(STATE).await[1], "text");
        chromium
            .run(
                "document.forms[0].addEventListener('submit', () => sessionStorage.setItem(
                    'sent', document.getElementById('password').type))",
            )
            .await;
        chromium.press(TAB).await;
        chromium.press(ENTER).await;
        chromium.find(".summary").await;
        let sent = chromium.run("return sessionStorage.getItem('sent')").await;
        assert_eq!(sent, "password");
        assert_eq!(chromium.run(STATE).await[1], "password");
    })
    .await;
}

#[tokio::test]
async fn it_speaks_french() {
    let platform = Platform::start().await;
    let french = Settings {
        language: "fr",
        scripts: true,
    };
    browse(french, async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.see(BUTTON, "Afficher").await;
        let name = "Afficher le mot de passe";
        assert_eq!(heard(chromium).await, json!(["button", name]));
    })
    .await;
}

#[tokio::test]
async fn without_scripts_nothing_shows() {
    let platform = Platform::start().await;
    let settings = Settings {
        scripts: false,
        ..Settings::default()
    };
    browse(settings, async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.find("#password").await;
        let texts = chromium.text("main form").await;
        assert!(!texts.contains("Show"), "{texts}");
        assert_eq!(chromium.count(".field button").await, 0);
    })
    .await;
}

/// What the browser tells assistive technology of the button: its role, its name.
async fn heard(chromium: &Chromium) -> Value {
    let expression = format!("document.querySelector('{BUTTON}')");
    let found = chromium
        .devtools("Runtime.evaluate", json!({ "expression": expression }))
        .await;
    let node = json!({ "objectId": found["result"]["objectId"], "fetchRelatives": false });
    let tree = chromium
        .devtools("Accessibility.getPartialAXTree", node)
        .await;
    let node = &tree["nodes"][0];
    json!([node["role"]["value"], node["name"]["value"]])
}
