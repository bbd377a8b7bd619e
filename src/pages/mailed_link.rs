//! Where a mailed link leads: a button to press, or what became of the link and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::error::WayOn;
use super::form_problems::FormProblems;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::local_path;

/// What a mailed link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    VerifyEmail,
    ResetPassword,
    ChangeEmail,
    UndoEmailChange,
    RestoreAccount,
}

impl LinkKind {
    /// All, for tests and galleries.
    pub const ALL: [Self; 5] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ChangeEmail,
        Self::UndoEmailChange,
        Self::RestoreAccount,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::VerifyEmail => "link-verify-email",
            Self::ResetPassword => "link-reset-password",
            Self::ChangeEmail => "link-change-email",
            Self::UndoEmailChange => "link-undo-email-change",
            Self::RestoreAccount => "link-restore-account",
        }
    }
}

/// What became of a mailed link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The button does what the link is for.
    Ready,
    Used,
    Expired,
    /// Another one was sent since.
    Withdrawn,
    Unknown,
}

impl LinkState {
    /// All, for tests and galleries.
    pub const ALL: [Self; 5] = [
        Self::Ready,
        Self::Used,
        Self::Expired,
        Self::Withdrawn,
        Self::Unknown,
    ];

    fn status(self) -> StatusCode {
        match self {
            Self::Ready => StatusCode::OK,
            Self::Used | Self::Expired | Self::Withdrawn => StatusCode::GONE,
            Self::Unknown => StatusCode::BAD_REQUEST,
        }
    }
}

/// The page of a mailed link. Its form posts `csrf` and `token`.
#[derive(Clone, Debug)]
pub struct MailedLink {
    pub kind: LinkKind,
    pub state: LinkState,
    /// Where the button posts to.
    pub action: String,
    /// The secret of the link.
    pub token: String,
    /// The address that the link speaks of.
    pub email: Option<String>,
    /// Where to ask for a new link by `csrf` and `token`; no such button without.
    pub again: Option<String>,
    /// Where else to go.
    pub way_on: Option<WayOn>,
    /// What was wrong with the form that was sent.
    pub problems: FormProblems,
}

#[derive(Template)]
#[template(path = "pages/mailed_link.html")]
struct MailedLinkPage<'a> {
    f: Frame<'a>,
    it: &'a MailedLink,
    problems: &'a FormProblems,
    text: String,
    way_on: Option<(String, String)>,
    ready: bool,
}

impl MailedLink {
    /// The page: 200 with the button, 410 for a link that was good once, 400 for any other.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        let key = self.kind.key();
        f.heading = match self.state {
            LinkState::Ready => f.t(key),
            LinkState::Used => f.t("link-used-title"),
            LinkState::Expired => f.t("link-expired-title"),
            LinkState::Withdrawn => f.t("link-withdrawn-title"),
            LinkState::Unknown => f.t("link-unknown-title"),
        };
        f.failed = !self.problems.is_empty();
        let text = match (self.state, &self.email) {
            (LinkState::Ready, Some(email)) => f.t1(&format!("{key}.text"), "email", email),
            (LinkState::Ready, None) => f.t(&format!("{key}.plain")),
            (LinkState::Used, _) => f.t(&format!("{key}.used")),
            (LinkState::Expired, _) => f.t(&format!("{key}.expired")),
            (LinkState::Withdrawn, _) => f.t("link-withdrawn"),
            (LinkState::Unknown, _) => f.t("link-unknown"),
        };
        let way_on = self.way_on.as_ref().and_then(|way_on| {
            let url = local_path(&way_on.url)?.to_owned();
            Some((f.t(way_on.label.key()), url))
        });
        let ready = self.state == LinkState::Ready;
        let status = match (ready, self.problems.is_empty()) {
            (true, false) => self.problems.status(),
            _ => self.state.status(),
        };
        let forms = if ready || self.again.is_some() {
            Forms::Here
        } else {
            Forms::None
        };
        let mut answer = Answer::new(status, forms);
        answer.retry_after = self.problems.retry_after();
        let page = MailedLinkPage {
            f,
            it: self,
            problems: &self.problems,
            text,
            way_on,
            ready,
        };
        respond(ctx, &page, &answer)
    }

    fn button(&self, f: &Frame<'_>) -> String {
        f.t(&format!("{}.button", self.kind.key()))
    }
}
