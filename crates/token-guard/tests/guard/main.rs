//! The guard against a real issuer in this process: over HTTP, with a clock that the tests move.

// Clippy spares test functions by itself, but not their helpers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod configuration;
mod freshness;
mod hostile_issuer;
mod http;
mod keys;
mod support;
mod tokens;
