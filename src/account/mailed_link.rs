//! The pages of mailed links, whatever they are for: `GET` and `HEAD` show a button or what became of
//! the link, `POST` spends it.

use axum::response::Response;

use super::continuing::{living, within};
use super::mailed_token::{self, Found, Purpose};
use super::refusal::Refusal;
use crate::app::{App, Fault, Visitor};
use crate::authn::throttle::{self, Bucket, Gate};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::oauth::authorize::interaction::Continuation;
use crate::pages::{FormProblems, LinkKind, LinkState, MailedLink, WayOn, WayOnLabel};
use crate::users::email::email_key;

/// A mailed link that was opened, or whose button was pressed.
pub struct Link {
    pub purpose: Purpose,
    pub token: Secret,
    /// The authorization request in whose course the link was asked for, if it lives in this browser:
    /// people open their mail in whichever they like.
    pub continuation: Option<Continuation>,
}

impl Link {
    /// The link of a page that was asked for: `?token=…&continuation=…`.
    ///
    /// # Errors
    /// When the query cannot be read or the database fails.
    pub async fn asked(
        app: &App,
        visitor: &Visitor,
        purpose: Purpose,
        query: &str,
    ) -> Result<Self, Fault> {
        let query = Params::parse(query.as_bytes())?;
        Self::of(app, visitor, purpose, &query, query.secret("token")).await
    }

    /// The link of a form that was posted: the token is one of its fields.
    ///
    /// # Errors
    /// When the query cannot be read or the database fails.
    pub async fn posted(
        app: &App,
        visitor: &Visitor,
        purpose: Purpose,
        query: &str,
        params: &Params,
    ) -> Result<Self, Fault> {
        let query = Params::parse(query.as_bytes())?;
        Self::of(app, visitor, purpose, &query, params.secret("token")).await
    }

    async fn of(
        app: &App,
        visitor: &Visitor,
        purpose: Purpose,
        query: &Params,
        token: Option<Secret>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            purpose,
            token: token.unwrap_or_else(|| Secret::new("")),
            continuation: living(app, visitor, query.get("continuation")).await?,
        })
    }

    /// What the link is worth. Changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn peek(&self, app: &App, visitor: &Visitor) -> Result<Found, Fault> {
        let now = visitor.context.now;
        Ok(mailed_token::peek(&app.pool, self.purpose, &self.token, now).await?)
    }

    /// Why the button may not do its work: the form is another browser's or too old.
    pub fn hindrance(&self, app: &App, visitor: &Visitor, params: &Params) -> Option<FormProblems> {
        let locale = visitor.page(app, None, None).locale();
        (!visitor.owns_form(params)).then(|| FormProblems::expired(locale))
    }

    /// Answers why what the link is for was not done: with what became of the link, or with its button
    /// again.
    ///
    /// # Errors
    /// Where it is a page of its own, and when the database fails.
    pub async fn refused(
        &self,
        app: &App,
        visitor: &Visitor,
        refusal: Refusal,
    ) -> Result<Response, Fault> {
        let (found, problems) = match refusal {
            Refusal::Link(found) => (found, FormProblems::default()),
            refusal => {
                let locale = visitor.page(app, None, None).locale();
                (self.peek(app, visitor).await?, refusal.on_form(locale)?)
            }
        };
        Ok(self.page(app, visitor, found, problems))
    }

    /// The page of the link: a button, or what became of it and what to do.
    pub fn page(
        &self,
        app: &App,
        visitor: &Visitor,
        found: Found,
        problems: FormProblems,
    ) -> Response {
        let facts = visitor.page(app, None, None);
        let facts = facts.shown_at(app.issuer.path(&self.address(visitor)));
        let (state, email) = match found {
            Found::Good { email, .. } => (LinkState::Ready, email),
            Found::Used => (LinkState::Used, None),
            Found::Expired => (LinkState::Expired, None),
            Found::Withdrawn => (LinkState::Withdrawn, None),
            Found::Unknown => (LinkState::Unknown, None),
        };
        let page = MailedLink {
            kind: kind(self.purpose),
            state,
            action: app.issuer.path(&self.within(visitor, self.purpose.page())),
            token: self.token.expose().to_owned(),
            email,
            again: self
                .again(visitor, state)
                .map(|path| app.issuer.path(&path)),
            way_on: self.way_on(visitor, state).map(|(label, path)| WayOn {
                label,
                url: app.issuer.path(&path),
            }),
            problems,
        };
        page.render(&facts.context(app))
    }

    /// A path of ours, within the same continuation and in the language of the mail. The pages know
    /// nothing of who reads them, and whether there is such a link must not show in their language.
    pub fn within(&self, visitor: &Visitor, path: &str) -> String {
        let path = within(path, self.continuation.as_ref().map(|it| it.id));
        visitor.in_language(&path)
    }

    /// The path by which the link is opened.
    pub fn address(&self, visitor: &Visitor) -> String {
        let path = format!("{}?token={}", self.purpose.page(), encoded(&self.token));
        self.within(visitor, &path)
    }

    /// Where a new link can be had for this one.
    fn again(&self, visitor: &Visitor, state: LinkState) -> Option<String> {
        let of_use = match state {
            LinkState::Ready | LinkState::Unknown => false,
            LinkState::Used => self.purpose == Purpose::ResetPassword,
            LinkState::Expired | LinkState::Withdrawn => true,
        };
        let page = match self.purpose {
            Purpose::VerifyEmail => "/verify-email/again",
            Purpose::ResetPassword => "/reset-password/again",
            Purpose::ChangeEmail | Purpose::UndoEmailChange | Purpose::RestoreAccount => {
                return None;
            }
        };
        of_use.then(|| self.within(visitor, page))
    }

    fn way_on(&self, visitor: &Visitor, state: LinkState) -> Option<(WayOnLabel, String)> {
        let sign_in = || Some((WayOnLabel::SignIn, self.within(visitor, "/login")));
        match (self.purpose, state) {
            (_, LinkState::Ready) => None,
            (Purpose::ResetPassword, LinkState::Unknown) => Some((
                WayOnLabel::TryAgain,
                self.within(visitor, "/forgot-password"),
            )),
            (Purpose::ChangeEmail, LinkState::Expired | LinkState::Withdrawn) => {
                Some((WayOnLabel::SignIn, "/login?then=/account/email".to_owned()))
            }
            _ => sign_in(),
        }
    }
}

/// Counts an attempt to use a mailed token, from wherever it comes: before it is looked up.
///
/// # Errors
/// [`Refusal::Wait`] after too many wrong ones.
pub async fn admit(app: &App, context: &RequestContext) -> Result<(), Refusal> {
    let Some(ip) = context.ip else { return Ok(()) };
    let bucket = [Bucket::MailedToken(ip)];
    match throttle::try_pass(&app.pool, &bucket, context.now).await? {
        Gate::Open => Ok(()),
        Gate::Wait { seconds } => Err(Refusal::Wait { seconds }),
    }
}

/// Takes back that an attempt was counted: the token was good.
///
/// # Errors
/// When the database fails.
pub async fn admitted(app: &App, context: &RequestContext) -> Result<(), sqlx::Error> {
    let Some(ip) = context.ip else { return Ok(()) };
    throttle::forgive(&app.pool, &[Bucket::MailedToken(ip)], context.now).await
}

/// The link that was mailed there was used: whoever reads the mailbox is not kept waiting for the next
/// mail by what others, or they themselves, made us send before.
///
/// # Errors
/// When the database fails.
pub async fn was_read(app: &App, email: &str, context: &RequestContext) -> Result<(), sqlx::Error> {
    let email_key = &email_key(email);
    throttle::forgive(&app.pool, &[Bucket::MailTo { email_key }], context.now).await
}

fn encoded(token: &Secret) -> String {
    url::form_urlencoded::byte_serialize(token.expose().as_bytes()).collect()
}

fn kind(purpose: Purpose) -> LinkKind {
    match purpose {
        Purpose::VerifyEmail => LinkKind::VerifyEmail,
        Purpose::ResetPassword => LinkKind::ResetPassword,
        Purpose::ChangeEmail => LinkKind::ChangeEmail,
        Purpose::UndoEmailChange => LinkKind::UndoEmailChange,
        Purpose::RestoreAccount => LinkKind::RestoreAccount,
    }
}
