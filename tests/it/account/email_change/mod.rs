//! Changing the address: the new one confirms, the old one can take it back.

mod asking;
mod confirm;
mod take_back;
mod undo;

use auth_api::cli::demo::PASSWORD;

use super::entry::{column, signs_in};
use crate::pages::told::english;
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const PATH: &str = "/account/email";
const NEW: &str = "new@booking.test";

async fn signed_in(server: &TestServer) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

async fn ask(browser: &Browser, email: &str) -> Page {
    let page = browser.get(PATH).await;
    assert_eq!(page.status, 200, "{:?}", page.location());
    browser.submit(&page, &[("email", email)]).await
}

async fn verified(server: &TestServer, email: &str) -> Vec<String> {
    column(server, email, "a.email_verified").await
}
