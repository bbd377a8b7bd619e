//! Setting a new password by a mailed link.

use askama::Template;
use axum::response::Response;

use super::PageContext;
use super::form_problems::FormProblems;
use super::frame::{Answer, Forms, Frame, respond};

/// The form: posts `csrf`, `token` and `new_password`. The account's address stands in it for password
/// managers, which keep the new password for it.
#[derive(Clone, Debug, Default)]
pub struct ResetPassword {
    /// Where the form is posted to.
    pub action: String,
    /// The secret of the link.
    pub token: String,
    /// The account's address.
    pub email: String,
    /// Codes by mail are on, and will not count beside a password that came by mail.
    pub email_uncounted: bool,
    /// What was wrong with what was sent.
    pub problems: FormProblems,
}

#[derive(Template)]
#[template(path = "pages/reset_password.html")]
struct ResetPasswordPage<'a> {
    f: Frame<'a>,
    it: &'a ResetPassword,
    problems: &'a FormProblems,
}

impl ResetPassword {
    /// The page: 200, with problems 422, after too many attempts 429.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("link-reset-password");
        f.failed = !self.problems.is_empty();
        let mut answer = Answer::new(self.problems.status(), Forms::Here);
        answer.script = Some("'self'");
        answer.retry_after = self.problems.retry_after();
        let page = ResetPasswordPage {
            f,
            it: self,
            problems: &self.problems,
        };
        respond(ctx, &page, &answer)
    }
}
