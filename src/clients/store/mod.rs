//! Clients, initial access tokens, spent assertions and resource servers in Postgres.

pub mod assertion;
pub mod client;
pub mod initial_access_token;
pub mod resource;
