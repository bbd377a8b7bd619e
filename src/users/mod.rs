//! The people: the seed's `users` and `role`, and what OpenID Connect knows of them.

pub mod model;
pub mod store;

pub use model::User;
