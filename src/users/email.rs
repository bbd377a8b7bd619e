//! Email addresses as people type them.

use lettre::Address;
use unicode_normalization::UnicodeNormalization as _;
use url::Host;

/// As long as the seed's column.
pub const MAX_CHARS: usize = 100;

/// An address that mail can be sent to, as far as its form tells. The domain is written in ASCII
/// (RFC 5891, section 4.4), so that one mailbox has one spelling; of the rest, the case is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailError {
    Empty,
    /// Not `somebody@some.domain`.
    Malformed,
    /// Longer than [`MAX_CHARS`] characters, with the domain in ASCII.
    TooLong,
}

impl EmailAddress {
    /// Reads what was typed.
    ///
    /// # Errors
    /// See [`EmailError`].
    pub fn parse(typed: &str) -> Result<Self, EmailError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(EmailError::Empty);
        }
        // Bounded before it is taken apart.
        if typed.chars().count() > MAX_CHARS {
            return Err(EmailError::TooLong);
        }
        let address = canonical(typed).ok_or(EmailError::Malformed)?;
        // A name in the local network is nobody's address here, and `user@gmail` a slip.
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        if !domain.is_some_and(|domain| domain.contains('.') && !domain.ends_with('.')) {
            return Err(EmailError::Malformed);
        }
        // Quoted local parts (RFC 5322, section 3.2.4) are nobody's address either.
        let odd = |char: char| {
            char.is_control() || char.is_whitespace() || "\"[]<>(),;:\\".contains(char)
        };
        if address.contains(odd) || address.parse::<Address>().is_err() {
            return Err(EmailError::Malformed);
        }
        if address.chars().count() > MAX_CHARS {
            return Err(EmailError::TooLong);
        }
        Ok(Self(address))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two are compared.
    pub fn key(&self) -> String {
        email_key(&self.0)
    }
}

/// The form of an email in which two are compared: trimmed, the domain in ASCII, lower-cased. Only
/// ASCII is folded, as the database's trigger does.
pub fn email_key(email: &str) -> String {
    let email = email.trim();
    let canonical = if email.is_ascii() {
        None
    } else {
        canonical(email)
    };
    canonical.map_or_else(
        || email.to_ascii_lowercase(),
        |email| email.to_ascii_lowercase(),
    )
}

/// The address with its domain in ASCII and what is before it in normal form C; `None` where there is
/// no domain name.
fn canonical(typed: &str) -> Option<String> {
    let (local, domain) = typed.rsplit_once('@')?;
    // What a URL's host may be escaped with is no part of a domain.
    if domain.contains(|char: char| char == '%' || char == '[' || char.is_whitespace()) {
        return None;
    }
    match Host::parse(domain).ok()? {
        Host::Domain(domain) => Some(format!("{}@{domain}", local.nfc().collect::<String>())),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Result<String, EmailError> {
        EmailAddress::parse(typed).map(|address| address.0)
    }

    #[test]
    fn addresses_are_read_as_they_are_meant() {
        for (typed, address) in [
            (" jeanne@example.org ", "jeanne@example.org"),
            (
                "Jeanne.Moreau+tag@Example.ORG",
                "Jeanne.Moreau+tag@example.org",
            ),
            ("o'neil@example.co.uk", "o'neil@example.co.uk"),
            ("jeanne@bücher.example", "jeanne@xn--bcher-kva.example"),
            ("jeanne@BÜCHER.example", "jeanne@xn--bcher-kva.example"),
            (
                "jeanne@xn--bcher-kva.example",
                "jeanne@xn--bcher-kva.example",
            ),
            ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
            ("jose\u{301}@example.org", "jos\u{e9}@example.org"),
        ] {
            assert_eq!(parsed(typed).as_deref(), Ok(address), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(parsed("  "), Err(EmailError::Empty));
        for typed in [
            "jeanne",
            "@example.org",
            "jeanne@",
            "jeanne@localhost",
            "jeanne@example.",
            "jeanne@example.org.",
            "jeanne@@example.org",
            "jeanne@exam ple.org",
            "jeanne moreau@example.org",
            "jeanne@example..org",
            "jeanne@-example.org",
            "jeanne@127.0.0.1",
            "jeanne@[127.0.0.1]",
            "jeanne@[IPv6:::1]",
            "jeanne@0x7f.1",
            "jeanne@exa%6dple.org",
            "jeanne@example.org\r\nBcc: x@example.org",
            "Jeanne <jeanne@example.org>",
            "\"jeanne moreau\"@example.org",
            "\"jeanne\"@example.org",
            "a@example.org,b@example.org",
        ] {
            assert_eq!(parsed(typed), Err(EmailError::Malformed), "{typed}");
        }
        let domain = format!(
            "jeanne@{}.example",
            ["a".repeat(50), "b".repeat(50)].join(".")
        );
        assert_eq!(parsed(&domain), Err(EmailError::TooLong));
        // Short as it is written, too long for the column as it is kept.
        let domain = format!(
            "jeanne@{}.example",
            ["ü".repeat(40), "é".repeat(40)].join(".")
        );
        assert_eq!(parsed(&domain), Err(EmailError::TooLong));
    }

    #[test]
    fn one_mailbox_has_one_key() {
        let key = "jeanne@xn--bcher-kva.example";
        for typed in [
            "Jeanne@bücher.example",
            " jeanne@BÜCHER.example",
            "JEANNE@XN--BCHER-KVA.EXAMPLE",
        ] {
            assert_eq!(email_key(typed), key, "{typed}");
        }
        // Case is folded in ASCII only, as the database does.
        assert_eq!(email_key("É@example.org"), "É@example.org");
        assert_eq!(email_key("not an address"), "not an address");
    }
}
