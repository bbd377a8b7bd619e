//! The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core 1.0, section 3.1.2).
//! Read it in this order: `endpoint` → `checks` → `decide` → `interaction` → `respond`.

pub mod acr;
pub mod checks;
pub mod consent;
pub mod decide;
pub mod endpoint;
pub mod interaction;
mod parameters;
pub mod request;
pub mod respond;
