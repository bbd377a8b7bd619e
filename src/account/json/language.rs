//! The language of an answer.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::i18n::{Locale, Preferences};

/// What is known of the caller's language; shared by the handler and whoever tells its problems.
#[derive(Debug, Default)]
pub(super) struct Known {
    default: Locale,
    accept_language: Option<String>,
    /// The `locale` claim of the person, once they are known.
    user: OnceLock<Option<String>>,
}

impl Known {
    pub(super) fn of(app: &App, request: &Request) -> Arc<Self> {
        let default = Locale::from_tag(app.config.branding.default_locale.as_str());
        let accept_language = request
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Arc::new(Self {
            default: default.unwrap_or_default(),
            accept_language,
            user: OnceLock::new(),
        })
    }

    pub(super) fn of_parts(parts: &Parts) -> Arc<Self> {
        let known = parts.extensions.get::<Arc<Self>>();
        known.map(Arc::clone).unwrap_or_default()
    }

    /// The person is known from here on.
    pub(super) fn told_by(&self, locale: Option<&str>) {
        // Only one person calls.
        let _ = self.user.set(locale.map(str::to_owned));
    }

    pub(super) fn locale(&self) -> Locale {
        let preferences = Preferences {
            accept_language: self.accept_language.as_deref(),
            user: self.user.get().and_then(Option::as_deref),
            ..Preferences::default()
        };
        preferences.negotiate(self.default)
    }
}

/// The language of the caller: what `Accept-Language` says. For calls without a [`super::Caller`],
/// whose own language stands above it.
#[derive(Debug, Clone, Copy)]
pub struct Language(pub Locale);

impl FromRequestParts<Arc<App>> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(Known::of_parts(parts).locale()))
    }
}
