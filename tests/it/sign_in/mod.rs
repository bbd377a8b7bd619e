//! Signing in in two steps, and how well a client or a role wants it.

mod acr;
mod notices;
mod second_step;
mod step_up;

use crate::support::browser::{Browser, Page};

/// Sends the code of the second step that is shown.
pub async fn enter(browser: &Browser, page: &Page, method: &str, code: &str) -> Page {
    // After a redirect the address names no method; the form's action does.
    let (action, hidden) = page.form();
    let action = action.replace("method=totp", &format!("method={method}"));
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let form = [
        ("csrf", csrf.1.as_str()),
        ("method", method),
        ("code", code),
    ];
    browser.post(&action, &form).await
}
