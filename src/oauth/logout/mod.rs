//! Signing out: OpenID Connect RP-Initiated Logout 1.0.

pub mod rp_initiated;
