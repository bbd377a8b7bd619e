//! What a letter says, in the reader's language, before it has a form.

use std::time::Duration;

use super::Letter;
use super::address::harmless_name;
use super::letter::Circumstances;
use crate::i18n::{self, FluentValue, Locale};
use crate::pages::{device, display_name};

/// Where a person asks for a new password: the way on of most who did not do something themselves.
const FORGOT_PASSWORD: &str = "/forgot-password";
const FACTORS: &str = "/account/factors";

/// A link with its words.
pub(super) struct Link {
    pub label: String,
    pub url: String,
}

/// The parts of a letter, from top to bottom.
pub(super) struct Draft {
    pub subject: String,
    pub greeting: String,
    pub intro: String,
    pub code: Option<String>,
    /// When, where, with what: label and value.
    pub facts: Vec<(String, String)>,
    /// The one thing to do, if there is one.
    pub action: Option<Link>,
    /// What to know about it: how long, how often.
    pub note: Option<String>,
    pub second: Option<Link>,
    /// What to do if it was somebody else.
    pub advice: Option<String>,
    pub help: Option<Link>,
    pub footer: String,
}

/// Who writes.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub brand: &'a str,
    pub issuer: &'a str,
}

struct Writer<'a> {
    from: Sender<'a>,
    locale: Locale,
    key: &'static str,
}

impl Writer<'_> {
    fn words(&self, attribute: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
        let mut all = vec![("brand", FluentValue::from(self.from.brand))];
        all.extend(args.iter().cloned());
        i18n::t_args(self.locale, &format!("{}{attribute}", self.key), &all)
    }

    fn link(&self, attribute: &str, url: &str) -> Link {
        Link {
            label: self.words(attribute, &[]),
            url: url.to_owned(),
        }
    }

    /// A link to a page that does not know its reader: it is in the language of the letter.
    fn mailed_link(&self, attribute: &str, url: &str) -> Link {
        let (page, query) = url.split_once('?').unwrap_or((url, ""));
        let url = format!("{page}?ui_locales={}&{query}", self.locale.tag());
        self.link(attribute, url.trim_end_matches('&'))
    }

    fn help(&self, label: &str, path: &str) -> Link {
        let (issuer, language) = (self.from.issuer, self.locale.tag());
        Link {
            label: i18n::t(self.locale, label),
            url: format!("{issuer}{path}?ui_locales={language}"),
        }
    }

    fn fact(&self, key: &str, value: String) -> (String, String) {
        (i18n::t(self.locale, key), value)
    }

    fn facts(&self, what: &Circumstances) -> Vec<(String, String)> {
        let mut facts = vec![self.fact("mail-fact-when", i18n::date_time(self.locale, what.at))];
        if let Some(agent) = &what.user_agent {
            facts.push(self.fact("mail-fact-device", device(self.locale, agent)));
        }
        if let Some(ip) = &what.ip {
            facts.push(self.fact("mail-fact-address", ip.clone()));
        }
        facts
    }

    fn factor(&self, kind: &str, name: &str) -> (String, String) {
        let kind = i18n::t(
            self.locale,
            match kind {
                "totp" => "mail-factor-totp",
                "passkey" => "mail-factor-passkey",
                _ => "mail-factor-email",
            },
        );
        let value = match display_name(name) {
            name if name.is_empty() || name == kind => kind,
            name => format!("{kind} ({name})"),
        };
        self.fact("mail-fact-factor", value)
    }

    fn wait(&self, valid_for: Duration) -> FluentValue<'static> {
        i18n::duration(self.locale, valid_for.as_secs()).into()
    }
}

/// Writes a letter. `name` is the reader's.
pub(super) fn write(
    from: Sender<'_>,
    locale: Locale,
    name: Option<&str>,
    letter: &Letter,
) -> Draft {
    let key = letter.name();
    let w = Writer { from, locale, key };
    let name = name
        .filter(|_| !letter.to_unproven())
        .and_then(harmless_name);
    let greeting = match &name {
        Some(name) => i18n::t_args(
            locale,
            "mail-hello-name",
            &[("title", name.as_str().into())],
        ),
        None => i18n::t(locale, "mail-hello"),
    };
    let mut draft = Draft {
        subject: w.words("", &[]),
        greeting,
        intro: String::new(),
        code: None,
        facts: Vec::new(),
        action: None,
        note: None,
        second: None,
        advice: None,
        help: None,
        footer: i18n::t_args(
            locale,
            "mail-footer",
            &[("brand", from.brand.into()), ("app", from.issuer.into())],
        ),
    };
    draft.intro = match letter {
        Letter::EmailChangeAsked { new_email, .. } | Letter::EmailChanged { new_email, .. } => {
            w.words(".intro", &[("email", new_email.as_str().into())])
        }
        Letter::RecoveryCodeUsed { left, .. } => w.words(".intro", &[("n", (*left).into())]),
        Letter::AccountDeleted { purge_at, .. } => {
            w.words(".intro", &[("date", i18n::date(locale, *purge_at).into())])
        }
        _ => w.words(".intro", &[]),
    };
    match letter {
        Letter::VerifyEmail {
            link,
            valid_for,
            what,
        }
        | Letter::ResetPassword {
            link,
            valid_for,
            what,
        }
        | Letter::ConfirmEmailChange {
            link,
            valid_for,
            what,
        } => {
            draft.facts = w.facts(what);
            draft.action = Some(w.mailed_link(".action", link));
            draft.note = Some(w.words(".note", &[("wait", w.wait(*valid_for))]));
        }
        Letter::AlreadyRegistered {
            sign_in,
            reset,
            what,
        } => {
            draft.facts = w.facts(what);
            draft.action = Some(w.mailed_link(".action", sign_in));
            draft.note = Some(w.words(".note", &[]));
            draft.second = Some(w.mailed_link(".second", reset));
        }
        Letter::SignInCode {
            code,
            valid_for,
            what,
        }
        | Letter::EnrolmentCode {
            code,
            valid_for,
            what,
        } => {
            draft.code = Some(code.expose().to_owned());
            draft.note = Some(w.words(".note", &[("wait", w.wait(*valid_for))]));
            draft.facts = w.facts(what);
        }
        Letter::EmailChangeAsked { undo, what, .. } | Letter::EmailChanged { undo, what, .. } => {
            draft.facts = w.facts(what);
            draft.note = Some(w.words(".note", &[]));
            draft.second = Some(w.mailed_link(".second", undo));
        }
        Letter::EmailChangeUndone {
            password,
            factors,
            recovery_codes,
            kept,
            what,
        } => {
            draft.facts = w.facts(what);
            let named = |(kind, name): &(&'static str, String)| w.factor(kind, name).1;
            let codes = recovery_codes.then(|| i18n::t(locale, "mail-recovery-codes"));
            let gone: Vec<String> = factors.iter().map(named).chain(codes).collect();
            let notes = [
                (*password, ".password"),
                (!gone.is_empty(), ".note"),
                (!kept.is_empty(), ".kept"),
            ];
            let notes = notes.iter().filter(|(applies, _)| *applies);
            let notes: Vec<String> = notes.map(|(_, part)| w.words(part, &[])).collect();
            draft.note = (!notes.is_empty()).then(|| notes.join(" "));
            let password = password.then(|| i18n::t(locale, "mail-password"));
            for gone in password.into_iter().chain(gone) {
                draft.facts.push(w.fact("mail-fact-taken-back", gone));
            }
            for kept in kept.iter().map(named) {
                draft.facts.push(w.fact("mail-fact-kept", kept));
            }
        }
        Letter::FactorAdded {
            kind_key,
            name,
            what,
        } => {
            draft.facts = w.facts(what);
            draft.facts.insert(0, w.factor(kind_key, name));
            draft.second = Some(w.link(".second", &format!("{}{FACTORS}", from.issuer)));
        }
        Letter::FactorRemoved {
            kind_key,
            name,
            what,
        } => {
            draft.facts = w.facts(what);
            draft.facts.insert(0, w.factor(kind_key, name));
        }
        Letter::AccountDeleted { restore, what, .. } => {
            draft.facts = w.facts(what);
            draft.note = Some(w.words(".note", &[]));
            draft.second = Some(w.mailed_link(".second", restore));
        }
        Letter::RecoveryCodeUsed { what, .. } => {
            draft.facts = w.facts(what);
            draft.second = Some(w.link(".second", &format!("{}{FACTORS}", from.issuer)));
        }
        Letter::PasswordChanged { what }
        | Letter::PasswordReset { what }
        | Letter::NewDevice { what }
        | Letter::RecoveryCodesMade { what }
        | Letter::AccountRestored { what } => draft.facts = w.facts(what),
        Letter::EmailTakenBack | Letter::EmailSet => draft.advice = Some(w.words(".advice", &[])),
        Letter::AccountPurged => {}
    }
    if !draft.facts.is_empty() {
        draft.advice = Some(w.words(".advice", &[]));
        // Nothing was done yet where a link is still to be followed.
        draft.help = draft
            .action
            .is_none()
            .then(|| w.help("mail-help-password", FORGOT_PASSWORD));
    }
    draft
}
