//! Who is at the browser: sessions, passwords, second factors, signing in. Knows nothing of OAuth: a
//! sign-in receives an opaque continuation id and hands it on.

mod argon;
pub mod assurance;
pub mod attempt;
pub mod ceremony;
pub mod device;
pub mod factors;
pub mod password;
pub mod password_policy;
pub mod session;
pub mod sign_in;
pub mod throttle;
