//! What several tests need.

pub mod browser;
pub mod database;
pub mod flow;
pub mod process;
pub mod server;
