//! `/account/password`.

use axum::http::header;
use axum::response::Response;

use super::{Entered, Kept, change};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::foundation::secret::Secret;
use crate::http::cookies::Cookie;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::account_area::PasswordPage;

const PATH: &str = "/account/password";

/// `GET /account/password`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let done = (query == "done").then_some("password-done");
    Ok(page(app, visitor, &session, done, FormProblems::default()))
}

/// `POST /account/password`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let locale = area::facts(app, visitor, &session).locale();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        return Ok(page(app, visitor, &session, None, problems));
    }
    let cookie = Secret::generate();
    let kept = Kept {
        sid: Some(session.sid),
        cookie: Some(&cookie),
    };
    let entered = Entered {
        old: params.secret("old_password"),
        new: params.secret("new_password"),
    };
    let (user, context) = (&session.user, &visitor.context);
    if let Err(refusal) = change(app, user, &kept, entered, locale, context).await {
        let problems = refusal.on_form(locale)?;
        return Ok(page(app, visitor, &session, None, problems));
    }
    let mut response = see_other(app, &format!("{PATH}?done"));
    let lifetime = Some(app.config.session.absolute_ttl);
    let cookie = Cookie::Session.set(&cookie, lifetime, app.issuer.is_secure());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    done: Option<&str>,
    problems: FormProblems,
) -> Response {
    let facts = area::facts(app, visitor, session).shown_at(app.issuer.path(PATH));
    let mut view = area::view(session, problems);
    view.done = done.map(|key| t(facts.locale(), key));
    PasswordPage { view }.render(&facts.context(app))
}
