//! A person's browser as a page handler sees it: its cookies, its session, its language.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::sync::OnceCell;

use super::App;
use crate::authn::factors::FactorError;
use crate::authn::session::{self, Session};
use crate::authn::sign_in::SignInError;
use crate::foundation::outage::is_out_of_reach;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::cookies::{self, Cookie};
use crate::http::csrf;
use crate::http::form::{Params, ParamsError};
use crate::i18n::{Locale, Preferences};
use crate::mail::MailError;
use crate::pages::{ErrorMessage, ErrorPage, LANGUAGE_COOKIE, PageContext, WayOnLabel};

/// Who asks for a page.
pub struct Visitor {
    pub context: RequestContext,
    /// The browser's own secret: forms and continuations are bound to it.
    pub browser: Secret,
    browser_is_new: bool,
    /// The value of the session cookie, good or not.
    pub session_token: Option<Secret>,
    /// The live session as it was when it was first asked for in this request.
    session: OnceCell<Option<Session>>,
    /// The value of the device cookie, if people sign in with this browser.
    pub device: Option<Secret>,
    chosen_language: Option<String>,
    accept_language: Option<String>,
    /// The parameter of that name in the page's address.
    ui_locales: Option<String>,
    path_and_query: String,
    /// The address answers another method than GET: nothing may lead back to it.
    posted: bool,
}

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum Fault {
    /// The person is told what happened and what to do.
    Told(Box<ErrorPage>),
    /// Something else comes first: the person is led to this path of ours.
    SeeOther(String),
    /// The machinery failed: the person learns the request id, the log the rest.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// An error page with a code in the style of OAuth's.
    pub fn told(status: StatusCode, code: &str, message: ErrorMessage) -> Self {
        Self::Told(Box::new(ErrorPage::new(status, code, message)))
    }

    /// The session in which a form was posted has just ended: its person signs in again.
    pub fn ended() -> Self {
        Self::SeeOther("/login?then=/account".to_owned())
    }

    /// Wraps a failure.
    pub fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        if !is_out_of_reach(&error) {
            return Self::internal(error);
        }
        tracing::warn!(%error, "a page had no database");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::told(status, "temporarily_unavailable", ErrorMessage::Unavailable)
    }
}

impl From<MailError> for Fault {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<crate::keys::KeysError> for Fault {
    fn from(error: crate::keys::KeysError) -> Self {
        match error {
            crate::keys::KeysError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<FactorError> for Fault {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Database(error) => error.into(),
            FactorError::Ended => Self::ended(),
            error => Self::internal(error),
        }
    }
}

impl From<SignInError> for Fault {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Database(error) => error.into(),
            SignInError::Mail(error) => error.into(),
            SignInError::Factor(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<ParamsError> for Fault {
    fn from(error: ParamsError) -> Self {
        let message = match error {
            ParamsError::TooLarge => ErrorMessage::TooLarge,
            _ => ErrorMessage::BadRequest,
        };
        Self::Told(Box::new(
            ErrorPage::new(error.status(), "invalid_request", message)
                .with_detail(error.description()),
        ))
    }
}

/// What a page's [`PageContext`] borrows from.
pub struct PageFacts {
    locale: Locale,
    request_id: String,
    csrf: String,
    path_and_query: String,
    form_action_origins: Vec<String>,
}

impl PageFacts {
    /// The language of the page.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// Says where the language switch leads back to, if not to the address that was asked for.
    #[must_use]
    pub fn shown_at(mut self, path_and_query: String) -> Self {
        self.path_and_query = path_and_query;
        self
    }

    /// Allows a form's post to lead on to a client's redirect URI.
    #[must_use]
    pub fn leading_to(mut self, redirect_uri: &str) -> Self {
        self.form_action_origins.push(redirect_uri.to_owned());
        self
    }

    /// The context to render with.
    pub fn context<'a>(&'a self, app: &'a App) -> PageContext<'a> {
        PageContext {
            locale: self.locale,
            brand: &app.brand,
            request_id: &self.request_id,
            csrf: Some(&self.csrf),
            path_and_query: &self.path_and_query,
            base_path: app.issuer.base_path(),
            form_action_origins: &self.form_action_origins,
        }
    }
}

impl Visitor {
    /// The live session, if there is one: one and the same for the whole request.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, app: &App) -> Result<Option<Session>, sqlx::Error> {
        let Some(token) = &self.session_token else {
            return Ok(None);
        };
        let (lifetimes, now) = (app.session_lifetimes(), self.context.now);
        let find = || session::find(&app.pool, token, lifetimes, now);
        self.session.get_or_try_init(find).await.cloned()
    }

    /// Finds out who is signed in, whose language all pages of this request are in from here on. Where
    /// the database fails, it fails again for a page that cannot do without.
    pub async fn recognise(&self, app: &App) {
        if let Err(error) = self.session(app).await {
            tracing::info!(%error, "nobody could be recognised");
        }
    }

    /// The path and query that were asked for, without the issuer's own path.
    pub fn path_and_query(&self, app: &App) -> &str {
        let asked = self.path_and_query.as_str();
        asked.strip_prefix(app.issuer.base_path()).unwrap_or(asked)
    }

    /// The path alone.
    pub fn path(&self, app: &App) -> &str {
        let asked = self.path_and_query(app);
        asked.split_once('?').map_or(asked, |(path, _)| path)
    }

    /// What a page needs to be rendered. `ui_locales` comes from an authorization request, else from the
    /// page's own address, as mailed links have it; `user` is
    /// the `locale` of somebody who is known though not signed in; whoever is signed in has been
    /// recognised.
    pub fn page(&self, app: &App, ui_locales: Option<&str>, user: Option<&str>) -> PageFacts {
        let signed_in = self.session.get().and_then(Option::as_ref);
        let signed_in = signed_in.and_then(|session| session.user.locale.as_deref());
        let user = user.or(signed_in);
        let preferences = Preferences {
            chosen: self.chosen_language.as_deref(),
            ui_locales: ui_locales.or(self.ui_locales.as_deref()),
            user,
            accept_language: self.accept_language.as_deref(),
        };
        PageFacts {
            locale: preferences.negotiate(default_locale(app)),
            request_id: self.context.request_id.to_string(),
            csrf: csrf::token(&self.browser),
            path_and_query: self.path_and_query.clone(),
            form_action_origins: Vec::new(),
        }
    }

    /// The language that the page's own address says.
    pub fn language_of_address(&self) -> Option<Locale> {
        self.ui_locales.as_deref().and_then(Locale::from_tag)
    }

    /// A path of ours that leads on from a page whose own address says its language, as that of a mailed
    /// link does: the next page is in it, too.
    pub fn in_language(&self, path: &str) -> String {
        let Some(language) = self.language_of_address() else {
            return path.to_owned();
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}ui_locales={}", language.tag())
    }

    /// Whether a form was served to this very browser. A new browser has been served none.
    pub fn owns_form(&self, params: &Params) -> bool {
        !self.browser_is_new && csrf::matches(Some(&self.browser), params.get(csrf::FIELD))
    }

    /// Whether a well-formed post came without any cookie of ours: the browser is new here, or keeps
    /// its cookies back because another site posts.
    pub fn lacks_cookies(&self, params: &Params) -> bool {
        self.browser_is_new && self.session_token.is_none() && params.repeated().is_none()
    }

    /// Completes an answer: the page or the fault's, with the browser's cookie.
    pub fn answer(&self, app: &App, result: Result<Response, Fault>) -> Response {
        let mut response = match result {
            Ok(response) => response,
            Err(fault) => self.fault_page(app, fault),
        };
        if app.issuer.is_secure() {
            // RFC 6797, section 6.1; not for subdomains, which are not ours to speak for.
            let value = HeaderValue::from_static("max-age=31536000");
            response
                .headers_mut()
                .insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        if self.browser_is_new {
            let cookie = Cookie::Browser.set(&self.browser, None, app.issuer.is_secure());
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    fn fault_page(&self, app: &App, fault: Fault) -> Response {
        let page = match fault {
            Fault::Told(page) => {
                tracing::info!(code = %page.code, "an error page was shown");
                // Nobody is left stuck: where nothing better is known, the start page is a way on.
                match page.way_on {
                    Some(_) => *page,
                    None => page.with_way_on(WayOnLabel::Home, app.issuer.path("/")),
                }
            }
            Fault::SeeOther(path) => return super::see_other(app, &path),
            Fault::Internal(error) => {
                tracing::error!(%error, "a page failed inside");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                let page = ErrorPage::new(status, "server_error", ErrorMessage::Internal);
                if self.posted {
                    page.with_way_on(WayOnLabel::Home, app.issuer.path("/"))
                } else {
                    page.with_way_on(WayOnLabel::TryAgain, self.path_and_query.clone())
                }
            }
        };
        let facts = self.page(app, None, None);
        // The language switch leads to an address by GET.
        let facts = match &page.way_on {
            Some(way_on) if self.posted => facts.shown_at(way_on.url.clone()),
            _ => facts,
        };
        page.render(&facts.context(app))
    }
}

pub(super) fn default_locale(app: &App) -> Locale {
    Locale::from_tag(app.config.branding.default_locale.as_str()).unwrap_or_default()
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let context = RequestContext::from_request_parts(parts, app).await?;
        let secure = app.issuer.is_secure();
        let browser = Cookie::Browser.read(&parts.headers, secure);
        let text = |name: header::HeaderName, headers: &HeaderMap| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        Ok(Self {
            context,
            posted: !parts.method.is_safe(),
            browser_is_new: browser.is_none(),
            browser: browser.unwrap_or_else(Secret::generate),
            session_token: Cookie::Session.read(&parts.headers, secure),
            session: OnceCell::new(),
            device: Cookie::Device.read(&parts.headers, secure),
            chosen_language: cookies::read_plain(&parts.headers, LANGUAGE_COOKIE),
            ui_locales: parts.uri.query().and_then(|query| {
                let params = Params::parse(query.as_bytes()).ok()?;
                params.get("ui_locales").map(str::to_owned)
            }),
            accept_language: text(header::ACCEPT_LANGUAGE, &parts.headers),
            path_and_query: parts
                .extensions
                .get::<axum::extract::OriginalUri>()
                .map_or(&parts.uri, |original| &original.0)
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
        })
    }
}
