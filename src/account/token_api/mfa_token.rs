//! `mfa_token`: the handle of a sign-in whose second factor is due, and what the client asked for
//! when it began. The latter is not secret and not sealed: the client might ask for anything that it
//! may have at any time, and is given no more at the second step.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::foundation::secret::Secret;
use crate::oauth::scope::Scope;

/// The longest handle that is looked up.
const MAX_LENGTH: usize = 8 * 1024;

/// An `mfa_token` as its parts.
pub struct MfaToken {
    /// Names the attempt.
    pub handle: Secret,
    /// The `scope` parameter of the first step, if it had one.
    pub scope: Option<Scope>,
}

impl MfaToken {
    /// A new one.
    pub fn new(scope: Option<Scope>) -> Self {
        Self {
            handle: Secret::generate(),
            scope,
        }
    }

    /// As it is sent.
    pub fn to_text(&self) -> String {
        match &self.scope {
            None => self.handle.expose().to_owned(),
            Some(scope) => {
                let scope = URL_SAFE_NO_PAD.encode(scope.to_string());
                format!("{}.{scope}", self.handle.expose())
            }
        }
    }

    /// Reads one; `None` for what is none.
    pub fn read(text: &Secret) -> Option<Self> {
        let text = text.expose();
        if text.is_empty() || text.len() > MAX_LENGTH {
            return None;
        }
        let (handle, scope) = match text.split_once('.') {
            None => (text, None),
            Some((handle, scope)) => {
                let scope = URL_SAFE_NO_PAD.decode(scope).ok()?;
                (
                    handle,
                    Some(Scope::parse(std::str::from_utf8(&scope).ok()?)?),
                )
            }
        };
        Some(Self {
            handle: Secret::new(handle),
            scope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        for scope in [None, Scope::parse("openid bookings:read")] {
            let token = MfaToken::new(scope);
            let read = MfaToken::read(&Secret::new(token.to_text())).unwrap();
            assert_eq!(read.handle.expose(), token.handle.expose());
            assert_eq!(read.scope, token.scope);
        }
        for wrong in ["", ".", "a.", "a.\u{e9}", "a.//8", "a._w"] {
            assert!(MfaToken::read(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }
}
