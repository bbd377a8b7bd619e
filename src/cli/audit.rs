//! `auth-api audit …`: the trail of security events.

use std::io::Write as _;

use clap::{Subcommand, builder::PossibleValuesParser};
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::CommandError;
use crate::audit::{self, Actor, Event, Filter, MAX_PAGE, Noted};
use crate::config::Config;
use crate::users::store::find_by_email;

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Lists events, the newest first.
    List {
        /// About the person with this `sub`: also of one who is gone.
        #[arg(long, conflicts_with = "email")]
        subject: Option<Uuid>,
        /// About the person with this address.
        #[arg(long, allow_hyphen_values = true)]
        email: Option<String>,
        /// Of this kind, such as signed_in.
        #[arg(long, value_parser = PossibleValuesParser::new(Event::KINDS), hide_possible_values = true)]
        kind: Option<String>,
        /// Brought about by: self, client, administrator, operator, job or stranger.
        #[arg(long, value_parser = PossibleValuesParser::new(Actor::ALL.map(Actor::as_str)))]
        actor: Option<String>,
        /// No earlier: 2026-11-22 or 2026-11-22T15:04:05Z.
        #[arg(long, value_parser = moment)]
        since: Option<OffsetDateTime>,
        /// Earlier.
        #[arg(long, value_parser = moment)]
        until: Option<OffsetDateTime>,
        /// So many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: AuditCommand, config: &Config) -> Result<(), CommandError> {
    let pool = super::connect(&config.database).await?;
    let AuditCommand::List {
        subject,
        email,
        kind,
        actor,
        since,
        until,
        limit,
        json,
    } = command;
    let subject = match email {
        Some(email) => Some(sub_of(&pool, &email).await?),
        None => subject,
    };
    let mut filter = Filter {
        subject,
        kind,
        actor: actor.as_deref().and_then(Actor::parse),
        from: since,
        to: until,
        cursor: None,
    };
    let mut left = limit;
    while left > 0 {
        let size = u16::try_from(left).unwrap_or(MAX_PAGE).min(MAX_PAGE);
        let page = audit::find(&pool, &filter, size).await?;
        left -= page.events.len().min(left);
        for event in page.events {
            let line = if json {
                serde_json::to_string(&event)?
            } else {
                line(&event)
            };
            // A reader that went away, like `head`, has read enough.
            if writeln!(std::io::stdout(), "{line}").is_err() {
                return Ok(());
            }
        }
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    Ok(())
}

async fn sub_of(pool: &PgPool, email: &str) -> Result<Uuid, CommandError> {
    let found = find_by_email(pool, email).await?;
    found
        .map(|found| found.user.sub)
        .ok_or_else(|| format!("there is no user {email}").into())
}

fn line(event: &Noted) -> String {
    let at = event.at.format(&Rfc3339).unwrap_or_default();
    let mut line = format!("{at}  {:24}  by {}", event.kind, event.actor);
    let facts = [
        ("", event.actor_sub.map(|sub| sub.to_string())),
        ("subject=", event.subject.map(|sub| sub.to_string())),
        ("client=", event.client_id.clone()),
        ("ip=", event.ip.clone()),
        ("request=", event.request_id.clone()),
        (
            "agent=",
            event.user_agent.as_ref().map(|it| format!("{it:?}")),
        ),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            line.push_str("  ");
            line.push_str(name);
            line.push_str(&fact);
        }
    }
    if event.detail.as_object().is_some_and(|it| !it.is_empty()) {
        line.push_str("  ");
        line.push_str(&event.detail.to_string());
    }
    line
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let day = format_description!("[year]-[month]-[day]");
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| Date::parse(text, &day).map(|day| day.midnight().assume_utc()))
        .map_err(|_| "not a time like 2026-11-22 or 2026-11-22T15:04:05Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read() {
        let midnight = moment("2026-11-22").unwrap();
        assert_eq!(moment("2026-11-22T01:00:00+01:00"), Ok(midnight));
        assert!(moment("yesterday").is_err());
    }
}
