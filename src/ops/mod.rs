//! What operators and developers ask of the server: is it well, what does it offer.

pub mod caught_mail;
pub mod health;
pub mod logo;
pub mod openapi;
pub mod problems;
