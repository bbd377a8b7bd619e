//! A grant: one authorization by one person for one client, and everything issued from it.

pub mod model;
pub mod store;
