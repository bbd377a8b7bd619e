//! Durations as people write them: `90d`, `10m`, `1h30m`.

use std::time::Duration;

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// Parses a sequence of whole numbers with a unit each.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    parse_parts(text.trim()).ok_or_else(|| {
        format!("`{text}` is not a duration: write a number with a unit, like 30s, 10m, 12h or 90d")
    })
}

fn parse_parts(text: &str) -> Option<Duration> {
    if text.is_empty() {
        return None;
    }
    let mut rest = text;
    let mut milliseconds = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        let part = number.parse::<u64>().ok()?.checked_mul(scale)?;
        milliseconds = milliseconds.checked_add(part)?;
        rest = tail;
    }
    Some(Duration::from_millis(milliseconds))
}

/// Writes a duration with the largest unit that divides it.
pub(super) fn show(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS.iter().rev().filter(|(name, _)| *name != "w");
    fitting
        .filter(|(_, scale)| milliseconds >= *scale && milliseconds.is_multiple_of(*scale))
        .map(|(name, scale)| format!("{}{name}", milliseconds / scale))
        .next()
        .unwrap_or_else(|| "0s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [
            ("30s", 30),
            ("10m", 600),
            ("12h", 43_200),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("1h30m", 5_400),
            ("0s", 0),
            (" 5s ", 5),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn refuses_what_it_could_misread() {
        for text in [
            "",
            "10",
            "m",
            "-5s",
            "1.5h",
            "10 m",
            "10M",
            "5s6",
            "5y",
            "99999999999999d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_the_largest_unit() {
        for text in ["30s", "10m", "12h", "90d", "90s", "250ms", "0s"] {
            assert_eq!(show(parse(text).unwrap()), text);
        }
    }
}
