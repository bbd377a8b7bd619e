//! Signing out: OpenID Connect RP-Initiated Logout 1.0.

mod hint;
pub mod rp_initiated;
