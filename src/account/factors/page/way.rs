//! Why somebody is on the pages of factors: to look after their account, or because an app or their
//! role asks for a second factor before the sign-in goes on.

use crate::account::area;
use crate::app::{App, Fault, PageFacts, Visitor};
use crate::authn::assurance::Acr;
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::Locale;
use crate::oauth::authorize::interaction::{self, Continuation, page_path};
use crate::pages::factors::Errand;

/// What waits for the enrolment.
pub(super) struct Way {
    continuation: Option<Continuation>,
}

impl Way {
    /// Reads the query or, where a form was posted, its field. An authorization request that is
    /// over does not keep anybody from enrolling a factor.
    pub async fn of(
        app: &App,
        visitor: &Visitor,
        query: &str,
        form: Option<&Params>,
    ) -> Result<Self, Fault> {
        let asked = Params::parse(query.as_bytes())?;
        let named = form.and_then(|form| form.get("continuation"));
        let continuation = match named.or(asked.get("continuation")) {
            Some(id) => match interaction::find(app, visitor, id).await {
                Ok(continuation) => Some(continuation),
                Err(Fault::Told(_)) => None,
                Err(fault) => return Err(fault),
            },
            None => None,
        };
        Ok(Self { continuation })
    }

    pub fn is_errand(&self) -> bool {
        self.continuation.is_some()
    }

    /// The address of another of these pages, with more in its query.
    pub fn page(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(it) = &self.continuation {
            query.append_pair("continuation", &it.id.to_string());
        }
        query.extend_pairs(more);
        match query.finish() {
            none if none.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// Where an enrolled person goes on.
    pub fn destination(&self) -> String {
        match &self.continuation {
            Some(it) => page_path("/continue", it.id),
            None => super::PATH.to_owned(),
        }
    }

    /// The context of a page that is shown at `path`. The language is the one that the app asked
    /// for.
    pub fn facts(&self, app: &App, visitor: &Visitor, session: &Session, path: &str) -> PageFacts {
        let here = app.issuer.path(&self.page(path, &[]));
        let Some(it) = &self.continuation else {
            return area::facts(app, visitor, session).shown_at(here);
        };
        let ui_locales = it.request.ui_locales.as_deref();
        visitor
            .page(app, ui_locales, session.user.locale.as_deref())
            .leading_to(it.request.return_address.redirect_uri())
            .shown_at(here)
    }

    /// What the pages hand on.
    pub fn errand(&self, app: &App, locale: Locale) -> Errand {
        let Some(it) = &self.continuation else {
            return Errand::default();
        };
        let redirect_uri = it.request.return_address.redirect_uri();
        Errand {
            app: Some(interaction::app_view(app, &it.client, redirect_uri, locale)),
            continuation: Some(it.id.to_string()),
            cancel: Some(app.issuer.path(&page_path("/login/cancel", it.id))),
            passkey_only: it.request.acr.lowest() == Some(Acr::PhishingResistant),
        }
    }
}
