//! OAuth clients: what is known of them, how they register, how they prove who they are, and the
//! resource servers whose permissions they may ask for.
//!
//! - [`model`], [`metadata`]: the types.
//! - [`validation`]: from a registration request's JSON to [`metadata::ClientMetadata`].
//! - [`store`], [`cache`]: Postgres, and the copy in memory.
//! - [`authenticate`]: client authentication (RFC 6749, section 2.3).
//! - [`registration`]: the registration endpoints (RFC 7591, RFC 7592).

pub mod authenticate;
pub mod cache;
pub mod documents;
pub mod jwk;
pub mod metadata;
pub mod model;
pub mod registration;
pub mod resources;
pub mod store;
pub mod validation;

pub use cache::Clients;
pub use metadata::ClientMetadata;
pub use model::Client;
