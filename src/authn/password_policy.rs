//! Which passwords are good enough to be chosen: long enough, not on the lists of common ones, not
//! made of what strangers know of the person, hard to guess by zxcvbn's estimate. No rules of
//! composition (NIST SP 800-63B, section 5.1.1.2).
//!
//! The lists of common passwords are compiled in: the 30,000 of zxcvbn (MIT licence, from leaks that
//! were made public), and [`FRENCH`], which was written for this project (its licence).

mod feedback;

use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::feedback::{Suggestion, Warning};
use zxcvbn::zxcvbn;

use super::password;
use crate::foundation::secret::Secret;
use crate::i18n::{Locale, t};

/// Fewest characters of a new password.
pub const MIN_CHARACTERS: usize = 8;
/// Most characters of a new password.
pub const MAX_CHARACTERS: usize = 256;

/// What zxcvbn has to estimate: eight random characters are just enough.
const ENOUGH_GUESSES: u64 = 100_000_000;
/// So many characters are estimated, for what that takes grows with their square; the rest makes no
/// password worse.
const JUDGED: usize = 48;
/// So many characters must be left of a password beside what strangers know.
const OF_ONES_OWN: usize = 6;

/// Words that everybody tries here first.
const OURS: [&str; 4] = ["booking", "reservation", "auth-api", "authapi"];

/// What French speakers choose and English lists lack.
const FRENCH: [&str; 48] = [
    "motdepasse",
    "mot de passe",
    "azerty",
    "azertyuiop",
    "azertyui",
    "qsdfghjk",
    "qsdfghjklm",
    "wxcvbn",
    "bonjour",
    "coucou",
    "salut",
    "soleil",
    "chouchou",
    "doudou",
    "loulou",
    "jetaime",
    "je t\u{2019}aime",
    "je taime",
    "monamour",
    "mon amour",
    "amour",
    "cheval",
    "chocolat",
    "marseille",
    "lyon",
    "paris",
    "france",
    "toulouse",
    "bordeaux",
    "nantes",
    "lille",
    "bretagne",
    "nicolas",
    "camille",
    "julien",
    "thomas",
    "isabelle",
    "sandrine",
    "nathalie",
    "caroline",
    "vacances",
    "maison",
    "famille",
    "papillon",
    "princesse",
    "licorne",
    "administrateur",
    "bienvenue",
];

/// Why a password is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARACTERS`].
    TooShort,
    /// More than [`MAX_CHARACTERS`].
    TooLong,
    /// On a list of common passwords.
    Common,
    /// Little more than the person's name or address, or this service's name.
    AboutYou,
    /// Otherwise easy to guess.
    Guessable {
        why: Option<Warning>,
        advice: Vec<Suggestion>,
    },
}

impl Weakness {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Common => "password_common",
            Self::AboutYou => "password_about_you",
            Self::Guessable { .. } => "password_guessable",
        }
    }

    /// What is wrong and what would be better, for the person who chose it.
    pub fn message(&self, locale: Locale) -> String {
        match self {
            Self::TooShort => t(locale, "password-too-short"),
            Self::TooLong => t(locale, "password-too-long"),
            Self::Common => t(locale, "password-common"),
            Self::AboutYou => t(locale, "password-about-you"),
            Self::Guessable { why, advice } => {
                let why = why.map_or("password-guessable", feedback::warning);
                let advice = advice.iter().map(|one| feedback::suggestion(*one));
                let keys: Vec<&str> = [why].into_iter().chain(advice).collect();
                let texts: Vec<String> = keys.into_iter().map(|key| t(locale, key)).collect();
                texts.join(" ")
            }
        }
    }
}

/// Judges a new password. `about` is what strangers may know: address, names, the brand.
///
/// # Errors
/// Why it is refused.
pub fn judge(password: &Secret, about: &[&str]) -> Result<(), Weakness> {
    if password.expose().len() > password::MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    // As it will be hashed: whoever types accents as characters of their own may use as many letters.
    let normalised = password::normalised(password);
    let characters = normalised.expose().chars().count();
    if characters < MIN_CHARACTERS {
        return Err(Weakness::TooShort);
    }
    if characters > MAX_CHARACTERS {
        return Err(Weakness::TooLong);
    }
    let known = words(about);
    let lower = normalised.expose().to_lowercase();
    if is_about(&lower, &known) {
        return Err(Weakness::AboutYou);
    }
    let common = OURS.iter().chain(&FRENCH).copied();
    let all: Vec<&str> = known.iter().map(String::as_str).chain(common).collect();
    let judged: String = normalised.expose().chars().take(JUDGED).collect();
    let found = zxcvbn(&judged, &all);
    if found.guesses() >= ENOUGH_GUESSES {
        return Ok(());
    }
    let why = found
        .feedback()
        .and_then(zxcvbn::feedback::Feedback::warning);
    let listed = FRENCH.contains(&lower.as_str());
    match why {
        _ if listed => Err(Weakness::Common),
        Some(
            Warning::ThisIsATop10Password
            | Warning::ThisIsATop100Password
            | Warning::ThisIsACommonPassword,
        ) => Err(Weakness::Common),
        _ => Err(Weakness::Guessable {
            why,
            advice: found
                .feedback()
                .map(|feedback| feedback.suggestions().to_vec())
                .unwrap_or_default(),
        }),
    }
}

/// Whether little is left of a password without the words that are known.
fn is_about(lower: &str, known: &[String]) -> bool {
    let mut words: Vec<&str> = known.iter().map(String::as_str).chain(OURS).collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = lower.to_owned();
    for word in words {
        rest = rest.replace(word, "");
    }
    rest.len() < lower.len() && rest.chars().count() < OF_ONES_OWN
}

/// What is known, whole, by the parts of an address, and word by word, in lower case. Words of one or
/// two characters would be found in every password.
fn words(about: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for text in about {
        let text = text.nfkc().collect::<String>().to_lowercase();
        let parts = text.split(|c: char| c == '@' || c.is_whitespace());
        let each = text.split(|c: char| !c.is_alphanumeric());
        for word in [text.as_str()].into_iter().chain(parts).chain(each) {
            if word.chars().count() >= 3 && !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
    }
    words
}

#[cfg(test)]
mod tests;
