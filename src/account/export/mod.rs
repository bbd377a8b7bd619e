//! Everything that the server holds about a person, as one JSON document: for them to read, to keep
//! and to take elsewhere. Secrets are not in it, and what is only kept as a hash cannot be.

pub mod json;
pub mod page;
mod store;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Cursor, Event, MAX_PAGE, Noted};
use crate::http::context::RequestContext;
use crate::users::User;

/// Events in one document. Whoever has more, after an attack on their account, gets the rest page by
/// page: `history_continues` is the cursor for `GET /api/auth/me/events`.
const MOST_EVENTS: usize = 20_000;

/// What is handed out.
pub struct Export {
    /// A name for the file.
    pub file_name: String,
    pub document: Value,
}

/// Collects what the server holds about a person, and notes that it was handed out.
///
/// # Errors
/// When the database fails.
pub async fn export(
    app: &App,
    user: &User,
    client_id: Option<&str>,
    context: &RequestContext,
) -> Result<Export, sqlx::Error> {
    // Noted first: it is part of what is held.
    let event = Event::DataExported;
    audit::record(&app.pool, &event, Some(user.sub), client_id, context).await?;
    let mut document = store::collect(&app.pool, user.id_user).await?;
    let (events, rest) = history(app, user.sub).await?;
    let at = context.now.format(&Rfc3339).unwrap_or_default();
    if let Value::Object(members) = &mut document {
        members.insert("issuer".to_owned(), json!(app.issuer.as_str()));
        members.insert("exported_at".to_owned(), json!(at));
        members.insert("history".to_owned(), events.iter().map(told).collect());
        if let Some(rest) = rest {
            members.insert("history_continues".to_owned(), json!(rest));
        }
    }
    Ok(Export {
        file_name: format!("my-data-{}.json", context.now.date()),
        document,
    })
}

async fn history(app: &App, sub: Uuid) -> Result<(Vec<Noted>, Option<Cursor>), sqlx::Error> {
    let (mut events, mut cursor) = (Vec::new(), None);
    loop {
        let page = audit::of_person(&app.pool, sub, None, cursor, MAX_PAGE).await?;
        events.extend(page.events);
        cursor = page.next;
        if cursor.is_none() || events.len() >= MOST_EVENTS {
            return Ok((events, cursor));
        }
    }
}

/// An event without what is empty in it, and without who it is about.
fn told(event: &Noted) -> Value {
    let mut value = json!(event);
    if let Value::Object(members) = &mut value {
        members.remove("subject");
        members.retain(|_, member| !member.is_null() && *member != json!({}));
    }
    value
}
