//! The account area: a page for each task, with a list of all beside it (below it on narrow
//! screens).
//!
//! A page of the area is a struct with `f: Frame` and `area: Area`, and a template that extends
//! `pages/account/base.html` and fills its block `page`; [`Area::respond`] answers with it.
//! `overview.rs` is the model.

mod apps;
mod delete;
mod email;
mod export;
mod history;
mod overview;
mod password;
mod profile;
mod sessions;
mod sign_in_again;
mod trail;

use askama::Template;
use axum::response::Response;

use super::frame::{Answer, Forms, Frame, respond};
use super::{FormProblems, PageContext};
use crate::i18n::{Locale, t_args};

pub use apps::{AppItem, AppList, DisconnectApp};
pub use delete::DeletePage;
pub use email::EmailPage;
pub use export::ExportPage;
pub use history::{HistoryItem, HistoryPage};
pub use overview::{Overview, Protected, Visit};
pub use password::PasswordPage;
pub use profile::ProfilePage;
pub use sessions::{SessionItem, SessionList};
pub use sign_in_again::SignInAgain;
pub use trail::TrailPage;

/// The tasks of the area, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Overview,
    Profile,
    Password,
    Email,
    Factors,
    Sessions,
    History,
    Apps,
    Data,
    Delete,
}

impl Task {
    /// All, in the order of the list.
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::Profile,
        Self::Password,
        Self::Email,
        Self::Factors,
        Self::Sessions,
        Self::History,
        Self::Apps,
        Self::Data,
        Self::Delete,
    ];

    /// The path of its page, without the issuer's own.
    pub fn path(self) -> &'static str {
        match self {
            Self::Overview => "/account",
            Self::Profile => "/account/profile",
            Self::Password => "/account/password",
            Self::Email => "/account/email",
            Self::Factors => "/account/factors",
            Self::Sessions => "/account/sessions",
            Self::History => "/account/history",
            Self::Apps => "/account/apps",
            Self::Data => "/account/export",
            Self::Delete => "/account/delete",
        }
    }

    /// What the list calls it.
    fn key(self) -> &'static str {
        match self {
            Self::Overview => "account-overview",
            Self::Profile => "account-profile",
            Self::Password => "account-password",
            Self::Email => "account-email",
            Self::Factors => "account-factors",
            Self::Sessions => "account-sessions",
            Self::History => "account-history",
            Self::Apps => "account-apps",
            Self::Data => "account-data",
            Self::Delete => "account-delete",
        }
    }
}

/// So many sessions, or apps, are listed: a page of them stays below 30 KB.
pub const MOST_LISTED: usize = 25;

/// What a list says of which only a part is shown.
fn not_all(locale: Locale, key: &str, listed: usize, total: i64) -> Option<String> {
    let n = i64::try_from(listed).unwrap_or(i64::MAX);
    (total > n).then(|| t_args(locale, key, &[("n", n.into()), ("all", total.into())]))
}

/// What a handler tells of every page of the area.
#[derive(Clone, Debug, Default)]
pub struct AreaView {
    /// Whose account it is: the address they sign in with.
    pub email: String,
    /// The same for forms, which carry it in `whose`: what was asked of one person's page is not done
    /// to another who signed in meanwhile.
    pub whose: String,
    /// What was just done, in the language of the page: shown over the page.
    pub done: Option<String>,
    /// What was wrong with the form that was sent.
    pub problems: FormProblems,
}

/// What the templates use of the area.
pub(super) struct Area<'a> {
    pub view: &'a AreaView,
    /// The page that is shown stands under this task.
    pub task: Task,
}

/// One line of the list.
pub(super) struct AreaLink {
    pub href: String,
    pub text: String,
    pub here: bool,
}

impl<'a> Area<'a> {
    /// The frame and the area of a page whose heading is the text `heading`.
    pub fn new(
        ctx: &'a PageContext<'a>,
        view: &'a AreaView,
        task: Task,
        heading: &str,
    ) -> (Frame<'a>, Self) {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t(heading);
        f.failed = !view.problems.is_empty();
        f.wide = true;
        (f, Self { view, task })
    }

    /// The list.
    pub fn links(&self, f: &Frame<'_>) -> Vec<AreaLink> {
        let link = |task: Task| AreaLink {
            href: f.url(task.path()),
            text: f.t(task.key()),
            here: task == self.task,
        };
        Task::ALL.into_iter().map(link).collect()
    }

    /// The page from which the list leads to all others.
    pub fn is_first(&self) -> bool {
        self.task == Task::Overview
    }

    /// What is wrong with a field.
    pub fn problem(&self, field: &str) -> Option<&str> {
        self.view.problems.of(field)
    }

    /// Answers with a page: 200, with problems 422, after too many attempts 429.
    pub fn respond(ctx: &PageContext<'_>, view: &AreaView, page: &impl Template) -> Response {
        Self::respond_with_script(ctx, view, page, None)
    }

    /// The same for a page with a script of ours.
    pub fn respond_with_script(
        ctx: &PageContext<'_>,
        view: &AreaView,
        page: &impl Template,
        script: Option<&str>,
    ) -> Response {
        let mut answer = Answer::new(view.problems.status(), Forms::Here);
        answer.script = script;
        answer.retry_after = view.problems.retry_after();
        respond(ctx, page, &answer)
    }
}
