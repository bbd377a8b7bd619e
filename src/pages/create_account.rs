//! Creating an account.

use askama::Template;
use axum::response::Response;

use super::PageContext;
use super::app::AppView;
use super::form_problems::FormProblems;
use super::frame::{Answer, Forms, Frame, respond};

/// The form: posts `csrf`, `email`, `password`, `given_name` and `family_name`.
#[derive(Clone, Debug, Default)]
pub struct CreateAccount {
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the form is posted to.
    pub action: String,
    /// What stands in the fields: what was typed before an error.
    pub email: String,
    pub given_name: String,
    pub family_name: String,
    /// The page for those who have an account.
    pub sign_in: String,
    /// Where a post goes back to the app with `access_denied`; no way back is shown without.
    pub cancel: Option<String>,
    /// What was wrong with what was sent.
    pub problems: FormProblems,
}

#[derive(Template)]
#[template(path = "pages/create_account.html")]
struct CreateAccountPage<'a> {
    f: Frame<'a>,
    it: &'a CreateAccount,
    app: Option<&'a AppView>,
    problems: &'a FormProblems,
}

impl CreateAccount {
    /// The page: 200, with problems 422, after too many attempts 429.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = match &self.app {
            Some(app) => f.t1("create-account-for", "app", &app.name()),
            None => f.t("create-account"),
        };
        f.failed = !self.problems.is_empty();
        let mut answer = Answer::new(self.problems.status(), Forms::Here);
        answer.script = Some("'self'");
        answer.retry_after = self.problems.retry_after();
        let page = CreateAccountPage {
            f,
            it: self,
            app: self.app.as_ref(),
            problems: &self.problems,
        };
        respond(ctx, &page, &answer)
    }
}
