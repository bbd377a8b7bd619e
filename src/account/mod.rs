//! What people do with their account: one file for each page.

pub mod apps;
pub mod area;
pub mod check_mail;
pub mod consent;
pub mod continuing;
pub mod delete;
pub mod export;
pub mod guard;
pub mod history;
pub mod input;
pub mod json;
pub mod language;
pub mod mailed_link;
pub mod mailed_token;
pub mod overview;
pub mod profile;
pub mod refusal;
pub mod register;
pub mod reset_password;
pub mod select_account;
pub mod sessions;
pub mod sign_in;
pub mod standing;
pub mod token_api;
pub mod uniform;
pub mod verify_email;
