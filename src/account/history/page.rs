//! `/account/history`: the history as a page.

use axum::http::StatusCode;
use axum::response::Response;

use super::admin::may_read;
use super::{History, Outcome, PAGE, Told, Which};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Visitor};
use crate::http::form::Params;
use crate::i18n::{Locale, t, t_args};
use crate::pages::account_area::{HistoryItem, HistoryPage};
use crate::pages::{ErrorMessage, FormProblems};

/// `GET /account/history?show=sign-ins&before=…`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let query = Params::parse(query.as_bytes())?;
    let which = match query.get("show") {
        Some("sign-ins") => Which::SignIns,
        _ => Which::All,
    };
    let cursor = query.get("before").map(str::parse).transpose();
    let Ok(cursor) = cursor else {
        let status = StatusCode::BAD_REQUEST;
        return Err(Fault::told(
            status,
            "invalid_request",
            ErrorMessage::BadRequest,
        ));
    };
    let facts = area::facts(app, visitor, &session);
    let locale = facts.locale();
    let History { events, next } =
        super::of(app, session.user.sub, locale, which, cursor, PAGE).await?;
    let here = |name: &str, value: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if which == Which::SignIns {
            query.append_pair("show", "sign-ins");
        }
        if !name.is_empty() {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        app.issuer.path(&format!("/account/history{mark}{query}"))
    };
    let page = HistoryPage {
        view: area::view(&session, FormProblems::default()),
        events: events.into_iter().map(|it| item(locale, it)).collect(),
        sign_ins_only: which == Which::SignIns,
        reads_all: may_read(&session.user),
        older: next.map(|next| here("before", &next.to_string())),
        newest: cursor.map(|_| here("", "")),
    };
    Ok(page.render(&facts.context(app)))
}

fn item(locale: Locale, told: Told) -> HistoryItem {
    let outcome = told.outcome.and_then(|outcome| {
        let text = match outcome {
            Outcome::Succeeded => t(locale, "history-succeeded"),
            Outcome::Refused => t(locale, "history-refused"),
            Outcome::Delayed => t(locale, "history-delayed"),
            // The event's own words say it.
            Outcome::Asked => return None,
        };
        Some((text, outcome == Outcome::Succeeded))
    });
    let with = told
        .methods_text
        .map(|methods| t_args(locale, "history-with", &[("method", methods.into())]));
    let new = told.new_device.then(|| t(locale, "history-new-device"));
    let by = told
        .by_administrator
        .then(|| t(locale, "history-by-administrator"));
    // Who sat at the command line is not told by an address.
    let from: Vec<String> = [told.device, told.ip, new].into_iter().flatten().collect();
    let from = (!from.is_empty()).then(|| from.join(" · "));
    HistoryItem {
        at: told.at,
        text: told.text,
        outcome,
        facts: [with, from, by].into_iter().flatten().collect(),
    }
}
