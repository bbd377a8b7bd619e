//! `/account/email`.

use axum::response::Response;

use super::{ask, pending};
use crate::account::acting::Acting;
use crate::account::area::{self, Poster};
use crate::account::guard;
use crate::account::standing::Errand;
use crate::account::verify_email::send_again;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::account_area::EmailPage;

const PATH: &str = "/account/email";

/// `GET /account/email`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let (entered, none) = (String::new(), FormProblems::default());
    let mut page = filled(app, visitor, &session, entered, none).await?;
    let facts = area::facts(app, visitor, &session).shown_at(app.issuer.path(PATH));
    page.view.done = (query == "sent").then(|| t(facts.locale(), "email-verify-sent"));
    Ok(page.render(&facts.context(app)))
}

/// `POST /account/email`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await;
    let session = match area::poster(app, visitor, params, session).await? {
        Poster::Person(session) => session,
        Poster::Kept(page) => return Ok(page),
    };
    let locale = area::facts(app, visitor, &session).locale();
    let entered = params.get("email").unwrap_or_default().to_owned();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        let others = area::is_others(params, &session) && visitor.owns_form(params);
        let entered = if others { String::new() } else { entered };
        return page(app, visitor, &session, entered, problems).await;
    }
    if params.get("do").is_some_and(|what| what == "verify") {
        return verify(app, visitor, &session).await;
    }
    let person = (&session.user, Acting::Session(session.sid));
    match ask(app, person, &entered, locale, &visitor.context).await {
        // What it waits for is on the page.
        Ok(()) => Ok(see_other(app, PATH)),
        Err(refusal) => {
            let problems = refusal.on_form(locale)?;
            page(app, visitor, &session, entered, problems).await
        }
    }
}

/// Mails a link that proves the address which the account has: one that others made may never have
/// been.
async fn verify(app: &App, visitor: &Visitor, session: &Session) -> Result<Response, Fault> {
    let locale = area::facts(app, visitor, session).locale();
    let errand = Errand {
        context: &visitor.context,
        locale,
        continuation: None,
    };
    let email = &session.user.email;
    match send_again(app, email, errand, &visitor.context).await {
        Ok(()) => Ok(see_other(app, &format!("{PATH}?sent"))),
        Err(refusal) => {
            let problems = refusal.on_form(locale)?;
            page(app, visitor, session, String::new(), problems).await
        }
    }
}

async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    entered: String,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let facts = area::facts(app, visitor, session).shown_at(app.issuer.path(PATH));
    let page = filled(app, visitor, session, entered, problems).await?;
    Ok(page.render(&facts.context(app)))
}

async fn filled(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    entered: String,
    problems: FormProblems,
) -> Result<EmailPage, Fault> {
    let (id_user, now) = (session.user.id_user, visitor.context.now);
    Ok(EmailPage {
        view: area::view(session, problems),
        verified: session.user.email_verified,
        pending: pending(&app.pool, id_user, now).await?,
        valid_for: app.config.account.email_change_ttl.as_secs(),
        entered,
    })
}
