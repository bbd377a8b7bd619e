//! `/undo-email-change?token=…`: where the link in the old mailbox leads.

use axum::response::Response;

use super::store::{self, Given};
use crate::account::input;
use crate::account::mailed_link::{self, Link};
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};
use crate::users::registration;

const PURPOSE: Purpose = Purpose::UndoEmailChange;

/// Spends the token: the account has the old address, whether or not a new one was confirmed
/// meanwhile, and however often. Whoever asked for the change may be a stranger: every session and
/// grant ends, and no link that was mailed since takes the change up again. Also good for an account
/// that was deleted since: it can be restored then.
///
/// # Errors
/// See [`Refusal`]; [`Refusal::Taken`] where another account has the address by now.
pub async fn undo(
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
    let old = input::email(&email, "email", locale);
    let old = old.map_err(|error| Refusal::Invalid(vec![error]))?;
    registration::lock_address(&mut tx, &old).await?;
    let found = mailed_token::spend(&mut tx, PURPOSE, token, context.now).await?;
    let Found::Good { .. } = found else {
        return Err(Refusal::Link(found));
    };
    let Some(user) = registration::lock(&mut tx, id_user).await? else {
        return Err(Refusal::Link(Found::Unknown));
    };
    if store::give(&mut tx, id_user, &old, context.now).await? == Given::Taken {
        return Err(Refusal::Taken);
    }
    store::withdraw_later(&mut *tx, id_user, token, context.now).await?;
    store::end_all(&mut tx, &user, context).await?;
    let subject = Some(user.sub);
    audit::record(&mut *tx, &Event::EmailChangeUndone, subject, None, context).await?;
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    Ok(())
}

/// `GET` and `HEAD /undo-email-change`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let link = Link::asked(app, visitor, PURPOSE, query).await?;
    let found = link.peek(app, visitor).await?;
    Ok(link.page(app, visitor, found, FormProblems::default()))
}

/// `POST /undo-email-change`.
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
    match undo(app, &link.token, locale, &visitor.context).await {
        Ok(()) => Ok(see_other(app, "/undo-email-change/done")),
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}

/// `GET /undo-email-change/done`: the password comes next.
pub async fn done(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let facts = visitor.page(app, None, None);
            let locale = facts.locale();
            let page = Notice {
                heading: t(locale, "email-undone-title"),
                text: vec![
                    t(locale, "email-undone-text"),
                    t(locale, "email-undone-next"),
                ],
                way_on: WayOn {
                    label: WayOnLabel::NewPassword,
                    url: app.issuer.path("/forgot-password"),
                },
            };
            Ok(page.render(&facts.context(app)))
        })
        .await
}
