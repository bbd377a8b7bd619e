//! The token endpoint (RFC 6749, section 3.2). `endpoint` authenticates the client; the grant's file
//! validates and redeems; `issue` alone makes tokens. Grants never call each other.

pub mod authorization_code;
pub mod client_credentials;
pub mod endpoint;
pub mod issue;
pub mod refresh_token;
pub mod target;
