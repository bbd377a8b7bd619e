//! A relying party without a mind: its callback shows what it was sent, and how.

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{Html, Redirect};
use axum::routing::get;

/// Opens the server in a popup window, as some applications do.
const OPENER: &str = "<!doctype html><title>Opener</title><script>
    addEventListener('message', event => { document.title = 'told: ' + event.data })
    </script><button id=open onclick=\"open(location.hash.slice(1), 'popup', 'width=500')\">Open</button>";

/// `elsewhere` is the origin that `/callback-elsewhere` leads on to.
pub fn router(elsewhere: &str) -> Router {
    let elsewhere = format!("{elsewhere}/arrived");
    let show_get = |RawQuery(query): RawQuery| async { shown("GET", &query.unwrap_or_default()) };
    let show_post = |body: String| async move { shown("POST", &body) };
    let lead_on = move || async move { Redirect::to(&elsewhere) };
    Router::new()
        .route("/callback", get(show_get).post(show_post))
        .route("/callback-elsewhere", get(lead_on.clone()).post(lead_on))
        .route("/arrived", get(|| async { shown("GET", "") }))
        .route("/opener", get(|| async { Html(OPENER) }))
}

/// The parameters are shown as they came, encoded.
fn shown(method: &str, encoded: &str) -> Html<String> {
    let encoded = encoded.replace('&', "&amp;").replace('<', "&lt;");
    Html(format!(
        "<!doctype html><title>Arrived</title><p id=method>{method}</p><p id=answer>{encoded}</p>
         <script>if (window.opener) opener.postMessage('arrived', '*')</script>"
    ))
}
