//! Pages and what leads through them: authorization, sign-in, consent, logout.

mod base_path;
mod claims;
mod consent;
mod consent_at_api;
mod continuation;
mod cookies;
mod csrf;
mod errors;
mod hints;
mod home;
mod languages;
mod logout;
mod logout_redirect;
mod mailed_languages;
mod max_age;
mod pkce;
mod prompt;
mod redirect_uri;
mod request;
mod response_modes;
mod session;
mod sign_in;
mod sign_in_language;
pub mod told;
