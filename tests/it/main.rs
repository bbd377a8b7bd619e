//! The integration tests: one binary, so that they share one throw-away PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

mod clients;
mod dev_postgres;
mod keys;
mod migrations;
mod support;
