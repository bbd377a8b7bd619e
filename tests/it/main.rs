//! The integration tests: one binary, so that they share one throw-away PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod account;
mod api;
mod architecture;
mod audit;
mod cli;
mod clients;
mod connections;
mod dev_postgres;
mod docs;
mod factors;
mod fate;
mod guessing;
mod health;
mod jobs;
mod keys;
mod logo;
mod mail;
mod malformed;
mod migrations;
mod oauth;
mod openapi;
mod outage;
mod pages;
mod postman;
mod races;
mod rp;
mod sign_in;
mod support;
