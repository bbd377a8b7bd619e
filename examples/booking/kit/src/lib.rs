//! What the three programs of the booking example share, so that each shows only its own subject.

#[cfg(feature = "api")]
pub mod database;
pub mod env;
#[cfg(feature = "api")]
pub mod guard;
pub mod problem;
pub mod serve;
#[cfg(all(feature = "api", feature = "testing"))]
pub mod test_database;
#[cfg(feature = "testing")]
pub mod test_issuer;
