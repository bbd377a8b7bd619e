//! The page that carries an authorization response by form (OAuth 2.0 Form Post Response Mode).

use std::sync::LazyLock;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};
use crate::foundation::secret::sha256;

/// Through the prototype: a response parameter named `submit` would hide the form's own method.
const SCRIPT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/// The only script that the policy of the page allows.
static SCRIPT_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(sha256(SCRIPT.as_bytes()))));

/// A form that posts itself to the client; without script, by its button.
#[derive(Clone)]
pub struct FormPost {
    /// The redirect URI, verified.
    pub action: String,
    /// The response parameters, in their order.
    pub fields: Vec<(String, String)>,
}

impl std::fmt::Debug for FormPost {
    /// Without the values: an authorization code is among them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("FormPost")
            .field("action", &self.action)
            .field("fields", &names)
            .finish()
    }
}

#[derive(Template)]
#[template(path = "pages/form_post.html")]
struct FormPostPage<'a> {
    f: Frame<'a>,
    it: &'a FormPost,
    script: &'static str,
}

impl FormPost {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("form-post-title");
        let mut answer = Answer::new(StatusCode::OK, Forms::There(&self.action));
        answer.script = Some(&SCRIPT_SOURCE);
        respond(
            ctx,
            &FormPostPage {
                f,
                it: self,
                script: SCRIPT,
            },
            &answer,
        )
    }
}
