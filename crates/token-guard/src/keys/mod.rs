//! The issuer's keys: fetched when first needed, kept fresh, and forgotten when withdrawn.

mod cache;
mod fetch;
mod floor;
mod jwks;

pub(crate) use cache::{KeyCache, NoKey, Policy};
pub(crate) use fetch::Fetcher;
