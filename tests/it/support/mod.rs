//! What several tests need.

pub mod api;
pub mod authenticator_app;
pub mod browser;
pub mod database;
pub mod flow;
pub mod mailbox;
pub mod many;
pub mod openapi;
pub mod process;
pub mod server;
pub mod smtp;
pub mod soft_passkey;
