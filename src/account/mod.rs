//! What people do with their account: one file for each page.

pub mod consent;
pub mod json;
pub mod language;
pub mod mailed_token;
pub mod overview;
pub mod select_account;
pub mod sign_in;
