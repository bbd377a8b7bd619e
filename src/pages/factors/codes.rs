//! Recovery codes: shown once.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;

use super::Errand;
use crate::foundation::secret::Secret;
use crate::i18n::{FluentValue, date, t_args};
use crate::pages::PageContext;
use crate::pages::account_area::{Area, AreaView, Task};
use crate::pages::frame::Frame;

/// The question whether to make new ones: posts `csrf`.
#[derive(Clone, Debug, Default)]
pub struct RecoveryCodes {
    pub view: AreaView,
    pub left: u32,
    /// There is a factor that they stand in for.
    pub possible: bool,
}

#[derive(Template)]
#[template(path = "pages/account/factors/recovery_codes.html")]
struct RecoveryPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a RecoveryCodes,
    left: String,
}

impl RecoveryCodes {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-codes-title");
        let left = [("n", FluentValue::from(self.left))];
        let page = RecoveryPage {
            f,
            area,
            it: self,
            left: t_args(ctx.locale, "factors-codes-left", &left),
        };
        Area::respond(ctx, &self.view, &page)
    }
}

/// The new codes: posts `csrf` and `continuation` when they are kept.
#[derive(Clone, Debug)]
pub struct NewCodes {
    pub view: AreaView,
    pub codes: Vec<Secret>,
    pub made_at: OffsetDateTime,
    pub errand: Errand,
}

#[derive(Template)]
#[template(path = "pages/account/factors/new_codes.html")]
struct NewCodesPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a NewCodes,
    /// Whose they are, where and since when: for whoever finds the sheet of paper.
    owner: String,
    /// A text file within the address: nothing has to be kept for a second request.
    download: String,
}

impl NewCodes {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-new-codes-title");
        let facts = [
            ("email", self.view.email.as_str().into()),
            ("brand", f.brand().into()),
            ("date", date(ctx.locale, self.made_at).into()),
        ];
        let owner = t_args(ctx.locale, "factors-codes-for", &facts);
        let mut text = f.t("factors-codes-file") + "\n" + &owner + "\n\n";
        for code in &self.codes {
            text.push_str(code.expose());
            text.push('\n');
        }
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let page = NewCodesPage {
            f,
            area,
            it: self,
            owner,
            download: format!(
                "data:text/plain;charset=utf-8,{}",
                encoded.replace('+', "%20")
            ),
        };
        Area::respond(ctx, &self.view, &page)
    }
}
