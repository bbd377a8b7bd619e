//! What is shown when a sign-in ended in the middle of a form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::pages::PageContext;
use crate::pages::frame::{Answer, Forms, Frame, respond};

/// A page that keeps what was entered, leads to a sign-in in another tab, and sends the form again.
#[derive(Clone, Debug, Default)]
pub struct SignInAgain {
    /// The person is signed in, but for too long for what they are about to do.
    pub confirm: bool,
    /// Address of the sign-in.
    pub sign_in: String,
    /// Where the form goes.
    pub action: String,
    /// The fields that were entered.
    pub kept: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/account/sign_in_again.html")]
struct Page<'a> {
    f: Frame<'a>,
    it: &'a SignInAgain,
}

impl SignInAgain {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t(if self.confirm {
            "sign-in-again"
        } else {
            "ended-title"
        });
        let answer = Answer::new(StatusCode::UNAUTHORIZED, Forms::Here);
        respond(ctx, &Page { f, it: self }, &answer)
    }
}
