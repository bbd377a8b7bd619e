//! `/confirm-email?token=…`: where the link in the new mailbox leads.

use axum::response::Response;

use super::store::{self, Given};
use super::undo_link;
use crate::account::input;
use crate::account::mailed_link::{self, Link};
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::account::standing::recipient;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::mail::{Circumstances, Letter};
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};
use crate::users::registration;

const PURPOSE: Purpose = Purpose::ChangeEmail;

/// Spends the token: the account has the new address, which is proved with that. The old one is mailed
/// a link that takes it back.
///
/// # Errors
/// See [`Refusal`]; [`Refusal::Taken`] where another account has the address by now.
pub async fn confirm(
    app: &App,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::peek(&mut *tx, PURPOSE, token, context.now).await?;
    let Found::Good {
        id_user,
        email: Some(email),
    } = found
    else {
        return Err(Refusal::Link(found));
    };
    let new = input::email(&email, "email", locale);
    let new = new.map_err(|error| Refusal::Invalid(vec![error]))?;
    // The address first, then the account, then the token, as everywhere.
    registration::lock_address(&mut tx, &new).await?;
    let found = mailed_token::spend(&mut tx, PURPOSE, token, context.now).await?;
    let Found::Good { .. } = found else {
        return Err(Refusal::Link(found));
    };
    let user = registration::lock(&mut tx, id_user).await?;
    let Some(user) = user.filter(|user| !user.disabled) else {
        return Err(Refusal::Link(Found::Withdrawn));
    };
    let undo = undo_link(app, &mut tx, &user, context).await?;
    if store::give(&mut tx, id_user, &new, context.now).await? == Given::Taken {
        return Err(Refusal::Taken);
    }
    let letter = Letter::EmailChanged {
        new_email: new.as_str().to_owned(),
        undo,
        what: Circumstances::from(context),
    };
    // To the address from before.
    let to = recipient(&user, locale);
    app.mail.post(&mut *tx, &to, &letter, context.now).await?;
    let subject = Some(user.sub);
    audit::record(&mut *tx, &Event::EmailChanged, subject, None, context).await?;
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    Ok(())
}

/// `GET` and `HEAD /confirm-email`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let link = Link::asked(app, visitor, PURPOSE, query).await?;
    let found = link.peek(app, visitor).await?;
    Ok(link.page(app, visitor, found, FormProblems::default()))
}

/// `POST /confirm-email`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let link = Link::posted(app, visitor, PURPOSE, query, params).await?;
    if let Some(problems) = link.hindrance(app, visitor, params) {
        let found = link.peek(app, visitor).await?;
        return Ok(link.page(app, visitor, found, problems));
    }
    let locale = visitor.page(app, None, None).locale();
    match confirm(app, &link.token, locale, &visitor.context).await {
        Ok(()) => Ok(see_other(app, "/confirm-email/done")),
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}

/// `GET /confirm-email/done`.
pub async fn done(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let facts = visitor.page(app, None, None);
            let locale = facts.locale();
            // The link may have been opened in a browser where nobody is signed in.
            let way_on = match visitor.session(app).await? {
                Some(_) => (WayOnLabel::Home, "/account"),
                None => (WayOnLabel::SignIn, "/login"),
            };
            let page = Notice {
                heading: t(locale, "email-changed-title"),
                text: vec![t(locale, "email-changed-text")],
                way_on: WayOn {
                    label: way_on.0,
                    url: app.issuer.path(way_on.1),
                },
            };
            Ok(page.render(&facts.context(app)))
        })
        .await
}
