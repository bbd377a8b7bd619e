//! What happened to an account, told to its person: every sign-in attempt, and everything else that
//! the trail of security events notes about them.

pub mod admin;
pub mod json;
pub mod page;
pub mod trail;
mod words;

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Actor, Cursor, Noted, Reason};
use crate::i18n::Locale;
use crate::pages::{device, display_name};

/// Events on one page where nothing else is asked for.
pub const PAGE: u16 = 25;

/// The kinds that are attempts to sign in.
const SIGN_INS: [&str; 6] = [
    "signed_in",
    "sign_in_refused",
    "second_factor_asked",
    "second_factor_refused",
    "sign_in_delayed",
    "second_factor_delayed",
];

/// Which events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every attempt to sign in.
    SignIns,
    All,
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Refused,
    /// The password was right, and the second step was asked for: another event tells what came of it,
    /// and none that it was never answered.
    Asked,
    /// Not even tried: too many attempts before.
    Delayed,
}

impl Outcome {
    fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "signed_in" => Self::Succeeded,
            "sign_in_refused" | "second_factor_refused" => Self::Refused,
            "second_factor_asked" => Self::Asked,
            "sign_in_delayed" | "second_factor_delayed" => Self::Delayed,
            _ => return None,
        })
    }

    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Asked => "asked",
            Self::Delayed => "delayed",
        }
    }
}

/// An event in the person's words.
#[derive(Debug, Clone)]
pub struct Told {
    pub at: OffsetDateTime,
    pub kind: String,
    /// What happened, in their language.
    pub text: String,
    /// Of an attempt to sign in.
    pub outcome: Option<Outcome>,
    /// Why a sign-in was refused, where it was not the password.
    pub reason: Option<Reason>,
    /// How they signed in (RFC 8176), or the factor that was refused.
    pub methods: Vec<String>,
    /// The same in their language.
    pub methods_text: Option<String>,
    /// From a browser not seen before.
    pub new_device: bool,
    pub ip: Option<String>,
    /// The browser and system.
    pub device: Option<String>,
    pub user_agent: Option<String>,
    pub client_id: Option<String>,
    /// The app's name, while there is such an app.
    pub app: Option<String>,
    /// Brought about by whoever runs this server.
    pub by_administrator: bool,
}

/// A page of a person's history.
#[derive(Debug, Clone)]
pub struct History {
    pub events: Vec<Told>,
    pub next: Option<Cursor>,
}

/// The newest events about a person, or those before a cursor.
///
/// # Errors
/// When the database fails.
pub async fn of(
    app: &App,
    sub: Uuid,
    locale: Locale,
    which: Which,
    cursor: Option<Cursor>,
    limit: u16,
) -> Result<History, sqlx::Error> {
    let kinds = (which == Which::SignIns).then_some(SIGN_INS.as_slice());
    let page = audit::of_person(&app.pool, sub, kinds, cursor, limit).await?;
    let mut names = BTreeMap::new();
    for client_id in page
        .events
        .iter()
        .filter_map(|event| event.client_id.as_deref())
    {
        if !names.contains_key(client_id) {
            names.insert(
                client_id.to_owned(),
                app_name(app, client_id, locale).await?,
            );
        }
    }
    let events = page.events.into_iter().map(|event| {
        let app = event
            .client_id
            .as_ref()
            .and_then(|id| names.get(id).cloned());
        tell(locale, event, app.flatten())
    });
    Ok(History {
        events: events.collect(),
        next: page.next,
    })
}

/// The name by which a person knows a client.
async fn app_name(
    app: &App,
    client_id: &str,
    locale: Locale,
) -> Result<Option<String>, sqlx::Error> {
    let client = app.clients.get(client_id).await?;
    let name = client.and_then(|client| {
        let name = client.metadata.client_name_in(locale.tag());
        name.map(display_name).filter(|name| !name.is_empty())
    });
    Ok(name)
}

fn tell(locale: Locale, event: Noted, app: Option<String>) -> Told {
    let methods: Vec<String> = match &event.detail {
        Value::Object(detail) => match (detail.get("amr"), detail.get("method")) {
            (Some(Value::Array(amr)), _) => amr
                .iter()
                .filter_map(|method| method.as_str().map(str::to_owned))
                .collect(),
            (_, Some(Value::String(method))) => vec![method.clone()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let outcome = Outcome::of(&event.kind);
    // What is no longer registered still has its identifier.
    let name = app.as_deref().or(event.client_id.as_deref());
    let operated = [Actor::Administrator, Actor::Operator];
    Told {
        text: words::event(locale, &event.kind, name, &event.detail),
        methods_text: outcome.and_then(|_| words::methods(locale, &methods)),
        methods,
        outcome,
        reason: words::reason(&event.detail).filter(|_| outcome == Some(Outcome::Refused)),
        new_device: event.detail.get("new_device") == Some(&Value::Bool(true)),
        device: event
            .user_agent
            .as_deref()
            .map(|agent| device(locale, agent)),
        by_administrator: Actor::parse(&event.actor).is_some_and(|it| operated.contains(&it)),
        at: event.at,
        kind: event.kind,
        ip: event.ip,
        user_agent: event.user_agent,
        client_id: event.client_id,
        app,
    }
}
