//! Addresses that mail can be sent to.

use lettre::Address;
use lettre::message::Mailbox;

use crate::pages::display_name;

/// The longest path of SMTP without its angle brackets (RFC 5321, section 4.5.3.1.3).
const MAX_LENGTH: usize = 254;

/// The address, if mail can be sent to it: `local@domain` with a domain name (RFC 5321, section
/// 4.1.2). Address literals (`a@[127.0.0.1]`) and quoted local parts are nobody's account.
pub(super) fn parse(email: &str) -> Option<Address> {
    let odd =
        |char: char| char.is_control() || char.is_whitespace() || "\"[]<>(),;:\\".contains(char);
    if email.len() > MAX_LENGTH || email.contains(odd) {
        return None;
    }
    email.parse().ok()
}

/// The recipient with their name, if it is harmless.
pub(super) fn mailbox(email: &str, name: Option<&str>) -> Option<Mailbox> {
    Some(Mailbox::new(name.and_then(harmless_name), parse(email)?))
}

/// A name that no mail program makes a link of, and that cannot stand for an address: people choose
/// their names, and one must not be able to write to others through us.
pub(super) fn harmless_name(name: &str) -> Option<String> {
    let name = display_name(name);
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        let dotted = char == '.' && chars.peek().is_some_and(|next| next.is_alphanumeric());
        if dotted || "@:/\\<>\"".contains(char) {
            return None;
        }
    }
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_local_at_domain() {
        for good in [
            "ada@example.com",
            "a.b+c@sub.example.co.uk",
            "o'neill@example.com",
            "ada@localhost",
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@[127.0.0.1]",
            "\"a b\"@example.com",
            "a b@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "Ada <ada@example.com>",
            "ada@exa mple.com",
            "ada\u{0}@example.com",
            &long,
        ] {
            assert!(parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn names_hold_no_links() {
        for good in [
            "Ada Lovelace",
            "J. R. R. Tolkien",
            "Zoë d’Arc",
            "Martin L. King Jr.",
        ] {
            assert_eq!(harmless_name(good).as_deref(), Some(good));
        }
        for bad in ["", "Win at evil.example", "https://x", "a@b", "Ada\" <eve>"] {
            assert_eq!(harmless_name(bad), None, "{bad}");
        }
        assert_eq!(harmless_name("Ada\r\nBcc: x").as_deref(), None);
    }
}
