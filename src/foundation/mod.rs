//! What every other module stands on: time, chance, secrets, encryption at rest.

pub mod cipher;
pub mod clock;
pub mod dev_postgres;
pub mod fetcher;
pub mod give_way;
pub mod kept;
pub mod outage;
pub mod secret;
