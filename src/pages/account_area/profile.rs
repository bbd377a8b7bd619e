//! The profile's form.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;

use super::{Area, AreaView, Task};
use crate::i18n::Locale;
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// The form: posts `csrf`, `whose` and a field for each claim; the date of birth is three.
#[derive(Clone, Debug, Default)]
pub struct ProfilePage {
    /// What all pages of the area show.
    pub view: AreaView,
    /// The telephone number is the person's own for certain.
    pub phone_verified: bool,
    /// The fields' values by their names.
    pub values: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "pages/account/profile.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a ProfilePage,
    locales: Vec<(String, String)>,
}

impl ProfilePage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Profile, "account-profile");
        let page = Page {
            f,
            area,
            it: self,
            locales: self.locales(),
        };
        Area::respond(ctx, &self.view, &page)
    }

    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The languages to choose from: ours, and the one that was chosen elsewhere.
    fn locales(&self) -> Vec<(String, String)> {
        let ours =
            Locale::ALL.map(|locale| (locale.tag().to_owned(), locale.own_name().to_owned()));
        let mut locales = ours.to_vec();
        let chosen = self.value("locale");
        if !chosen.is_empty() && locales.iter().all(|(tag, _)| tag != chosen) {
            locales.push((chosen.to_owned(), chosen.to_owned()));
        }
        locales
    }
}
