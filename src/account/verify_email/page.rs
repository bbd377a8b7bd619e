//! `/verify-email?token=…`: the page of the link that proves an address.

use axum::response::Response;

use super::{send_again, verify};
use crate::account::check_mail;
use crate::account::continuing::errand;
use crate::account::mailed_link::Link;
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::http::form::Params;
use crate::pages::{FormProblems, MailTopic};

const PURPOSE: Purpose = Purpose::VerifyEmail;

/// `GET` and `HEAD /verify-email`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let link = Link::asked(app, visitor, PURPOSE, query).await?;
    let found = link.peek(app, visitor).await?;
    Ok(link.page(app, visitor, found, FormProblems::default()))
}

/// `POST /verify-email`: leads on to the sign-in.
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
    match verify(app, &link.token, &visitor.context).await {
        Ok(()) => Ok(see_other(app, &link.within("/login?done=verified"))),
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}

/// `POST /verify-email/again`: a new link for one that is too old.
pub async fn again(posted: Posted) -> Response {
    posted.answer(send).await
}

async fn send(
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
    let Some(email) = mailed_token::address(&app.pool, PURPOSE, &link.token).await? else {
        let refusal = Refusal::Link(Found::Unknown);
        return link.refused(app, visitor, refusal).await;
    };
    let errand = errand(app, visitor, link.continuation.as_ref());
    match send_again(app, &email, errand, &visitor.context).await {
        Ok(()) => {
            let topic = MailTopic::Verification;
            let sent = check_mail::address(app, visitor, topic, &email, errand.continuation);
            Ok(see_other(app, &sent))
        }
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}
