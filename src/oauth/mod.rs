//! OAuth 2 and OpenID Connect: one folder or file per endpoint, the grants between them.

pub mod authorize;
pub mod bearer;
pub mod claims;
pub mod discovery;
pub mod error;
pub mod grant;
pub mod introspect;
pub mod logout;
pub mod machine;
pub mod pkce;
pub mod revoke;
pub mod scope;
pub mod token;
pub mod userinfo;
