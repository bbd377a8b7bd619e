//! What protects the account beside the password, and what to do when some of it is lost.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Errand;
use crate::i18n::{FluentValue, date, t_args};
use crate::pages::PageContext;
use crate::pages::account_area::{Area, AreaView, Task};
use crate::pages::app::AppView;
use crate::pages::frame::Frame;
use crate::pages::text::display_name;

/// The list of factors.
#[derive(Clone, Debug, Default)]
pub struct FactorList {
    pub view: AreaView,
    pub errand: Errand,
    pub factors: Vec<FactorLine>,
    pub recovery_codes_left: u32,
    /// The person's role demands a second factor.
    pub demanded: bool,
    /// This server can have passkeys.
    pub passkeys: bool,
    /// The password was set by way of the mailbox: codes by mail are no second factor beside it.
    pub password_from_mail: bool,
    /// Where codes that were just made are still shown.
    pub new_codes: Option<String>,
}

/// A factor.
#[derive(Clone, Debug)]
pub struct FactorLine {
    pub id: String,
    /// `totp`, `passkey` or `email`.
    pub kind: &'static str,
    /// What the person calls it.
    pub name: String,
    /// When, in the offset in which it is to be shown.
    pub created_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
}

struct Line<'a> {
    it: &'a FactorLine,
    name: String,
    kind: String,
    added: String,
    used: String,
    rename: String,
    remove: String,
}

#[derive(Template)]
#[template(path = "pages/account/factors/list.html")]
struct ListPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a FactorList,
    app: Option<&'a AppView>,
    lines: Vec<Line<'a>>,
    codes: String,
    advice: &'static str,
    email_on: bool,
}

impl FactorList {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-title");
        let on = |key: &str, at: OffsetDateTime| {
            t_args(ctx.locale, key, &[("date", date(ctx.locale, at).into())])
        };
        let lines = self.factors.iter().map(|it| Line {
            it,
            name: display_name(&it.name),
            kind: f.t(&format!("factors-kind-{}", it.kind)),
            added: on("factors-added", it.created_at),
            used: match it.last_used_at {
                Some(at) => on("factors-used", at),
                None => f.t("factors-unused"),
            },
            rename: f.url(&format!("/account/factors/{}/name", it.id)),
            remove: f.url(&format!("/account/factors/{}/remove", it.id)),
        });
        let lines = lines.collect();
        let left = [("n", FluentValue::from(self.recovery_codes_left))];
        let advice = match (self.factors.is_empty(), self.recovery_codes_left) {
            (true, _) => "factors-lost-none",
            (false, 0) => "factors-lost-no-codes",
            (false, _) => "factors-lost-codes",
        };
        let page = ListPage {
            codes: t_args(ctx.locale, "factors-codes-left", &left),
            it: self,
            app: self.errand.app.as_ref(),
            lines,
            advice,
            email_on: self.factors.iter().any(|factor| factor.kind == "email"),
            f,
            area,
        };
        Area::respond(ctx, &self.view, &page)
    }

    fn href(&self, f: &Frame<'_>, path: &str) -> String {
        self.errand.href(f.ctx.base_path, path)
    }
}

impl Line<'_> {
    fn machine(&self) -> String {
        self.it.created_at.format(&Rfc3339).unwrap_or_default()
    }
}
