//! A registered `scope`: a list in the client's order, a space-separated string on the wire.

use serde::{Deserialize, Serialize};

/// The scope tokens that a client registered, without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeList(Vec<String>);

/// The text is not a scope by the grammar of RFC 6749, section 3.3.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope does not follow the grammar of RFC 6749, section 3.3")]
pub struct InvalidScope;

impl ScopeList {
    /// Reads `scope-token *( SP scope-token )`; the empty text is the empty list.
    ///
    /// # Errors
    /// [`InvalidScope`] where the text does not follow RFC 6749, section 3.3.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let mut tokens: Vec<String> = Vec::new();
        if text.is_empty() {
            return Ok(Self(tokens));
        }
        for token in text.split(' ') {
            // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
            let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if token.is_empty() || !token.bytes().all(allowed) {
                return Err(InvalidScope);
            }
            if !tokens.iter().any(|known| known == token) {
                tokens.push(token.to_owned());
            }
        }
        Ok(Self(tokens))
    }

    /// Whether `token` is in the list.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|known| known == token)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in the client's order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl TryFrom<String> for ScopeList {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        Self::parse(&text)
    }
}

impl From<ScopeList> for String {
    fn from(list: ScopeList) -> Self {
        list.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_rfc_6749_is_kept() {
        let list = ScopeList::parse("openid bookings:read openid").unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), ["openid", "bookings:read"]);
        assert!(list.contains("openid") && !list.contains("open"));
        assert!(ScopeList::parse("").unwrap().is_empty());
        for wrong in [" ", "a  b", " a", "a ", "a\tb", "é", "a\"b", "a\\b"] {
            assert_eq!(ScopeList::parse(wrong), Err(InvalidScope), "{wrong:?}");
        }
    }
}
