//! Dates, durations and numbers as a reader of the language writes them.

use time::{OffsetDateTime, UtcOffset};

use super::{Locale, t, t_args};

const NO_BREAK: char = '\u{a0}';
const NARROW_NO_BREAK: char = '\u{202f}';

/// A day: `22 November 2026`, « 22 novembre 2026 », in the offset that the time carries.
pub fn date(locale: Locale, at: OffsetDateTime) -> String {
    let month = t(
        locale,
        MONTHS
            .get(usize::from(u8::from(at.month()) - 1))
            .copied()
            .unwrap_or(""),
    );
    let day = match (locale, at.day()) {
        (Locale::Fr, 1) => "1er".to_owned(),
        (_, day) => day.to_string(),
    };
    format!("{day}{NO_BREAK}{month} {}", at.year())
}

/// A day and a time of day with its offset: `22 November 2026 at 15:04 UTC`,
/// « 22 novembre 2026 à 15 h 04 UTC ».
pub fn date_time(locale: Locale, at: OffsetDateTime) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    let time = match locale {
        Locale::En => format!("{hour}:{minute:02}"),
        Locale::Fr => format!("{hour}{NO_BREAK}h{NO_BREAK}{minute:02}"),
    };
    let time = format!("{time}{NO_BREAK}{}", offset(at.offset()));
    t_args(
        locale,
        "date-at-time",
        &[("date", date(locale, at).into()), ("time", time.into())],
    )
}

/// A waiting time, rounded up to the unit that a person would say: `45 seconds`, `3 minutes`.
pub fn duration(locale: Locale, seconds: u64) -> String {
    match seconds {
        0..=89 => t_args(locale, "duration-seconds", &[("n", seconds.max(1).into())]),
        90..=5399 => t_args(
            locale,
            "duration-minutes",
            &[("n", seconds.div_ceil(60).into())],
        ),
        _ => t_args(
            locale,
            "duration-hours",
            &[("n", seconds.div_ceil(3600).into())],
        ),
    }
}

/// A whole number with its thousands apart: `12,345`, « 12 345 ».
pub fn number(locale: Locale, value: u64) -> String {
    let separator = match locale {
        Locale::En => ',',
        Locale::Fr => NARROW_NO_BREAK,
    };
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

fn offset(offset: UtcOffset) -> String {
    let (hours, minutes, _) = offset.as_hms();
    let sign = if offset.is_negative() {
        '\u{2212}'
    } else {
        '+'
    };
    match (hours.unsigned_abs(), minutes.unsigned_abs()) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

const MONTHS: [&str; 12] = [
    "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8",
    "month-9", "month-10", "month-11", "month-12",
];

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn dates_read_as_the_language_writes_them() {
        let at = datetime!(2026-11-22 15:04 UTC);
        assert_eq!(
            date_time(Locale::En, at),
            "22\u{a0}November 2026 at 15:04\u{a0}UTC"
        );
        assert_eq!(
            date_time(Locale::Fr, at),
            "22\u{a0}novembre 2026 à 15\u{a0}h\u{a0}04\u{a0}UTC"
        );
        assert_eq!(
            date(Locale::Fr, datetime!(2026-08-01 0:00 UTC)),
            "1er\u{a0}août 2026"
        );
        assert!(
            date_time(Locale::En, datetime!(2026-01-05 9:05 +05:30)).contains("9:05\u{a0}UTC+5:30")
        );
        assert!(date_time(Locale::En, datetime!(2026-01-05 9:05 -3)).ends_with("UTC\u{2212}3"));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(Locale::En, 0), "0");
        assert_eq!(number(Locale::En, 999), "999");
        assert_eq!(number(Locale::En, 1_234_567), "1,234,567");
        assert_eq!(number(Locale::Fr, 12_345), "12\u{202f}345");
    }

    #[test]
    fn durations_are_rounded_up_and_agree_in_number() {
        assert_eq!(duration(Locale::En, 0), "1\u{a0}second");
        assert_eq!(duration(Locale::En, 45), "45\u{a0}seconds");
        assert_eq!(duration(Locale::En, 121), "3\u{a0}minutes");
        assert_eq!(duration(Locale::Fr, 1), "1\u{a0}seconde");
        assert_eq!(duration(Locale::Fr, 7200), "2\u{a0}heures");
    }
}
