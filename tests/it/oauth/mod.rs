//! The protocol endpoints, over HTTP.

mod algorithms;
mod at_rest;
pub mod client;
mod client_authentication;
mod client_credentials;
mod code_flow;
mod code_redemption;
mod discovery;
mod introspection;
mod issuer_path;
mod jwks;
mod jwks_uri;
mod key;
mod pairwise;
mod permissions;
mod pkce;
mod private_key_jwt;
mod refresh;
mod refresh_lifetime;
mod registration;
mod replica;
mod revocation;
mod standing;
mod token_claims;
mod userinfo;
mod userinfo_errors;
mod wire;
