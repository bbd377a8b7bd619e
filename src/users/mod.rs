//! The people: the seed's `users` and `role`, and what OpenID Connect knows of them.

pub mod email;
pub mod model;
pub mod registration;
pub mod store;

pub use email::EmailAddress;
pub use model::User;
