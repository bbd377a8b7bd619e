//! `/create-account`: the page; with a continuation for the app that asked (Initiating User
//! Registration via OpenID Connect 1.0, section 4).

use axum::response::Response;

use super::{Registration, register};
use crate::account::check_mail;
use crate::account::continuing::{app_view, errand, facts, within};
use crate::account::refusal::Refusal;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::http::form::Params;
use crate::oauth::authorize::decide::Step;
use crate::oauth::authorize::endpoint::decide;
use crate::oauth::authorize::interaction::{self, Continuation, page_path};
use crate::pages::{CreateAccount, FormProblems, MailTopic};

/// What stands in the form's fields.
#[derive(Default)]
struct Fields {
    email: String,
    given_name: String,
    family_name: String,
}

/// `GET /create-account`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let it = interaction::named(app, visitor, query).await?;
    if !app.config.account.registration {
        return Err(closed(app, visitor, it.as_ref()));
    }
    let session = visitor.session(app).await?;
    match (&it, &session) {
        (None, None) => {}
        (None, Some(_)) => return Ok(see_other(app, "/")),
        (Some(it), session) => {
            let (client, request) = (&it.client, &it.request);
            let session = session.as_ref();
            let step = decide(app, visitor, client, request, session, it.progress).await?;
            // The person went back to this page, or signed in in another tab.
            if !matches!(step, Step::CreateAccount | Step::SignIn { again: false }) {
                return Ok(see_other(app, &page_path("/continue", it.id)));
            }
        }
    }
    let hint = it.as_ref().and_then(|it| it.request.login_hint.clone());
    let fields = Fields {
        email: hint.unwrap_or_default(),
        ..Fields::default()
    };
    let problems = FormProblems::default();
    Ok(page(app, visitor, it.as_ref(), fields, problems))
}

/// `POST /create-account`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let it = interaction::named(app, visitor, query).await?;
    let it = it.as_ref();
    let errand = errand(app, visitor, it);
    let text = |name| params.get(name).unwrap_or_default().to_owned();
    let fields = Fields {
        email: text("email"),
        given_name: text("given_name"),
        family_name: text("family_name"),
    };
    if !visitor.owns_form(params) {
        let problems = FormProblems::expired(errand.locale);
        return Ok(page(app, visitor, it, fields, problems));
    }
    let names = ["given_name", "family_name"];
    let registration = Registration {
        email: fields.email.clone(),
        password: params.secret("password"),
        profile: names.map(|name| (name, Some(text(name)))).into(),
    };
    match register(app, registration, errand, &visitor.context).await {
        Ok(()) => {
            let (topic, email) = (MailTopic::Verification, &fields.email);
            let sent = check_mail::address(app, visitor, topic, email, errand.continuation);
            Ok(see_other(app, &sent))
        }
        Err(refusal) => {
            let problems = refusal.on_form(errand.locale)?;
            Ok(page(app, visitor, it, fields, problems))
        }
    }
}

fn closed(app: &App, visitor: &Visitor, it: Option<&Continuation>) -> Fault {
    let locale = facts(app, visitor, it).locale();
    match Refusal::Closed.on_form(locale) {
        Err(fault) => fault,
        Ok(_) => Fault::SeeOther(within("/login", it.map(|it| it.id))),
    }
}

fn page(
    app: &App,
    visitor: &Visitor,
    it: Option<&Continuation>,
    fields: Fields,
    problems: FormProblems,
) -> Response {
    let mut facts = facts(app, visitor, it);
    if let Some(it) = it {
        // By the way back.
        facts = facts.leading_to(it.request.return_address.redirect_uri());
    }
    let here = |path: &str| {
        let path = within(path, it.map(|it| it.id));
        app.issuer.path(&visitor.in_language(&path))
    };
    let page = CreateAccount {
        app: app_view(app, it, &facts),
        action: here("/create-account"),
        email: fields.email,
        given_name: fields.given_name,
        family_name: fields.family_name,
        sign_in: here("/login"),
        cancel: it.map(|_| here("/login/cancel")),
        problems,
    };
    page.render(&facts.context(app))
}
