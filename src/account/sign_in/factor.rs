//! `/login/factor`: the second step of a sign-in.

use axum::response::Response;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use super::onward::Onward;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::attempt::{self, Attempt, Name};
use crate::authn::factors::store::enrolled;
use crate::authn::second_factor::{self, Answer, Method, Outcome, Sent, on_offer};
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::oauth::authorize::interaction;
use crate::pages::{FactorMethod, FormProblems, PasskeyQuestion, SecondFactor};

/// `GET /login/factor`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let onward = Onward::of(app, visitor, query).await?;
    let attempt = find(app, visitor, &onward).await?;
    page(app, visitor, &onward, &attempt, None, Wrong::Nothing).await
}

/// The attempt that the address names.
///
/// # Errors
/// Back to the sign-in page where it is over; on, where the person is signed in by now.
async fn find(app: &App, visitor: &Visitor, onward: &Onward) -> Result<Attempt, Fault> {
    let browser = &visitor.browser;
    let found = match onward.attempt {
        Some(id) => {
            attempt::find(&app.pool, Name::Page { id, browser }, visitor.context.now).await?
        }
        None => None,
    };
    // The sign-in page leads on by itself where nobody has to sign in.
    found.ok_or_else(|| Fault::SeeOther(onward.page("/login", &[("over", "1")])))
}

/// `POST /login/factor`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let onward = Onward::of(app, visitor, query).await?;
    let attempt = find(app, visitor, &onward).await?;
    let method = params.get("method").and_then(Method::parse);
    let again = |wrong| page(app, visitor, &onward, &attempt, method, wrong);
    if !visitor.owns_form(params) {
        return again(Wrong::Expired).await;
    }
    if params.get("send").is_some() {
        return send_code(app, visitor, &onward, &attempt).await;
    }
    let answer = match method {
        Some(Method::Passkey) => {
            let sent = params.get("credential").unwrap_or_default();
            let credential: Option<PublicKeyCredential> = serde_json::from_str(sent).ok();
            let ceremony = params
                .get("ceremony")
                .and_then(|id| Uuid::parse_str(id).ok());
            match (ceremony, credential) {
                (Some(ceremony), Some(credential)) => Answer::Passkey {
                    ceremony,
                    credential: Box::new(credential),
                },
                _ => return again(Wrong::Passkey).await,
            }
        }
        Some(method) => match params.secret("code") {
            Some(code) => Answer::Code(method, code),
            None => return again(Wrong::Empty).await,
        },
        None => return again(Wrong::Nothing).await,
    };
    let device = visitor.device.as_ref();
    let services = app.authn().in_language(onward.locale(app, visitor));
    let outcome =
        second_factor::answer(&services, &attempt, answer, device, &visitor.context).await;
    match outcome? {
        Outcome::Proved(proved) => onward.complete(app, visitor, &attempt.user, &proved).await,
        Outcome::Refused if method == Some(Method::Passkey) => again(Wrong::Passkey).await,
        Outcome::Refused => again(Wrong::Code).await,
        Outcome::Delayed { seconds } => {
            again(Wrong::TooOften {
                seconds: seconds.into(),
            })
            .await
        }
        Outcome::Over => Ok(see_other(app, &onward.page("/login", &[("over", "1")]))),
    }
}

/// What was wrong with an answer.
#[derive(Clone, Copy)]
enum Wrong {
    Nothing,
    Expired,
    Empty,
    Code,
    Passkey,
    TooOften { seconds: u64 },
}

impl Wrong {
    fn in_words(self, locale: Locale) -> FormProblems {
        match self {
            Self::Nothing => FormProblems::default(),
            Self::Expired => FormProblems::expired(locale),
            Self::Empty => FormProblems::at("code", t(locale, "factor-code-empty")),
            Self::Code => FormProblems::at("code", t(locale, "factor-code-wrong")),
            Self::Passkey => {
                let mut problems = FormProblems::default();
                problems.push(None, t(locale, "factor-passkey-refused"));
                problems
            }
            Self::TooOften { seconds } => FormProblems::wait(locale, seconds),
        }
    }
}

/// Mails a code. Answered by a redirect, so that a reload mails no other.
async fn send_code(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    attempt: &Attempt,
) -> Result<Response, Fault> {
    let services = app.authn().in_language(onward.locale(app, visitor));
    let sent = second_factor::send_code(&services, attempt, &visitor.context);
    match sent.await? {
        Sent::Mailed => {
            let id = attempt.id.to_string();
            let more = [("attempt", id.as_str()), ("method", Method::Email.as_str())];
            Ok(see_other(app, &onward.page("/login/factor", &more)))
        }
        Sent::TooSoon { seconds } => {
            let wrong = Wrong::TooOften { seconds };
            page(app, visitor, onward, attempt, Some(Method::Email), wrong).await
        }
        Sent::Unavailable => page(app, visitor, onward, attempt, None, Wrong::Nothing).await,
    }
}

async fn page(
    app: &App,
    visitor: &Visitor,
    onward: &Onward,
    attempt: &Attempt,
    chosen: Option<Method>,
    wrong: Wrong,
) -> Result<Response, Fault> {
    let user = &attempt.user;
    let enrolled = enrolled(&app.pool, user.id_user).await?;
    let offer = on_offer(user, &enrolled, onward.wanted_acr(user));
    let chosen = chosen.or_else(|| onward.method.as_deref().and_then(Method::parse));
    let chosen = chosen.filter(|method| offer.contains(method));
    // All factors were removed meanwhile: nothing to ask for here.
    let Some(method) = chosen.or(offer.first().copied()) else {
        return Ok(see_other(app, &onward.page("/login", &[("over", "1")])));
    };
    let ui_locales = onward.continuation.as_ref();
    let ui_locales = ui_locales.and_then(|it| it.request.ui_locales.as_deref());
    let mut facts = visitor.page(app, ui_locales, user.locale.as_deref());
    let id = attempt.id.to_string();
    let here = |method: Method| {
        let more = [("attempt", id.as_str()), ("method", method.as_str())];
        app.issuer.path(&onward.page("/login/factor", &more))
    };
    let (mut view, mut cancel) = (None, None);
    if let Some(it) = &onward.continuation {
        let redirect_uri = it.request.return_address.redirect_uri();
        cancel = Some(app.issuer.path(&onward.page("/login/cancel", &[])));
        let app_view = interaction::app_view(app, &it.client, redirect_uri, facts.locale());
        view = Some(app_view);
        facts = facts.leading_to(redirect_uri);
    }
    let facts = facts.shown_at(here(method));
    let passkey = match method {
        Method::Passkey => question(app, visitor, attempt).await?,
        _ => None,
    };
    // Where a passkey is asked for, none of the other ways counts.
    let email_uncounted =
        enrolled.email && user.password_from_mail && offer.contains(&Method::RecoveryCode);
    let others = offer.into_iter().filter(|other| *other != method);
    let page = SecondFactor {
        app: view,
        action: here(method),
        method: shown(method),
        others: others.map(|other| (shown(other), here(other))).collect(),
        email: user.email.clone(),
        sent: attempt.code_mailed,
        email_uncounted,
        passkey,
        problems: wrong.in_words(facts.locale()),
        cancel,
        start_over: app.issuer.path(&onward.page("/login", &[])),
    };
    Ok(page.render(&facts.context(app)))
}

async fn question(
    app: &App,
    visitor: &Visitor,
    attempt: &Attempt,
) -> Result<Option<PasskeyQuestion>, Fault> {
    let services = app.authn();
    let begun = second_factor::challenge(&services, attempt, &visitor.context);
    let begun = begun.await?;
    Ok(begun.map(|begun| PasskeyQuestion {
        ceremony: begun.ceremony.to_string(),
        options: begun.public_key.to_string(),
    }))
}

fn shown(method: Method) -> FactorMethod {
    match method {
        Method::Passkey => FactorMethod::Passkey,
        Method::Totp => FactorMethod::Totp,
        Method::Email => FactorMethod::Email,
        Method::RecoveryCode => FactorMethod::RecoveryCode,
    }
}
