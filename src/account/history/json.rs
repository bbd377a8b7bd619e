//! `GET /api/auth/me/logins` and `GET /api/auth/me/events`: the history for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{PAGE, Told, Which};
use crate::account::json::{ApiFault, Caller, FieldError, Problem, Query};
use crate::app::App;
use crate::audit::{MAX_PAGE, Reason};
use crate::i18n::{Locale, t};

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// How many, 25 if left out, 200 at most.
    pub limit: Option<u16>,
}

impl PageQuery {
    /// The cursor and the limit.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn read(
        &self,
        locale: Locale,
    ) -> Result<(Option<crate::audit::Cursor>, u16), Vec<FieldError>> {
        let invalid = |field| FieldError::new(field, "invalid", t(locale, "problem-field-invalid"));
        let mut errors = Vec::new();
        let cursor = self.cursor.as_deref().map(str::parse).transpose();
        let cursor = cursor.unwrap_or_else(|_| {
            errors.push(invalid("cursor"));
            None
        });
        let limit = self.limit.unwrap_or(PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            errors.push(invalid("limit"));
        }
        if errors.is_empty() {
            Ok((cursor, limit))
        } else {
            Err(errors)
        }
    }
}

/// A page of a person's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryAnswer {
    events: Vec<HistoryEvent>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What happened, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
struct HistoryEvent {
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    /// For programs: never changes.
    event: String,
    /// The same in the person's language.
    text: String,
    /// Of an attempt to sign in: `succeeded`, `refused`, `asked` where the password was right and the
    /// second step was asked for, or `delayed` where it was not even tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why it was refused, where it was not the password: `account_disabled`, `account_deleted`,
    /// `email_unverified`, `factor_enrolment_required` or `passkey_refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Of a sign-in: `amr` values (RFC 8176); of what was refused: the factor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    methods: Vec<String>,
    /// From a browser that was not seen before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    new_device: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    /// The browser and system.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// The app that had part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    /// Brought about by whoever runs this server.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_administrator: bool,
}

impl From<Told> for HistoryEvent {
    fn from(told: Told) -> Self {
        Self {
            time: told.at,
            event: told.kind,
            text: told.text,
            outcome: told.outcome.map(super::Outcome::as_str),
            reason: told.reason.map(Reason::as_str),
            methods: told.methods,
            new_device: told.new_device,
            ip: told.ip,
            device: told.device,
            user_agent: told.user_agent,
            client_id: told.client_id,
            client_name: told.app,
            by_administrator: told.by_administrator,
        }
    }
}

/// `GET /api/auth/me/logins`: every attempt to sign in.
///
/// # Errors
/// As [`Caller`] and [`PageQuery::read`].
pub async fn logins(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<HistoryAnswer>, ApiFault> {
    answer(&app, &caller, &query, Which::SignIns).await
}

/// `GET /api/auth/me/events`: everything.
///
/// # Errors
/// As [`logins`].
pub async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<HistoryAnswer>, ApiFault> {
    answer(&app, &caller, &query, Which::All).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    query: &PageQuery,
    which: Which,
) -> Result<Json<HistoryAnswer>, ApiFault> {
    let (cursor, limit) = query.read(caller.locale).map_err(Problem::invalid)?;
    let (sub, locale) = (caller.user().sub, caller.locale);
    let history = super::of(app, sub, locale, which, cursor, limit).await?;
    Ok(Json(HistoryAnswer {
        events: history.events.into_iter().map(Into::into).collect(),
        next: history.next.map(|next| next.to_string()),
    }))
}
