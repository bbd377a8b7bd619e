//! `/create-account/sent` and `/forgot-password/sent`: look into your mail; and asking for the mail
//! once more.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::continuing::{app_view, errand, facts, living, within};
use super::{reset_password, verify_email};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::foundation::cipher::row_identity;
use crate::http::form::Params;
use crate::oauth::authorize::interaction::Continuation;
use crate::pages::{CheckMail, FormProblems, MailTopic};

/// The query parameter that holds the address, sealed: an address bar, a history and a log show it to
/// others than the person.
const TO: &str = "to";

/// `GET /create-account/sent`.
pub async fn verification(asked: Asked) -> Response {
    let topic = MailTopic::Verification;
    asked
        .answer(async |app: &App, visitor: &Visitor, query: &str| {
            show(app, visitor, topic, query).await
        })
        .await
}

/// `POST /create-account/sent`.
pub async fn verification_again(posted: Posted) -> Response {
    let topic = MailTopic::Verification;
    posted
        .answer(
            async |app: &App, visitor: &Visitor, query: &str, params: &Params| {
                submit(app, visitor, topic, query, params).await
            },
        )
        .await
}

/// `GET /forgot-password/sent`.
pub async fn reset(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, query: &str| {
            show(app, visitor, MailTopic::Reset, query).await
        })
        .await
}

/// `POST /forgot-password/sent`.
pub async fn reset_again(posted: Posted) -> Response {
    posted
        .answer(
            async |app: &App, visitor: &Visitor, query: &str, params: &Params| {
                submit(app, visitor, MailTopic::Reset, query, params).await
            },
        )
        .await
}

/// The address of the page, for this browser alone.
pub fn address(
    app: &App,
    visitor: &Visitor,
    topic: MailTopic,
    email: &str,
    continuation: Option<Uuid>,
) -> String {
    let kek = app.keys.key_encryption_key();
    let sealed = URL_SAFE_NO_PAD.encode(kek.seal(&identity(visitor), email.trim().as_bytes()));
    let page = within(&format!("{}?{TO}={sealed}", path(topic)), continuation);
    visitor.in_language(&page)
}

fn path(topic: MailTopic) -> &'static str {
    match topic {
        MailTopic::Verification => "/create-account/sent",
        MailTopic::Reset => "/forgot-password/sent",
    }
}

/// To what the address is bound: whoever is sent a link to this page learns nothing.
fn identity(visitor: &Visitor) -> Vec<u8> {
    let browser = URL_SAFE_NO_PAD.encode(visitor.browser.hash().as_bytes());
    row_identity("check_mail", TO, &browser)
}

fn opened(app: &App, visitor: &Visitor, query: &Params) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD.decode(query.get(TO)?).ok()?;
    let kek = app.keys.key_encryption_key();
    let plain = kek.open(&identity(visitor), &sealed).ok()?;
    String::from_utf8(plain.to_vec()).ok()
}

async fn show(
    app: &App,
    visitor: &Visitor,
    topic: MailTopic,
    query: &str,
) -> Result<Response, Fault> {
    let query = Params::parse(query.as_bytes())?;
    let it = living(app, visitor, query.get("continuation")).await?;
    let problems = FormProblems::default();
    Ok(page(app, visitor, topic, &query, it.as_ref(), problems))
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    topic: MailTopic,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let query = Params::parse(query.as_bytes())?;
    let it = living(app, visitor, query.get("continuation")).await?;
    let errand = errand(app, visitor, it.as_ref());
    if !visitor.owns_form(params) {
        let problems = FormProblems::expired(errand.locale);
        return Ok(page(app, visitor, topic, &query, it.as_ref(), problems));
    }
    let typed = || params.get("email").unwrap_or_default().to_owned();
    let email = opened(app, visitor, &query).unwrap_or_else(typed);
    let context = &visitor.context;
    let sent = match topic {
        MailTopic::Verification => verify_email::send_again(app, &email, errand, context).await,
        MailTopic::Reset => reset_password::forgot(app, &email, errand, context).await,
    };
    match sent {
        Ok(()) => {
            let address = address(app, visitor, topic, &email, errand.continuation);
            Ok(see_other(app, &format!("{address}&again=1")))
        }
        Err(refusal) => {
            let problems = refusal.on_form(errand.locale)?;
            Ok(page(app, visitor, topic, &query, it.as_ref(), problems))
        }
    }
}

fn page(
    app: &App,
    visitor: &Visitor,
    topic: MailTopic,
    query: &Params,
    it: Option<&Continuation>,
    problems: FormProblems,
) -> Response {
    let facts = facts(app, visitor, it);
    let here = |path: &str| {
        let path = within(path, it.map(|it| it.id));
        app.issuer.path(&visitor.in_language(&path))
    };
    let (ttl, other) = match topic {
        MailTopic::Verification => (app.config.account.verification_ttl, "/create-account"),
        MailTopic::Reset => (app.config.account.reset_ttl, "/forgot-password"),
    };
    let action = match query.get(TO) {
        Some(sealed) => {
            // As it came: if it does not open, the form asks for the address.
            let sealed: String = url::form_urlencoded::byte_serialize(sealed.as_bytes()).collect();
            here(&format!("{}?{TO}={sealed}", path(topic)))
        }
        None => here(path(topic)),
    };
    let page = CheckMail {
        topic,
        app: app_view(app, it, &facts),
        email: opened(app, visitor, query),
        valid_for: ttl.as_secs(),
        again: query.get("again").is_some(),
        action,
        other: here(other),
        sign_in: here("/login"),
        problems,
    };
    page.render(&facts.context(app))
}
