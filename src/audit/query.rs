//! Reading the trail: a person's own part of it, and all of it by filter for administrators. The
//! newest event comes first; a cursor goes on where a page ended, whatever was added meanwhile.

use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;
use sqlx::{PgExecutor, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Actor;

/// The most events on one page.
pub const MAX_PAGE: u16 = 200;

/// An event as the trail holds it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct Noted {
    /// Grows with each event.
    pub id: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub kind: String,
    /// Who brought it about: see [`Actor::as_str`].
    pub actor: String,
    /// The actor's `sub`, where it is a person other than the subject.
    pub actor_sub: Option<Uuid>,
    /// Whom it is about.
    pub subject: Option<Uuid>,
    pub client_id: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub detail: Value,
}

/// Where the next page begins: before this event. Opaque on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(i64);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// It is no cursor of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no cursor of this list")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let id = text.parse().map_err(|_| NoCursor)?;
        (id > 0).then_some(Self(id)).ok_or(NoCursor)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A part of the trail.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub events: Vec<Noted>,
    /// `None` at the end of the trail.
    pub next: Option<Cursor>,
}

/// Which events: those that satisfy every condition that is set.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub subject: Option<Uuid>,
    pub kind: Option<String>,
    pub actor: Option<Actor>,
    /// No earlier.
    pub from: Option<OffsetDateTime>,
    /// Earlier.
    pub to: Option<OffsetDateTime>,
    pub cursor: Option<Cursor>,
}

/// The newest `limit` events (at most [`MAX_PAGE`]) about a person; of these kinds only, if any are
/// named.
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    db: impl PgExecutor<'_>,
    sub: Uuid,
    kinds: Option<&[&str]>,
    cursor: Option<Cursor>,
    limit: u16,
) -> Result<Page, sqlx::Error> {
    let kinds: Option<Vec<String>> =
        kinds.map(|kinds| kinds.iter().map(ToString::to_string).collect());
    let limit = limit.clamp(1, MAX_PAGE);
    let events = sqlx::query_as!(
        Noted,
        r#"
        SELECT id, at, kind, actor, actor_sub, subject, client_id, host(ip) AS ip, user_agent,
               request_id, detail
        FROM audit_event
        WHERE subject = $1 AND id < $2 AND ($3::text[] IS NULL OR kind = ANY ($3))
        ORDER BY id DESC LIMIT $4
        "#,
        sub,
        cursor.map_or(i64::MAX, |cursor| cursor.0),
        kinds.as_deref(),
        i64::from(limit) + 1,
    )
    .fetch_all(db)
    .await?;
    Ok(page(events, limit))
}

/// The newest `limit` events (at most [`MAX_PAGE`]) that a filter lets through.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    filter: &Filter,
    limit: u16,
) -> Result<Page, sqlx::Error> {
    let limit = limit.clamp(1, MAX_PAGE);
    // Only the conditions that are set, so that each combination is planned with its own index.
    let mut query = QueryBuilder::<Postgres>::new(
        "SELECT id, at, kind, actor, actor_sub, subject, client_id, host(ip) AS ip, user_agent, \
         request_id, detail FROM audit_event WHERE true",
    );
    if let Some(subject) = filter.subject {
        query.push(" AND subject = ").push_bind(subject);
    }
    if let Some(kind) = &filter.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(actor) = filter.actor {
        query.push(" AND actor = ").push_bind(actor.as_str());
    }
    if let Some(from) = filter.from {
        query.push(" AND at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND at < ").push_bind(to);
    }
    if let Some(Cursor(id)) = filter.cursor {
        query.push(" AND id < ").push_bind(id);
    }
    query
        .push(" ORDER BY id DESC LIMIT ")
        .push_bind(i64::from(limit) + 1);
    let events = query.build_query_as().fetch_all(db).await?;
    Ok(page(events, limit))
}

/// One event more than the page has was asked for: it tells whether there is a next page.
fn page(mut events: Vec<Noted>, limit: u16) -> Page {
    let more = events.len() > usize::from(limit);
    events.truncate(usize::from(limit));
    let next = events.last().filter(|_| more).map(|event| Cursor(event.id));
    Page { events, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_page_gave_out_is_a_cursor() {
        assert_eq!(Cursor(7).to_string().parse(), Ok(Cursor(7)));
        for text in ["", "0", "-1", "x", "7x", "99999999999999999999"] {
            assert_eq!(text.parse::<Cursor>(), Err(NoCursor), "{text}");
        }
    }
}
