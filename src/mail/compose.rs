//! A letter as text and as HTML: the same words, no picture, nothing that tells who read it.

use askama::Template;

use super::Letter;
use super::draft::{self, Draft, Sender};
use super::sealed::Content;
use crate::i18n::Locale;

#[derive(Template)]
#[template(path = "emails/letter.txt")]
struct Text<'a> {
    it: &'a Draft,
    /// As the language writes it.
    colon: &'a str,
}

#[derive(Template)]
#[template(path = "emails/letter.html")]
struct Html<'a> {
    it: &'a Draft,
    brand: &'a str,
    lang: &'a str,
    colon: &'a str,
}

/// Writes a letter to `email`; `name` is the reader's.
pub(super) fn compose(
    from: Sender<'_>,
    locale: Locale,
    (email, name): (&str, Option<&str>),
    letter: &Letter,
) -> Result<Content, askama::Error> {
    let draft = draft::write(from, locale, name, letter);
    let colon = match locale {
        Locale::En => ":",
        Locale::Fr => "\u{a0}:",
    };
    let text = Text { it: &draft, colon };
    let html = Html {
        it: &draft,
        brand: from.brand,
        lang: locale.tag(),
        colon,
    };
    Ok(Content {
        to: email.to_owned(),
        name: name.filter(|_| !letter.to_unproven()).map(str::to_owned),
        locale,
        text: text.render()?,
        html: html.render()?,
        subject: draft.subject,
    })
}
