//! A forgotten password: which account it is of.

use askama::Template;
use axum::response::Response;

use super::PageContext;
use super::app::AppView;
use super::form_problems::FormProblems;
use super::frame::{Answer, Forms, Frame, respond};

/// The form: posts `csrf` and `email`.
#[derive(Clone, Debug, Default)]
pub struct ForgotPassword {
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the form is posted to.
    pub action: String,
    /// What stands in the field.
    pub email: String,
    /// The sign-in page.
    pub sign_in: String,
    /// What was wrong with what was sent.
    pub problems: FormProblems,
}

#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
struct ForgotPasswordPage<'a> {
    f: Frame<'a>,
    it: &'a ForgotPassword,
    app: Option<&'a AppView>,
    problems: &'a FormProblems,
}

impl ForgotPassword {
    /// The page: 200, with problems 422.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("forgot-password");
        f.failed = !self.problems.is_empty();
        let mut answer = Answer::new(self.problems.status(), Forms::Here);
        answer.retry_after = self.problems.retry_after();
        let page = ForgotPasswordPage {
            f,
            it: self,
            app: self.app.as_ref(),
            problems: &self.problems,
        };
        respond(ctx, &page, &answer)
    }
}
