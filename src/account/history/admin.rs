//! `GET /api/auth/events`: the whole trail by filter, for administrators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::json::PageQuery;
use crate::account::json::{ApiFault, Caller, FieldError, Kind, Problem, Query};
use crate::app::App;
use crate::audit::{self, Actor, Event, Filter, Noted};
use crate::i18n::{Locale, t};
use crate::users::User;

/// The permission that lets a role read the trail.
pub const PERMISSION: &str = "audit:read";

/// Which events: those that satisfy every parameter that is set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterQuery {
    /// Whom it is about, by `sub`.
    pub(super) subject: Option<String>,
    pub(super) kind: Option<String>,
    /// `self`, `client`, `administrator`, `operator`, `job` or `stranger`.
    pub(super) actor: Option<String>,
    /// No earlier (RFC 3339, or a day).
    pub(super) from: Option<String>,
    /// Earlier (RFC 3339, or a day).
    pub(super) to: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<u16>,
}

impl FilterQuery {
    pub(super) fn read(self, locale: Locale) -> Result<(Filter, u16), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str| {
            let detail = t(locale, "problem-field-invalid");
            errors.push(FieldError::new(field, "invalid", detail));
        };
        let mut filter = Filter::default();
        if let Some(subject) = &self.subject {
            filter.subject = Uuid::parse_str(subject).ok();
            if filter.subject.is_none() {
                wrong("subject");
            }
        }
        if let Some(kind) = self.kind {
            if !Event::KINDS.contains(&kind.as_str()) {
                wrong("kind");
            }
            filter.kind = Some(kind);
        }
        if let Some(actor) = &self.actor {
            filter.actor = Actor::parse(actor);
            if filter.actor.is_none() {
                wrong("actor");
            }
        }
        for (name, given, place) in [
            ("from", &self.from, &mut filter.from),
            ("to", &self.to, &mut filter.to),
        ] {
            if let Some(given) = given {
                *place = moment(given);
                if place.is_none() {
                    wrong(name);
                }
            }
        }
        let page = PageQuery {
            cursor: self.cursor,
            limit: self.limit,
        };
        match page.read(locale) {
            Ok((cursor, limit)) if errors.is_empty() => {
                filter.cursor = cursor;
                Ok((filter, limit))
            }
            Ok(_) => Err(errors),
            Err(more) => {
                errors.extend(more);
                Err(errors)
            }
        }
    }
}

/// A time, or the beginning of a day.
fn moment(text: &str) -> Option<OffsetDateTime> {
    let day = format_description!("[year]-[month]-[day]");
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| Date::parse(text, &day).map(|day| day.midnight().assume_utc()))
        .ok()
}

/// Whether a person may read the trail.
pub fn may_read(user: &User) -> bool {
    user.permissions().any(|it| it == PERMISSION)
}

/// A page of the trail, the newest event first.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrailAnswer {
    #[schema(value_type = Vec<Object>)]
    events: Vec<Noted>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /api/auth/events`.
///
/// # Errors
/// As [`Caller`]; 403 where the caller's role lacks [`PERMISSION`]; what is wrong with the filter.
pub async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(query): Query<FilterQuery>,
) -> Result<Json<TrailAnswer>, ApiFault> {
    if !may_read(caller.user()) {
        return Err(Problem::new(Kind::INSUFFICIENT_PERMISSION)
            .with_member("permission", PERMISSION)
            .into());
    }
    let (filter, limit) = query.read(caller.locale).map_err(Problem::invalid)?;
    let page = audit::find(&app.pool, &filter, limit).await?;
    Ok(Json(TrailAnswer {
        events: page.events,
        next: page.next.map(|next| next.to_string()),
    }))
}
