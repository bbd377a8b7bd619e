//! Error pages: what failed, what to do, a code and the request id to quote, one way on.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::{local_path, web_link};
use crate::i18n;

/// An error that is told to a person, not to a client.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The status of the answer.
    pub status: StatusCode,
    /// The OAuth error code, or one of ours in the same style; ASCII.
    pub code: String,
    /// What failed and what to do.
    pub message: ErrorMessage,
    /// For whoever builds the app, in English: folded away. Never holds a secret.
    pub detail: Option<String>,
    /// One way on.
    pub way_on: Option<WayOn>,
}

/// What failed, in a person's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorMessage {
    /// The app's request cannot be understood, and nothing says where to send the error.
    BadRequest,
    /// No such client.
    UnknownApp,
    /// The redirect URI is missing or not one of the client's.
    BadReturnAddress,
    /// The continuation of the request is over or unknown.
    RequestExpired,
    /// The request was begun in another browser, or cookies are blocked.
    OtherBrowser,
    /// A form came without its token, or from elsewhere.
    FormExpired,
    /// The account was closed by an administrator.
    AccountDisabled,
    /// Nobody may create an account.
    RegistrationClosed,
    /// A sign-out request that cannot be trusted: whatever it asked for was not done.
    BadSignOut,
    /// The person may not see this.
    Forbidden,
    /// No such page.
    NotFound,
    /// The page does not know the method.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// Too many requests.
    TooManyRequests {
        /// Seconds until the next one counts.
        seconds: u64,
    },
    /// The database, or something else that is needed, does not answer.
    Unavailable,
    /// Our fault.
    Internal,
}

impl ErrorMessage {
    /// Every message, for tests and galleries.
    pub const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::UnknownApp,
        Self::BadReturnAddress,
        Self::RequestExpired,
        Self::OtherBrowser,
        Self::FormExpired,
        Self::AccountDisabled,
        Self::RegistrationClosed,
        Self::BadSignOut,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::TooManyRequests { seconds: 45 },
        Self::Unavailable,
        Self::Internal,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::BadRequest => "error-bad-request",
            Self::UnknownApp => "error-unknown-app",
            Self::BadReturnAddress => "error-bad-return-address",
            Self::RequestExpired => "error-request-expired",
            Self::OtherBrowser => "error-other-browser",
            Self::FormExpired => "error-form-expired",
            Self::AccountDisabled => "error-account-disabled",
            Self::RegistrationClosed => "error-registration-closed",
            Self::BadSignOut => "error-bad-sign-out",
            Self::Forbidden => "error-forbidden",
            Self::NotFound => "error-not-found",
            Self::MethodNotAllowed => "error-method-not-allowed",
            Self::TooLarge => "error-too-large",
            Self::TooManyRequests { .. } => "error-too-many-requests",
            Self::Unavailable => "error-unavailable",
            Self::Internal => "error-internal",
        }
    }
}

/// The link under an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOn {
    /// Its words.
    pub label: WayOnLabel,
    /// A path of this server, or a web address that was verified.
    pub url: String,
}

/// The words of a [`WayOn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOnLabel {
    /// To the start page.
    Home,
    /// To the sign-in page.
    SignIn,
    /// To the same address again.
    TryAgain,
    /// To the app.
    BackToApp,
    /// To a new password by mail.
    NewPassword,
}

impl WayOnLabel {
    /// Every label, for tests.
    pub const ALL: [Self; 5] = [
        Self::Home,
        Self::SignIn,
        Self::TryAgain,
        Self::BackToApp,
        Self::NewPassword,
    ];

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Home => "way-on-home",
            Self::SignIn => "way-on-sign-in",
            Self::TryAgain => "way-on-try-again",
            Self::BackToApp => "way-on-back-to-app",
            Self::NewPassword => "way-on-new-password",
        }
    }
}

#[derive(Template)]
#[template(path = "pages/error.html")]
struct Page<'a> {
    f: Frame<'a>,
    it: &'a ErrorPage,
    text: String,
    way_on: Option<(String, String)>,
}

impl ErrorPage {
    /// An error with its code, and no way on.
    pub fn new(status: StatusCode, code: impl Into<String>, message: ErrorMessage) -> Self {
        Self {
            status,
            code: code.into(),
            message,
            detail: None,
            way_on: None,
        }
    }

    /// 404, with the way to the start page under `base_path`.
    pub fn not_found(base_path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", ErrorMessage::NotFound)
            .with_way_on(WayOnLabel::Home, format!("{base_path}/"))
    }

    /// 405, likewise. The `Allow` header is the router's to set.
    pub fn method_not_allowed(base_path: &str) -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method_not_allowed", ErrorMessage::MethodNotAllowed)
            .with_way_on(WayOnLabel::Home, format!("{base_path}/"))
    }

    /// Adds the way on.
    #[must_use]
    pub fn with_way_on(mut self, label: WayOnLabel, url: impl Into<String>) -> Self {
        self.way_on = Some(WayOn {
            label,
            url: url.into(),
        });
        self
    }

    /// Adds a note for whoever builds the app.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t(&format!("{}.title", self.message.key()));
        let mut answer = Answer::new(self.status, Forms::None);
        let text = match self.message {
            ErrorMessage::TooManyRequests { seconds } => {
                answer.retry_after = Some(seconds);
                f.t1(
                    self.message.key(),
                    "wait",
                    &i18n::duration(ctx.locale, seconds),
                )
            }
            message => {
                let soon = self.status == StatusCode::SERVICE_UNAVAILABLE;
                answer.retry_after = soon.then_some(1);
                f.t(message.key())
            }
        };
        let way_on = self.way_on.as_ref().and_then(|way_on| {
            let url = local_path(&way_on.url)
                .map(str::to_owned)
                .or_else(|| web_link(&way_on.url))?;
            Some((f.t(way_on.label.key()), url))
        });
        respond(
            ctx,
            &Page {
                f,
                it: self,
                text,
                way_on,
            },
            &answer,
        )
    }
}
