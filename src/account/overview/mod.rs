//! `/account`: what protects the account, and who was here last.

pub mod page;
