//! The pages in a real browser: Chromium, driven by WebDriver.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod account_forms;
mod album;
mod asked_to_enrol;
mod authenticator;
mod axe;
mod chromium;
mod driver;
mod enrolment;
mod form_post;
mod journey;
mod keyboard;
mod language;
mod layout;
mod look;
mod mailed_links;
mod no_script;
mod paper;
mod passkey_button;
mod person;
mod picture;
mod platform;
mod popup;
mod relying_party;
mod screenshots;
mod second_factor;
mod show_password;
mod sign_in;
mod sign_out;
#[path = "../it/support/mod.rs"]
#[allow(dead_code)] // Shared with the tests without a browser, which need more of it.
mod support;
