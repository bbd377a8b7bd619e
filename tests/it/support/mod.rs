//! What several tests need.

pub mod database;
