//! What people do with their accounts, as a browser and a client of the JSON API see it.

mod apps;
mod area;
mod bounded;
mod email_change;
pub mod entry;
mod links;
mod password;
mod profile;
mod prompt_create;
mod register;
mod registered_twice;
mod reset;
mod sessions;
mod strangers;
mod verify;
