//! `/forgot-password`, and `/reset-password?token=…`: the page of the link that was mailed.

use axum::response::Response;

use super::{forgot, owner, reset};
use crate::account::check_mail;
use crate::account::continuing::{app_view, errand, facts, living, within};
use crate::account::mailed_link::Link;
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::factors::store::enrolled;
use crate::http::form::Params;
use crate::oauth::authorize::interaction::Continuation;
use crate::pages::{self, ForgotPassword, FormProblems, MailTopic};

const PURPOSE: Purpose = Purpose::ResetPassword;

/// `GET /forgot-password`.
pub async fn ask(asked: Asked) -> Response {
    asked.answer(show_question).await
}

async fn show_question(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let query = Params::parse(query.as_bytes())?;
    let it = living(app, visitor, query.get("continuation")).await?;
    let hint = it.as_ref().and_then(|it| it.request.login_hint.clone());
    let (email, problems) = (hint.unwrap_or_default(), FormProblems::default());
    Ok(question(app, visitor, it.as_ref(), email, problems))
}

/// `POST /forgot-password`.
pub async fn send(posted: Posted) -> Response {
    posted.answer(submit_question).await
}

async fn submit_question(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let query = Params::parse(query.as_bytes())?;
    let it = living(app, visitor, query.get("continuation")).await?;
    let it = it.as_ref();
    let errand = errand(app, visitor, it);
    let email = params.get("email").unwrap_or_default().to_owned();
    if !visitor.owns_form(params) {
        let problems = FormProblems::expired(errand.locale);
        return Ok(question(app, visitor, it, email, problems));
    }
    match forgot(app, &email, errand, &visitor.context).await {
        Ok(()) => {
            let topic = MailTopic::Reset;
            let sent = check_mail::address(app, visitor, topic, &email, errand.continuation);
            Ok(see_other(app, &sent))
        }
        Err(refusal) => {
            let problems = refusal.on_form(errand.locale)?;
            Ok(question(app, visitor, it, email, problems))
        }
    }
}

fn question(
    app: &App,
    visitor: &Visitor,
    it: Option<&Continuation>,
    email: String,
    problems: FormProblems,
) -> Response {
    let facts = facts(app, visitor, it);
    let here = |path: &str| {
        let path = within(path, it.map(|it| it.id));
        app.issuer.path(&visitor.in_language(&path))
    };
    let page = ForgotPassword {
        app: app_view(app, it, &facts),
        action: here("/forgot-password"),
        email,
        sign_in: here("/login"),
        problems,
    };
    page.render(&facts.context(app))
}

/// `GET` and `HEAD /reset-password`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let link = Link::asked(app, visitor, PURPOSE, query).await?;
    form(app, visitor, &link, FormProblems::default()).await
}

/// `POST /reset-password`: leads on to the sign-in.
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
        return form(app, visitor, &link, problems).await;
    }
    let locale = visitor.page(app, None, None).locale();
    let password = params.secret("new_password");
    match reset(app, &link.token, password, locale, &visitor.context).await {
        Ok(()) => Ok(see_other(app, &link.within(visitor, "/login?done=reset"))),
        Err(refusal @ Refusal::Link(_)) => link.refused(app, visitor, refusal).await,
        Err(refusal) => form(app, visitor, &link, refusal.on_form(locale)?).await,
    }
}

/// The form, or what became of the link.
async fn form(
    app: &App,
    visitor: &Visitor,
    link: &Link,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let user = match owner(app, &link.token, &visitor.context).await {
        Ok(user) => user,
        Err(refusal) => return link.refused(app, visitor, refusal).await,
    };
    let facts = visitor.page(app, None, None);
    let facts = facts.shown_at(app.issuer.path(&link.address(visitor)));
    let enrolled = enrolled(&app.pool, user.id_user).await?;
    let page = pages::ResetPassword {
        action: app.issuer.path(&link.within(visitor, "/reset-password")),
        token: link.token.expose().to_owned(),
        email: user.email,
        email_uncounted: enrolled.email,
        problems,
    };
    Ok(page.render(&facts.context(app)))
}

/// `POST /reset-password/again`: a new link for one that is not good any more.
pub async fn again(posted: Posted) -> Response {
    posted.answer(send_again).await
}

async fn send_again(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let link = Link::posted(app, visitor, PURPOSE, query, params).await?;
    if let Some(problems) = link.hindrance(app, visitor, params) {
        return form(app, visitor, &link, problems).await;
    }
    let Some(email) = mailed_token::address(&app.pool, PURPOSE, &link.token).await? else {
        let refusal = Refusal::Link(Found::Unknown);
        return link.refused(app, visitor, refusal).await;
    };
    let errand = errand(app, visitor, link.continuation.as_ref());
    match forgot(app, &email, errand, &visitor.context).await {
        Ok(()) => {
            let topic = MailTopic::Reset;
            let sent = check_mail::address(app, visitor, topic, &email, errand.continuation);
            Ok(see_other(app, &sent))
        }
        Err(refusal) => link.refused(app, visitor, refusal).await,
    }
}
