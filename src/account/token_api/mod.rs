//! Tokens for the platform's own clients, without a redirect: `login`, its second step, `refresh`,
//! `logout`, and `verify-token` for anyone. Tokens are made where the token endpoint makes them.

mod challenge;
mod client;
mod complete;
mod factor;
mod login;
mod logout;
mod mfa_token;
mod refresh;
mod verify_token;

pub use challenge::post as challenge;
pub use factor::post as factor;
pub use login::post as login;
pub use logout::post as logout;
pub use refresh::post as refresh;
pub use verify_token::post as verify_token;
