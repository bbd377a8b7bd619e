//! `/account/audit`: the whole trail by filter, as a page for administrators.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;

use super::admin::{FilterQuery, may_read};
use super::{PAGE, words};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Visitor};
use crate::audit::{self, Actor, Event, Noted, Page};
use crate::http::form::Params;
use crate::i18n::{Locale, t, t_args};
use crate::pages::account_area::{HistoryItem, TrailPage};
use crate::pages::{ErrorMessage, FormProblems, device};
use crate::users::store::find_by_email;

/// The fields of the filter.
const FIELDS: [&str; 5] = ["who", "kind", "actor", "from", "to"];

/// `GET /account/audit`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    if !may_read(&session.user) {
        let status = StatusCode::FORBIDDEN;
        return Err(Fault::told(
            status,
            "access_denied",
            ErrorMessage::Forbidden,
        ));
    }
    let params = Params::parse(query.as_bytes())?;
    let facts = area::facts(app, visitor, &session);
    let locale = facts.locale();
    let text = |name: &str| params.get(name).map(str::to_owned);
    let mut problems = FormProblems::default();
    let mut subject = None;
    if let Some(who) = params.get("who").map(str::trim) {
        subject = sub_of(app, who).await?;
        if subject.is_none() {
            problems.push(Some("who"), t(locale, "trail-nobody"));
        }
    }
    let query = FilterQuery {
        subject: subject.map(|sub| sub.to_string()),
        kind: text("kind"),
        actor: text("actor"),
        from: text("from"),
        to: text("to"),
        cursor: text("before"),
        limit: Some(PAGE),
    };
    let page = match query.read(locale) {
        Ok((filter, limit)) if problems.is_empty() => {
            audit::find(&app.pool, &filter, limit).await?
        }
        Ok(_) => Page::default(),
        Err(errors) => {
            for error in errors {
                // Whoever changes the cursor by hand sees the filter again.
                let field = FIELDS
                    .contains(&error.field.as_str())
                    .then_some(error.field);
                problems.push(field.as_deref(), error.detail);
            }
            Page::default()
        }
    };
    let emails = emails(app, &page.events).await?;
    let older = page.next.map(|next| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for field in FIELDS {
            if let Some(value) = params.get(field) {
                query.append_pair(field, value);
            }
        }
        query.append_pair("before", &next.to_string());
        app.issuer
            .path(&format!("/account/audit?{}", query.finish()))
    });
    let page = TrailPage {
        view: area::view(&session, problems),
        values: FIELDS
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), text(name)?)))
            .collect(),
        kinds: kinds(locale),
        actors: Actor::ALL
            .map(|actor| {
                (
                    actor.as_str().to_owned(),
                    actor_text(locale, actor.as_str()),
                )
            })
            .to_vec(),
        events: page
            .events
            .into_iter()
            .map(|event| item(locale, event, &emails))
            .collect(),
        older,
    };
    Ok(page.render(&facts.context(app)))
}

/// Who is meant by an address, or by a `sub`: also somebody who is gone.
async fn sub_of(app: &App, who: &str) -> Result<Option<Uuid>, sqlx::Error> {
    if let Ok(sub) = Uuid::parse_str(who) {
        return Ok(Some(sub));
    }
    let found = find_by_email(&app.pool, who).await?;
    Ok(found.map(|found| found.user.sub))
}

/// The addresses of the people whom events are about.
async fn emails(app: &App, events: &[Noted]) -> Result<BTreeMap<Uuid, String>, sqlx::Error> {
    let subs: Vec<Uuid> = events.iter().filter_map(|event| event.subject).collect();
    let rows = sqlx::query!(
        "SELECT sub, email FROM user_account JOIN users USING (id_user) WHERE sub = ANY ($1)",
        &subs,
    )
    .fetch_all(&app.pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.sub, row.email)).collect())
}

fn kinds(locale: Locale) -> Vec<(String, String)> {
    let mut kinds: Vec<(String, String)> = Event::KINDS
        .into_iter()
        .map(|kind| {
            let text = words::event(locale, kind, None, &Value::Null);
            (kind.to_owned(), format!("{text} ({kind})"))
        })
        .collect();
    kinds.sort_by(|one, other| one.1.cmp(&other.1));
    kinds
}

fn actor_text(locale: Locale, actor: &str) -> String {
    let key = match Actor::parse(actor) {
        Some(Actor::Person) => "trail-actor-self",
        Some(Actor::Client) => "trail-actor-client",
        Some(Actor::Administrator) => "trail-actor-administrator",
        Some(Actor::Operator) => "trail-actor-operator",
        Some(Actor::Job) => "trail-actor-job",
        Some(Actor::Stranger) => "trail-actor-stranger",
        None => return actor.to_owned(),
    };
    t(locale, key)
}

fn item(locale: Locale, event: Noted, emails: &BTreeMap<Uuid, String>) -> HistoryItem {
    let about = event.subject.map(|sub| match emails.get(&sub) {
        Some(email) => format!("{email} · {sub}"),
        None => sub.to_string(),
    });
    let by = t_args(
        locale,
        "trail-by",
        &[("method", actor_text(locale, &event.actor).into())],
    );
    let by = match event.actor_sub {
        Some(sub) => format!("{by} · {sub}"),
        None => by,
    };
    let agent = event.user_agent.as_deref();
    let from = [agent.map(|agent| device(locale, agent)), event.ip];
    let from: Vec<String> = from.into_iter().flatten().collect();
    let from = (!from.is_empty()).then(|| from.join(" · "));
    let request = event.request_id.map(|id| format!("request_id {id}"));
    let detail = event.detail.as_object().filter(|detail| !detail.is_empty());
    let detail = detail.map(|_| event.detail.to_string());
    HistoryItem {
        at: event.at,
        text: words::event(
            locale,
            &event.kind,
            event.client_id.as_deref(),
            &event.detail,
        ),
        outcome: None,
        facts: [Some(event.kind), about, Some(by), from, request, detail]
            .into_iter()
            .flatten()
            .collect(),
    }
}
