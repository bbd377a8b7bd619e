//! Malformed input of every kind at every endpoint: a 4xx in the protocol's form, never a 5xx, never a
//! panic, memory flat, no secret in the log.

mod api;
mod authorize;
mod chance;
mod confusion;
mod endpoints;
mod forge;
mod headers;
mod hostile;
mod json;
mod log;
mod mutate;
mod mutations;
mod person;
mod raw;
mod registration;
mod shape;
mod table;
mod valid;
mod wire;
