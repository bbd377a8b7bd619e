//! Where a sign-in leads on to: the app that asked, a page of ours, or the start page.

use axum::http::header;
use axum::response::Response;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::app::{App, Fault, PageFacts, Visitor, see_other};
use crate::authn::assurance::{Acr, Authentication};
use crate::authn::sign_in::{Place, SignInError, note};
use crate::authn::{device, session};
use crate::foundation::give_way::give_way;
use crate::foundation::secret::Secret;
use crate::http::cookies::Cookie;
use crate::http::form::Params;
use crate::i18n::Locale;
use crate::oauth::authorize::decide::{Progress, wanted_acr};
use crate::oauth::authorize::interaction::{self, Continuation, page_path};
use crate::pages::{SignInDone, local_path};
use crate::users::User;

/// What the pages of a sign-in hand on to one another in their addresses.
pub struct Onward {
    /// The app's request, if one waits.
    pub continuation: Option<Continuation>,
    /// A page of ours that wanted somebody signed in, without the issuer's path.
    then: Option<String>,
    /// That page wants a recent sign-in.
    pub confirm: bool,
    /// The attempt whose second step is due.
    pub attempt: Option<Uuid>,
    /// The way that the second step is taken.
    pub method: Option<String>,
    /// The second step took too long.
    pub over: bool,
    /// What was done before, by a mailed link.
    pub done: Option<SignInDone>,
    /// What the address says, as a mailed link's does, where the app's request says nothing.
    language: Option<Locale>,
}

impl Onward {
    /// Reads the query.
    ///
    /// # Errors
    /// When it cannot be read, or names a continuation that is over or another browser's.
    pub async fn of(app: &App, visitor: &Visitor, query: &str) -> Result<Self, Fault> {
        let continuation = interaction::named(app, visitor, query).await?;
        let params = Params::parse(query.as_bytes())?;
        let then = params.get("then").and_then(local_path);
        let asked = continuation.as_ref().map(|it| &it.request.ui_locales);
        let language = match asked {
            Some(Some(_)) => None,
            _ => visitor.language_of_address(),
        };
        Ok(Self {
            language,
            continuation,
            then: then.map(str::to_owned),
            confirm: params.get("confirm").is_some(),
            attempt: params
                .get("attempt")
                .and_then(|id| Uuid::parse_str(id).ok()),
            method: params.get("method").map(str::to_owned),
            over: params.get("over").is_some(),
            done: match params.get("done") {
                Some("verified") => Some(SignInDone::Verified),
                Some("reset") => Some(SignInDone::Reset),
                _ => None,
            },
        })
    }

    /// The address of another page of this sign-in, with more in its query.
    pub fn page(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(it) = &self.continuation {
            query.append_pair("continuation", &it.id.to_string());
        } else {
            if let Some(then) = &self.then {
                query.append_pair("then", then);
            }
            if self.confirm {
                query.append_pair("confirm", "1");
            }
        }
        query.extend_pairs(more);
        if let Some(language) = self.language {
            query.append_pair("ui_locales", language.tag());
        }
        match query.finish() {
            none if none.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// Where somebody who is signed in goes.
    pub fn destination(&self) -> String {
        match (&self.continuation, &self.then) {
            (Some(it), _) => page_path("/continue", it.id),
            (None, Some(then)) => then.clone(),
            (None, None) => "/".to_owned(),
        }
    }

    /// The context of a page, in the language that the app asked for.
    pub fn facts(&self, app: &App, visitor: &Visitor) -> PageFacts {
        let it = self.continuation.as_ref();
        let ui_locales = it.and_then(|it| it.request.ui_locales.as_deref());
        visitor.page(app, ui_locales, None)
    }

    /// The language of the page: of the mail, too, to people who have said no other.
    pub fn locale(&self, app: &App, visitor: &Visitor) -> Locale {
        self.facts(app, visitor).locale()
    }

    /// The class that the app and the person's role want this sign-in to reach.
    pub fn wanted_acr(&self, user: &User) -> Option<Acr> {
        let it = self.continuation.as_ref()?;
        wanted_acr(&it.request, user.second_factor_required)
    }

    /// Everything that was due was proved: begins the session, notes it, and leads on. All in one
    /// transaction: a crash leaves the person signed in or not, never half.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn complete(
        &self,
        app: &App,
        visitor: &Visitor,
        user: &User,
        authentication: &Authentication,
    ) -> Result<Response, Fault> {
        let context = &visitor.context;
        let mut db = app.kept.take().await?;
        let mut tx = db.begin().await?;
        give_way().await;
        let client = self.continuation.as_ref().map(|it| &it.client.client_id);
        let place = Place {
            device: visitor.device.as_ref(),
            client_id: client.map(String::as_str),
        };
        let services = app.authn().in_language(self.locale(app, visitor));
        let known = note(&mut tx, &services, user, authentication, place, context).await;
        let known = known.map_err(|error| self.outdated(error))?;
        give_way().await;
        let cookie = session::start(
            &mut *tx,
            visitor.session_token.as_ref(),
            user.id_user,
            authentication,
            app.session_lifetimes(),
            context,
        )
        .await?;
        if let Some(it) = &self.continuation {
            let progress = Progress {
                signed_in: true,
                account_selected: true,
                other_account: false,
                user: Some(user.id_user),
                ..it.progress.of(user.id_user)
            };
            interaction::advance(&mut *tx, it.id, progress).await?;
        }
        tx.commit().await?;
        db.keep();
        Ok(self.with_cookies(app, &cookie, &known))
    }

    /// Back to the sign-in page where what was proved counts no more.
    pub fn outdated(&self, error: SignInError) -> Fault {
        match error {
            SignInError::Outdated => Fault::SeeOther(self.page("/login", &[("over", "1")])),
            error => error.into(),
        }
    }

    fn with_cookies(&self, app: &App, session: &Secret, known: &Secret) -> Response {
        let mut response = see_other(app, &self.destination());
        let secure = app.issuer.is_secure();
        let lifetime = Some(app.config.session.absolute_ttl);
        let cookies = [
            Cookie::Session.set(session, lifetime, secure),
            Cookie::Device.set(known, Some(device::LIFETIME), secure),
        ];
        for cookie in cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}
