//! What an app would like to do, and the choice to allow it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::app::AppView;
use super::frame::{Answer, Forms, Frame, respond};
use crate::i18n::{Locale, t};

/// The question of consent: posts `csrf` and `decision`, `allow` or `deny`.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    /// The app that asks.
    pub app: AppView,
    /// Where the decision is posted to.
    pub action: String,
    /// Who is asked.
    pub user_email: String,
    /// What it asks for.
    pub items: Vec<ConsentItem>,
    /// Where a person goes who is not `user_email` (a link); none is shown without.
    pub not_you: Option<String>,
}

/// One thing that an app asks for.
#[derive(Clone, Debug, Default)]
pub struct ConsentItem {
    /// What it may do then, in the language of the page: [`scope_text`] or a permission's
    /// description.
    pub text: String,
    /// Not granted before: what was is folded away.
    pub new: bool,
}

/// The words for a scope value of ours. `None` for others: a resource server's permissions bring
/// their own descriptions.
pub fn scope_text(locale: Locale, scope: &str) -> Option<String> {
    Some(match scope {
        "openid" => t(locale, "scope-openid"),
        "profile" => t(locale, "scope-profile"),
        "email" => t(locale, "scope-email"),
        "phone" => t(locale, "scope-phone"),
        "address" => t(locale, "scope-address"),
        "roles" => t(locale, "scope-roles"),
        "offline_access" => t(locale, "scope-offline-access"),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "pages/consent.html")]
struct ConsentPage<'a> {
    f: Frame<'a>,
    it: &'a Consent,
    app: Option<&'a AppView>,
    asked: Vec<&'a str>,
    granted: Vec<&'a str>,
}

impl Consent {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t1("consent-title", "app", &self.app.name());
        let lines = |new: bool| -> Vec<&str> {
            let items = self.items.iter().filter(|item| item.new == new);
            items.map(|item| item.text.as_str()).collect()
        };
        let (mut asked, mut granted) = (lines(true), lines(false));
        // Asked again without anything new (`prompt=consent`): nothing is worth folding away.
        if asked.is_empty() {
            std::mem::swap(&mut asked, &mut granted);
        }
        let page = ConsentPage {
            f,
            it: self,
            app: Some(&self.app),
            asked,
            granted,
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::Here))
    }
}
