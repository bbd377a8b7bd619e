//! Signing in, and choosing the account to go on with.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::app::{AppView, initial};
use super::frame::{Answer, Forms, Frame, respond};
use super::text::display_name;
use crate::i18n;

/// The sign-in form: posts `csrf`, `username` and `password`.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the form is posted to.
    pub action: String,
    /// What stands in the first field: `login_hint`, or what was typed before an error.
    pub username: String,
    /// Why the form is shown again.
    pub error: Option<SignInError>,
    /// The person is signed in and has to prove it anew (`prompt=login`, `max_age`).
    pub reauthenticate: bool,
    /// Where a post goes back to the app with `access_denied`; no way back is shown without.
    pub cancel: Option<String>,
    /// Signing in with a passkey.
    pub passkey: PasskeyWay,
    /// The page on which an account is made, where anyone may.
    pub create_account: Option<String>,
    /// The page for a forgotten password.
    pub forgot_password: String,
    /// What was just done by a mailed link.
    pub done: Option<SignInDone>,
}

/// What a mailed link did, after which the person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInDone {
    /// The address of a new account was proved.
    Verified,
    /// A new password was set.
    Reset,
}

/// The addresses that the page's script needs.
#[derive(Clone, Debug, Default)]
pub struct PasskeyWay {
    /// Where the answer is posted to: `csrf`, `ceremony` and `credential`.
    pub action: String,
    /// Where the challenge is asked for.
    pub options: String,
}

/// Why a sign-in did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// Unknown address or wrong password: never said which.
    BadCredentials,
    /// Fields left empty.
    Empty {
        /// The address.
        username: bool,
        /// The password.
        password: bool,
    },
    /// Too many attempts.
    TryLater {
        /// Seconds until the next one counts.
        seconds: u32,
    },
    /// Too many people sign in at this moment.
    Busy,
    /// The form was too old, or its token did not match.
    SessionExpired,
    /// The second step took too long, or was done elsewhere.
    Over,
    PasskeyRefused,
    /// The account can still be restored.
    Deleted {
        /// Until when, in words.
        until: String,
    },
}

/// When to try again if too many people sign in at this moment.
const BUSY_SECONDS: u64 = 5;

/// One line of the summary over a form.
struct Problem {
    /// The id of the field that it links to.
    field: Option<&'static str>,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignInPage<'a> {
    f: Frame<'a>,
    it: &'a SignIn,
    app: Option<&'a AppView>,
    problems: Vec<Problem>,
    username_problem: Option<String>,
    password_problem: Option<String>,
    done: Option<String>,
}

impl SignIn {
    /// The page: 200, after an error 422 or 429.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = match (&self.app, self.reauthenticate) {
            (Some(app), false) => f.t1("sign-in-to", "app", &app.name()),
            (_, true) => f.t("sign-in-again"),
            (None, false) => f.t("sign-in"),
        };
        f.failed = self.error.is_some();
        let (mut username_problem, mut password_problem) = (None, None);
        let mut problems = Vec::new();
        match &self.error {
            None => {}
            Some(SignInError::BadCredentials) => {
                let text = f.t("sign-in-bad-credentials");
                problems.push(Problem {
                    field: Some("username"),
                    text,
                });
                password_problem = Some(f.t("sign-in-password-again"));
            }
            Some(SignInError::Empty { username, password }) => {
                username_problem = (*username).then(|| f.t("sign-in-username-empty"));
                password_problem = (*password).then(|| f.t("sign-in-password-empty"));
                let fields = [
                    ("username", &username_problem),
                    ("password", &password_problem),
                ];
                for (field, text) in fields {
                    if let Some(text) = text.clone() {
                        problems.push(Problem {
                            field: Some(field),
                            text,
                        });
                    }
                }
            }
            Some(SignInError::TryLater { seconds }) => {
                let wait = i18n::duration(ctx.locale, u64::from(*seconds));
                problems.push(Problem {
                    field: None,
                    text: f.t1("sign-in-try-later", "wait", &wait),
                });
            }
            Some(SignInError::Deleted { until }) => {
                problems.push(Problem {
                    field: None,
                    text: f.t1("sign-in-deleted", "date", until),
                });
            }
            Some(error) => {
                let key = match error {
                    SignInError::Over => "sign-in-over",
                    SignInError::PasskeyRefused => "sign-in-passkey-refused",
                    SignInError::Busy => "sign-in-busy",
                    _ => "sign-in-expired",
                };
                problems.push(Problem {
                    field: None,
                    text: f.t(key),
                });
            }
        }
        let status = match &self.error {
            None => StatusCode::OK,
            Some(SignInError::TryLater { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(SignInError::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let mut answer = Answer::new(status, Forms::Here);
        answer.script = Some("'self'");
        answer.connects = true;
        answer.retry_after = match self.error {
            Some(SignInError::TryLater { seconds }) => Some(u64::from(seconds)),
            Some(SignInError::Busy) => Some(BUSY_SECONDS),
            _ => None,
        };
        let app = self.app.as_ref();
        let done = self.done.filter(|_| self.error.is_none());
        let done = done.map(|done| match done {
            SignInDone::Verified => f.t("registration-verified"),
            SignInDone::Reset => f.t("registration-reset-done"),
        });
        let page = SignInPage {
            f,
            it: self,
            app,
            problems,
            username_problem,
            password_problem,
            done,
        };
        respond(ctx, &page, &answer)
    }
}

/// The choice between the account that is signed in and another one (`prompt=select_account`):
/// posts `csrf` and `choice`, `continue` or `other`.
#[derive(Clone, Debug, Default)]
pub struct SelectAccount {
    /// The app that asked.
    pub app: Option<AppView>,
    /// Where the choice is posted to.
    pub action: String,
    /// Where a post goes back to the app with `access_denied`.
    pub cancel: Option<String>,
    /// The signed-in person's name.
    pub name: Option<String>,
    /// The signed-in person's address.
    pub email: String,
}

#[derive(Template)]
#[template(path = "pages/select_account.html")]
struct SelectAccountPage<'a> {
    f: Frame<'a>,
    it: &'a SelectAccount,
    app: Option<&'a AppView>,
    name: Option<String>,
    initial: String,
}

impl SelectAccount {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = match &self.app {
            Some(app) => f.t1("select-account-for", "app", &app.name()),
            None => f.t("select-account"),
        };
        let name = self
            .name
            .as_deref()
            .map(display_name)
            .filter(|name| !name.is_empty());
        let initial = initial(name.as_deref().unwrap_or(&self.email));
        let page = SelectAccountPage {
            f,
            it: self,
            app: self.app.as_ref(),
            name,
            initial,
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::Here))
    }
}
