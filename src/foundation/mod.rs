//! What every other module stands on: time, chance, secrets, the database.

pub mod cipher;
pub mod clock;
pub mod db;
pub mod dev_postgres;
pub mod fetcher;
pub mod secret;
