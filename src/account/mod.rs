//! What people do with their account: one file for each page.

pub mod area;
pub mod consent;
pub mod guard;
pub mod json;
pub mod language;
pub mod mailed_token;
pub mod overview;
pub mod profile;
pub mod select_account;
pub mod sign_in;
pub mod token_api;
