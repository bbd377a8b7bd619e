//! Signing out: the question before, the news after.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::app::AppView;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::web_link;

/// The question whether to sign out: posts `csrf`, the hidden fields and `decision`, `logout` or
/// `stay`.
#[derive(Clone, Debug, Default)]
pub struct SignOut {
    /// The app that asked, if one did.
    pub app: Option<AppView>,
    /// Where the decision is posted to.
    pub action: String,
    /// Who is signed in.
    pub user_email: Option<String>,
    /// What the post has to repeat.
    pub hidden: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/sign_out.html")]
struct SignOutPage<'a> {
    f: Frame<'a>,
    it: &'a SignOut,
}

impl SignOut {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("sign-out-title");
        let page = SignOutPage { f, it: self };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::Here))
    }
}

/// The news that the session is over.
#[derive(Clone, Debug, Default)]
pub struct SignedOut {
    /// The app to go back to.
    pub app: Option<AppView>,
    /// Its address: a `post_logout_redirect_uri` that was checked, or none.
    pub return_to: Option<String>,
    /// Front-channel logout URIs with their `iss` and `sid`, framed out of sight (OpenID Connect
    /// Front-Channel Logout 1.0, section 3).
    pub front_channel: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/signed_out.html")]
struct SignedOutPage<'a> {
    f: Frame<'a>,
    app_name: Option<String>,
    return_to: Option<String>,
    frames: &'a [String],
}

impl SignedOut {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("signed-out-title");
        let frames: Vec<String> = self
            .front_channel
            .iter()
            .filter_map(|frame| web_link(frame))
            .collect();
        let app_name = self.app.as_ref().map(AppView::name);
        let return_to = self.return_to.as_deref().and_then(web_link);
        let page = SignedOutPage {
            f,
            app_name,
            return_to,
            frames: &frames,
        };
        let mut answer = Answer::new(StatusCode::OK, Forms::None);
        answer.frames = &frames;
        respond(ctx, &page, &answer)
    }
}
