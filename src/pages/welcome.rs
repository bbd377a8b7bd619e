//! The start page of a person who is not signed in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};

/// The start page of a person who is not signed in.
#[derive(Clone, Debug, Default)]
pub struct Welcome {
    /// Address of the sign-in page.
    pub sign_in: String,
    /// Address of the page that describes the API.
    pub docs: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/welcome.html")]
struct WelcomePage<'a> {
    f: Frame<'a>,
    it: &'a Welcome,
}

impl Welcome {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t1("welcome-title", "brand", &ctx.brand.name);
        respond(
            ctx,
            &WelcomePage { f, it: self },
            &Answer::new(StatusCode::OK, Forms::None),
        )
    }
}
