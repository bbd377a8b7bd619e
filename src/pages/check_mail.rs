//! "Look into your mail": the same whether or not anything was sent.

use askama::Template;
use axum::response::Response;

use super::PageContext;
use super::app::AppView;
use super::form_problems::FormProblems;
use super::frame::{Answer, Forms, Frame, respond};
use crate::i18n::duration;

/// What the mail is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailTopic {
    /// A link that proves the address of a new account.
    #[default]
    Verification,
    /// A link by which a new password is set.
    Reset,
}

/// The page. Its form asks for the mail once more: it posts `csrf`, and `email` where the page does
/// not know the address.
#[derive(Clone, Debug, Default)]
pub struct CheckMail {
    pub topic: MailTopic,
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the mail went, as it was typed; `None` in another browser than the one that asked.
    pub email: Option<String>,
    /// How long the link is good, in seconds.
    pub valid_for: u64,
    /// It was just asked for once more.
    pub again: bool,
    /// Where the form is posted to.
    pub action: String,
    /// Where another address can be entered.
    pub other: String,
    /// The sign-in page.
    pub sign_in: String,
    /// What was wrong with what was sent.
    pub problems: FormProblems,
}

#[derive(Template)]
#[template(path = "pages/check_mail.html")]
struct CheckMailPage<'a> {
    f: Frame<'a>,
    it: &'a CheckMail,
    app: Option<&'a AppView>,
    problems: &'a FormProblems,
    text: String,
    valid: String,
}

impl CheckMail {
    /// The page: 200, with problems 422.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("check-mail");
        f.failed = !self.problems.is_empty();
        let text = match (self.topic, &self.email) {
            (MailTopic::Verification, Some(email)) => f.t1("check-mail-verify", "email", email),
            (MailTopic::Verification, None) => f.t("check-mail-verify-anywhere"),
            (MailTopic::Reset, Some(email)) => f.t1("check-mail-reset", "email", email),
            (MailTopic::Reset, None) => f.t("check-mail-reset-anywhere"),
        };
        let time = duration(ctx.locale, self.valid_for);
        let valid = f.t1("check-mail-valid", "time", &time);
        let answer = Answer::new(self.problems.status(), Forms::Here);
        let page = CheckMailPage {
            f,
            it: self,
            app: self.app.as_ref(),
            problems: &self.problems,
            text,
            valid,
        };
        respond(ctx, &page, &answer)
    }
}
