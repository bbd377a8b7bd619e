//! Applications that sign people in in a popup window.

use std::time::{Duration, Instant};

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

#[tokio::test]
async fn the_callback_in_a_popup_can_tell_the_window_that_opened_it() {
    let platform = Platform::start().await;
    let opener = platform.callback.replace("/callback", "/opener");
    let address = format!("{opener}#{}", platform.authorize(&[]));
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        chromium.open(&address).await;
        let first = client.window().await.unwrap();
        chromium.click("#open").await;
        let popup = eventually(async || {
            let windows = client.windows().await.unwrap();
            windows.into_iter().find(|window| *window != first)
        })
        .await;
        client.switch_to_window(popup).await.unwrap();
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        chromium.find("#answer").await;
        client.switch_to_window(first).await.unwrap();
        eventually(async || {
            let title = client.title().await.unwrap();
            (title == "told: arrived").then_some(())
        })
        .await;
    })
    .await;
}

/// Another window's doing gives no sign to wait for: look again until it is there.
async fn eventually<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it never came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
