//! What people enter into several forms, checked alike on pages and in the JSON API.

use crate::app::App;
use crate::authn::password_policy;
use crate::foundation::secret::Secret;
use crate::http::problem::FieldError;
use crate::i18n::{Locale, t};
use crate::users::email::EmailError;
use crate::users::{EmailAddress, User};

/// An address that mail can be sent to.
///
/// # Errors
/// What is wrong with it, in the language of the page.
pub fn email(typed: &str, field: &str, locale: Locale) -> Result<EmailAddress, FieldError> {
    EmailAddress::parse(typed).map_err(|error| {
        let (code, detail) = match error {
            EmailError::Empty => ("missing", t(locale, "sign-in-username-empty")),
            EmailError::Malformed => ("invalid_email", t(locale, "email-malformed")),
            EmailError::TooLong => ("too_long", t(locale, "email-too-long")),
        };
        FieldError::new(field, code, detail)
    })
}

/// What strangers may know of an account's owner, and what a password must not be made of.
pub fn about<'a>(app: &'a App, user: &'a User) -> Vec<&'a str> {
    let names = [
        &user.name,
        &user.given_name,
        &user.family_name,
        &user.nickname,
    ];
    let known = names.into_iter().filter_map(Option::as_deref);
    [user.email.as_str(), &app.config.branding.name]
        .into_iter()
        .chain(known)
        .collect()
}

/// A password that may be set.
///
/// # Errors
/// What is wrong with it, in the language of the page.
pub fn new_password(
    typed: Option<Secret>,
    field: &str,
    about: &[&str],
    locale: Locale,
) -> Result<Secret, FieldError> {
    let Some(password) = typed.filter(|password| !password.expose().is_empty()) else {
        let detail = t(locale, "password-missing");
        return Err(FieldError::new(field, "missing", detail));
    };
    match password_policy::judge(&password, about) {
        Ok(()) => Ok(password),
        Err(weakness) => {
            let detail = weakness.message(locale);
            Err(FieldError::new(field, weakness.code(), detail))
        }
    }
}
