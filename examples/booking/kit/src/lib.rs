//! What the three programs of the booking example share, so that each shows only its own subject.

#[cfg(feature = "database")]
pub mod database;
pub mod env;
pub mod problem;
pub mod serve;
