//! Answers that say nothing about who has an account, in their time either.

pub use crate::authn::uniform::hold;
