//! The words of the pages, in English and in French.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use time::OffsetDateTime;

use crate::apis::BookingStatus;

/// The language of a page, from `Accept-Language`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    French,
}

/// All texts that pages show.
pub struct Words {
    pub lang: &'static str,
    pub product: &'static str,
    pub tagline: &'static str,
    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub artists: &'static str,
    pub no_artists: &'static str,
    pub artists_unavailable: &'static str,
    pub signed_in_as: &'static str,
    pub role: &'static str,
    pub no_role: &'static str,
    pub bookings: &'static str,
    pub no_bookings: &'static str,
    pub bookings_forbidden: &'static str,
    pub bookings_unavailable: &'static str,
    pub when: &'static str,
    pub signed_out: &'static str,
    pub session_ended: &'static str,
    pub retry: &'static str,
    pub home: &'static str,
    pub code: &'static str,
    /// Failures: heading and explanation.
    pub denied: (&'static str, &'static str),
    pub not_started: (&'static str, &'static str),
    pub refused: (&'static str, &'static str),
    pub unavailable: (&'static str, &'static str),
    pub only_here: (&'static str, &'static str),
    pub not_found: (&'static str, &'static str),
    status: [&'static str; 3],
    months: [&'static str; 12],
}

static ENGLISH: Words = Words {
    lang: "en",
    product: "Booking",
    tagline: "Artists for your stage.",
    sign_in: "Sign in",
    sign_out: "Sign out",
    artists: "Artists",
    no_artists: "No artist has been added yet.",
    artists_unavailable: "The list of artists is not available at the moment. Please reload the page in a moment.",
    signed_in_as: "Signed in as",
    role: "Role",
    no_role: "none",
    bookings: "Your bookings",
    no_bookings: "You have no booking yet.",
    bookings_forbidden: "Your account is not allowed to see bookings. An administrator can change that.",
    bookings_unavailable: "Your bookings are not available at the moment. Please reload the page in a moment.",
    when: "UTC",
    signed_out: "You are signed out.",
    session_ended: "Your session has ended. Please sign in again.",
    retry: "Sign in again",
    home: "Back to the home page",
    code: "Code",
    denied: (
        "You are not signed in",
        "Access was refused, so nothing has been shared with Booking. You can start again at any time.",
    ),
    not_started: (
        "This sign-in is no longer valid",
        "It took too long, was finished already, or was started in another browser. Please sign in again.",
    ),
    refused: (
        "Sign-in did not succeed",
        "The sign-in service gave an answer that could not be accepted. Please try again.",
    ),
    unavailable: (
        "Sign-in is not available at the moment",
        "The sign-in service does not answer. Please try again in a moment.",
    ),
    only_here: (
        "You are signed out of Booking",
        "The sign-in service could not be reached, so you may still be signed in there.",
    ),
    not_found: ("Page not found", "There is nothing at this address."),
    status: ["requested", "confirmed", "cancelled"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

static FRENCH: Words = Words {
    lang: "fr",
    product: "Booking",
    tagline: "Des artistes pour votre scène.",
    sign_in: "Se connecter",
    sign_out: "Se déconnecter",
    artists: "Artistes",
    no_artists: "Aucun artiste pour le moment.",
    artists_unavailable: "La liste des artistes est momentanément indisponible. Rechargez la page dans un instant.",
    signed_in_as: "Bonjour",
    role: "Rôle",
    no_role: "aucun",
    bookings: "Vos réservations",
    no_bookings: "Vous n’avez pas encore de réservation.",
    bookings_forbidden: "Votre compte ne permet pas de consulter les réservations. Un administrateur peut y remédier.",
    bookings_unavailable: "Vos réservations sont momentanément indisponibles. Rechargez la page dans un instant.",
    when: "UTC",
    signed_out: "Votre session est fermée.",
    session_ended: "Votre session a pris fin. Veuillez vous reconnecter.",
    retry: "Se connecter à nouveau",
    home: "Retour à l’accueil",
    code: "Code",
    denied: (
        "La connexion a été annulée",
        "L’accès a été refusé : rien n’a été transmis à Booking. Vous pouvez recommencer à tout moment.",
    ),
    not_started: (
        "Cette connexion n’est plus valable",
        "Elle a pris trop de temps, a déjà abouti ou a commencé dans un autre navigateur. Veuillez vous reconnecter.",
    ),
    refused: (
        "La connexion n’a pas abouti",
        "La réponse du service de connexion n’a pas pu être acceptée. Veuillez réessayer.",
    ),
    unavailable: (
        "La connexion est momentanément indisponible",
        "Le service de connexion ne répond pas. Veuillez réessayer dans un instant.",
    ),
    only_here: (
        "Votre session Booking est fermée",
        "Le service de connexion n’a pas pu être joint : votre session y est peut-être encore ouverte.",
    ),
    not_found: ("Page introuvable", "Il n’y a rien à cette adresse."),
    status: ["demandée", "confirmée", "annulée"],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
};

impl Language {
    /// The texts in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
        }
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        self.words().lang
    }

    /// A moment as people write it: `22 November 2026, 20:30` or `22 novembre 2026 à 20 h 30`.
    pub fn moment(self, at: &OffsetDateTime) -> String {
        let words = self.words();
        let month = usize::from(u8::from(at.month())) - 1;
        let month = words.months.get(month).copied().unwrap_or_default();
        let (day, year, hour, minute) = (at.day(), at.year(), at.hour(), at.minute());
        match self {
            Self::English => format!("{day} {month} {year}, {hour:02}:{minute:02}"),
            Self::French => {
                let day = if day == 1 {
                    "1er".to_owned()
                } else {
                    day.to_string()
                };
                format!("{day} {month} {year} à {hour}\u{a0}h\u{a0}{minute:02}")
            }
        }
    }

    /// The language preferred by an `Accept-Language` header (RFC 9110, section 12.5.4).
    fn preferred(header: &str) -> Self {
        let mut best = (Self::English, 0.0);
        for item in header.split(',') {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let quality = parameters
                .trim()
                .strip_prefix("q=")
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary.to_ascii_lowercase().as_str() {
                "fr" => Self::French,
                "en" => Self::English,
                _ => continue,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }
}

impl Words {
    /// The word for how far a booking has come.
    pub fn status(&self, status: BookingStatus) -> &'static str {
        let [requested, confirmed, cancelled] = self.status;
        match status {
            BookingStatus::Requested => requested,
            BookingStatus::Confirmed => confirmed,
            BookingStatus::Cancelled => cancelled,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE);
        let header = header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self::preferred(header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_wins() {
        assert_eq!(
            Language::preferred("fr-FR,fr;q=0.9,en;q=0.8"),
            Language::French
        );
        assert_eq!(Language::preferred("en;q=0.3, fr;q=0.7"), Language::French);
        assert_eq!(
            Language::preferred("de, en;q=0.5, fr;q=0.4"),
            Language::English
        );
        assert_eq!(Language::preferred("fr;q=0"), Language::English);
        assert_eq!(Language::preferred(""), Language::English);
    }

    #[test]
    fn moments_are_written_as_people_do() {
        let at = OffsetDateTime::from_unix_timestamp(1_793_491_800).expect("a time");
        assert_eq!(Language::English.moment(&at), "1 November 2026, 00:10");
        assert_eq!(
            Language::French.moment(&at),
            "1er novembre 2026 à 0\u{a0}h\u{a0}10"
        );
    }
}
