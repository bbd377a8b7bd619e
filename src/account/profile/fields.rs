//! The standard claims that a person writes about themself (OpenID Connect Core 1.0, section 5.1),
//! and what each accepts.

use time::{Date, Month};

use crate::pages::web_link;

/// What a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text of so many characters at most.
    Line(usize),
    /// Several lines.
    Lines(usize),
    /// An address on the web.
    Url,
    /// ISO 8601-1 `YYYY-MM-DD`, `0000` for a year that is not told, or the year alone.
    Birthdate,
    /// A name of the IANA time zone database.
    Zone,
    /// A language tag (RFC 5646).
    Language,
    /// E.164, as section 5.1 recommends, with an extension as in RFC 3966, if any.
    Phone,
}

/// A claim that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// On the wire; a part of the address is `address.<part>`.
    pub name: &'static str,
    pub kind: Kind,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

/// Every claim that a person may write.
pub const FIELDS: [Field; 20] = [
    field("name", Kind::Line(200)),
    field("given_name", Kind::Line(100)),
    field("middle_name", Kind::Line(100)),
    field("family_name", Kind::Line(100)),
    field("nickname", Kind::Line(100)),
    field("preferred_username", Kind::Line(100)),
    field("gender", Kind::Line(50)),
    field("birthdate", Kind::Birthdate),
    field("picture", Kind::Url),
    field("profile", Kind::Url),
    field("website", Kind::Url),
    field("locale", Kind::Language),
    field("zoneinfo", Kind::Zone),
    field("phone_number", Kind::Phone),
    field("address.formatted", Kind::Lines(1000)),
    field("address.street_address", Kind::Lines(300)),
    field("address.postal_code", Kind::Line(20)),
    field("address.locality", Kind::Line(100)),
    field("address.region", Kind::Line(100)),
    field("address.country", Kind::Line(100)),
];

const MAX_URL: usize = 2048;

/// Why a value is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// More than so many characters.
    TooLong(usize),
    /// Characters that cannot be seen.
    Characters,
    Url,
    Date,
    DateInFuture,
    Zone,
    Language,
    Phone,
}

impl Wrong {
    /// For programs: never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong(_) => "too_long",
            Self::Characters => "invalid_characters",
            Self::Url => "invalid_url",
            Self::Date => "invalid_date",
            Self::DateInFuture => "date_in_future",
            Self::Zone => "unknown_time_zone",
            Self::Language => "invalid_language_tag",
            Self::Phone => "invalid_phone_number",
        }
    }

    /// The key of its words, in which `n` is the most characters.
    pub fn text(self) -> (&'static str, usize) {
        match self {
            Self::TooLong(most) => ("profile-too-long", most),
            Self::Characters => ("profile-bad-characters", 0),
            Self::Url => ("profile-bad-url", 0),
            Self::Date => ("profile-bad-date", 0),
            Self::DateInFuture => ("profile-date-in-future", 0),
            Self::Zone => ("profile-bad-zone", 0),
            Self::Language => ("profile-bad-language", 0),
            Self::Phone => ("profile-bad-phone", 0),
        }
    }
}

impl Field {
    /// The field of a name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        FIELDS.into_iter().find(|field| field.name == name)
    }

    /// The part of the address that it is.
    pub fn address_part(self) -> Option<&'static str> {
        self.name.strip_prefix("address.")
    }

    /// The value as it is kept; `None` for a blank one, which clears the field.
    ///
    /// # Errors
    /// See [`Wrong`].
    pub fn read(self, typed: &str, today: Date) -> Result<Option<String>, Wrong> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let value = match self.kind {
            Kind::Line(most) => text(typed, most, false)?,
            Kind::Lines(most) => text(&typed.replace("\r\n", "\n"), most, true)?,
            Kind::Url => {
                let text = text(typed, MAX_URL, false)?;
                web_link(&text).map(|_| text).ok_or(Wrong::Url)?
            }
            Kind::Birthdate => birthdate(typed, today)?,
            Kind::Zone => text(typed, 64, false).map_err(|_| Wrong::Zone)?,
            Kind::Language => language(typed).ok_or(Wrong::Language)?,
            Kind::Phone => phone(typed).ok_or(Wrong::Phone)?,
        };
        Ok(Some(value))
    }
}

fn text(text: &str, most: usize, lines: bool) -> Result<String, Wrong> {
    if text
        .chars()
        .any(|c| c.is_control() && !(lines && c == '\n'))
    {
        return Err(Wrong::Characters);
    }
    if text.chars().count() > most {
        return Err(Wrong::TooLong(most));
    }
    Ok(text.to_owned())
}

fn birthdate(text: &str, today: Date) -> Result<String, Wrong> {
    let digits = |part: &str, count: usize| {
        let good = part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| part.parse::<u16>().ok()).flatten()
    };
    let mut parts = text.split('-');
    let year = parts.next().and_then(|part| digits(part, 4));
    let year = i32::from(year.ok_or(Wrong::Date)?);
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return Err(Wrong::Date);
    }
    let date = match (month, day) {
        (None, None) if year > 0 => Date::from_calendar_date(year, Month::January, 1),
        (Some(month), Some(day)) => {
            let month = digits(month, 2).and_then(|month| u8::try_from(month).ok());
            let month = month.and_then(|month| Month::try_from(month).ok());
            let day = digits(day, 2).and_then(|day| u8::try_from(day).ok());
            let (month, day) = month.zip(day).ok_or(Wrong::Date)?;
            // A year that is not told may have been a leap year.
            Date::from_calendar_date(if year == 0 { 4 } else { year }, month, day)
        }
        _ => return Err(Wrong::Date),
    };
    match date {
        Ok(date) if date > today => Err(Wrong::DateInFuture),
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(Wrong::Date),
    }
}

/// Section 5.1: some write an underscore for the hyphen.
fn language(text: &str) -> Option<String> {
    let tag = text.replace('_', "-");
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let primary = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    let others = parts.all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    (primary && others && tag.len() <= 35).then_some(tag)
}

fn phone(text: &str) -> Option<String> {
    let (number, extension) = match text.split_once(";ext=") {
        Some((number, extension)) => (number, Some(extension)),
        None => (text, None),
    };
    let mut digits = String::new();
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '.' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    // ITU-T E.164, section 6: a country code, which never begins with 0, and 15 digits at most.
    let number = digits.strip_prefix('+')?;
    let good = (7..=15).contains(&number.len()) && !number.starts_with('0');
    match extension {
        _ if !good => None,
        None => Some(digits),
        Some(more) if more.len() <= 10 && more.bytes().all(|b| b.is_ascii_digit()) => {
            (!more.is_empty()).then(|| format!("{digits};ext={more}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn read(name: &str, typed: &str) -> Result<Option<String>, Wrong> {
        Field::named(name)
            .unwrap()
            .read(typed, date!(2026 - 11 - 22))
    }

    #[test]
    fn blank_clears_and_blanks_around_go() {
        for field in FIELDS {
            assert_eq!(read(field.name, " \t "), Ok(None), "{}", field.name);
        }
        assert_eq!(read("name", "  Ada  "), Ok(Some("Ada".into())));
    }

    #[test]
    fn good_values_are_kept_as_their_standard_writes_them() {
        for (name, typed, kept) in [
            ("birthdate", "1815-12-10", "1815-12-10"),
            ("birthdate", "0000-02-29", "0000-02-29"),
            ("birthdate", "1990", "1990"),
            ("phone_number", "+33 (1) 23.45-67 89", "+33123456789"),
            (
                "phone_number",
                "+44 20 7946 0018;ext=12",
                "+442079460018;ext=12",
            ),
            ("locale", "fr_CA", "fr-CA"),
            ("locale", "zh-Hant-TW", "zh-Hant-TW"),
            (
                "website",
                "https://ada.example/?a=b#c",
                "https://ada.example/?a=b#c",
            ),
            (
                "address.street_address",
                "1 rue X\r\nBât. B",
                "1 rue X\nBât. B",
            ),
        ] {
            assert_eq!(
                read(name, typed).as_ref().map(Option::as_deref),
                Ok(Some(kept))
            );
        }
    }

    #[test]
    fn wrong_values_are_told_apart() {
        for (name, typed, wrong) in [
            ("birthdate", "2026-11-23", Wrong::DateInFuture),
            ("birthdate", "2027", Wrong::DateInFuture),
            ("birthdate", "1990-02-29", Wrong::Date),
            ("birthdate", "0000-02-30", Wrong::Date),
            ("birthdate", "0000", Wrong::Date),
            ("birthdate", "1990-02", Wrong::Date),
            ("birthdate", "1990-2-3", Wrong::Date),
            ("birthdate", "10/12/1815", Wrong::Date),
            ("birthdate", "1990-01-01-01", Wrong::Date),
            ("phone_number", "0123456789", Wrong::Phone),
            ("phone_number", "+0123456789", Wrong::Phone),
            ("phone_number", "+1234567890123456", Wrong::Phone),
            ("phone_number", "+33 1 CALL ME", Wrong::Phone),
            ("phone_number", "+33123456789;ext=", Wrong::Phone),
            ("locale", "french", Wrong::Language),
            ("locale", "fr-", Wrong::Language),
            ("website", "javascript:alert(1)", Wrong::Url),
            ("picture", "ada.example/me.png", Wrong::Url),
            ("name", "A\u{7}da", Wrong::Characters),
            ("name", "Ada\nMartin", Wrong::Characters),
            ("gender", &"x".repeat(51), Wrong::TooLong(50)),
            ("zoneinfo", &"x".repeat(65), Wrong::Zone),
        ] {
            assert_eq!(read(name, typed), Err(wrong), "{name} {typed}");
        }
    }
}
