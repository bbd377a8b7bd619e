//! The guard against a real issuer in this process: over HTTP, with a clock that the tests move.

mod configuration;
mod freshness;
mod hostile_issuer;
mod http;
mod keys;
mod support;
mod tokens;
