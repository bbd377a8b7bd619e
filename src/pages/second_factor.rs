//! The second step of a sign-in: one way to prove it, the others in sight.

use askama::Template;
use axum::response::Response;

use super::app::AppView;
use super::frame::{Answer, Forms, Frame, respond};
use super::{FormProblems, PageContext};

/// A way to prove the second factor, as this page knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FactorMethod {
    #[default]
    Totp,
    Passkey,
    Email,
    RecoveryCode,
}

impl FactorMethod {
    /// The value of the form's field `method`.
    pub fn value(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Email => "email",
            Self::RecoveryCode => "recovery_code",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Totp => "factor-use-totp",
            Self::Passkey => "factor-use-passkey",
            Self::Email => "factor-use-email",
            Self::RecoveryCode => "factor-use-recovery-code",
        }
    }
}

/// The second step: posts `csrf`, `method`, and `code`; or `ceremony` and `credential`; or `send` to
/// have a code mailed.
#[derive(Clone, Debug, Default)]
pub struct SecondFactor {
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the form is posted to.
    pub action: String,
    /// The way that is shown.
    pub method: FactorMethod,
    /// The others, with the addresses of their pages.
    pub others: Vec<(FactorMethod, String)>,
    /// Whose sign-in it is: the address that was typed a moment ago.
    pub email: String,
    /// A code was mailed for this sign-in.
    pub sent: bool,
    /// Codes by mail are on and do not count: the password came by mail too.
    pub email_uncounted: bool,
    /// The WebAuthn ceremony and its options as JSON.
    pub passkey: Option<PasskeyQuestion>,
    /// What was wrong.
    pub problems: FormProblems,
    /// Where a post goes back to the app with `access_denied`.
    pub cancel: Option<String>,
    /// The sign-in page, to begin anew.
    pub start_over: String,
}

/// A WebAuthn challenge for the browser.
#[derive(Clone, Debug)]
pub struct PasskeyQuestion {
    /// Names the challenge in the answer.
    pub ceremony: String,
    /// The options of `navigator.credentials.get`, as JSON.
    pub options: String,
}

#[derive(Template)]
#[template(path = "pages/second_factor.html")]
struct SecondFactorPage<'a> {
    f: Frame<'a>,
    it: &'a SecondFactor,
    app: Option<&'a AppView>,
    problems: FormProblems,
    code_problem: Option<&'a str>,
    /// Stable, for scripts and for those who test us: an app's code has an id of its own.
    code_id: &'static str,
    others: Vec<(&'static str, String, String)>,
}

impl SecondFactor {
    /// The page: 200, after an error 422 or 429.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t(match self.method {
            FactorMethod::Totp => "factor-title-totp",
            FactorMethod::Passkey => "factor-title-passkey",
            FactorMethod::Email => "factor-title-email",
            FactorMethod::RecoveryCode => "factor-title-recovery-code",
        });
        f.failed = !self.problems.is_empty();
        let others = self.others.iter();
        let others = others
            .map(|(method, href)| (method.value(), href.clone(), f.t(method.key())))
            .collect();
        let mut answer = Answer::new(self.problems.status(), Forms::Here);
        answer.script = (self.method == FactorMethod::Passkey).then_some("'self'");
        answer.retry_after = self.problems.retry_after();
        let code_id = match self.method {
            FactorMethod::Totp => "totp-code",
            _ => "code",
        };
        let page = SecondFactorPage {
            f,
            it: self,
            app: self.app.as_ref(),
            problems: self.problems.clone().leading_to("code", code_id),
            code_problem: self.problems.of("code"),
            code_id,
            others,
        };
        respond(ctx, &page, &answer)
    }

    fn shows(&self, method: &str) -> bool {
        self.method.value() == method
    }
}
