//! The append-only trail of security events.

use serde_json::json;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::http::context::RequestContext;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    SignedIn,
    SignInRefused,
    SignedOut,
    ConsentGiven,
    /// A code or refresh token came back after use: the whole grant was revoked.
    GrantRevokedByReplay {
        what: &'static str,
        grant: Uuid,
    },
    /// RFC 7009. A client's own token belongs to no grant.
    TokenRevoked {
        grant: Option<Uuid>,
    },
    /// RFC 7591.
    ClientRegistered,
    /// RFC 7592.
    ClientReplaced,
    ClientDeleted,
}

impl Event {
    fn kind(&self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SignedOut => "signed_out",
            Self::ConsentGiven => "consent_given",
            Self::GrantRevokedByReplay { .. } => "grant_revoked_by_replay",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::ClientRegistered => "client_registered",
            Self::ClientReplaced => "client_replaced",
            Self::ClientDeleted => "client_deleted",
        }
    }

    fn detail(&self) -> serde_json::Value {
        match self {
            Self::GrantRevokedByReplay { what, grant } => json!({ "what": what, "grant": grant }),
            Self::TokenRevoked { grant: Some(grant) } => json!({ "grant": grant }),
            _ => json!({}),
        }
    }

    fn grant(&self) -> Option<Uuid> {
        match self {
            Self::GrantRevokedByReplay { grant, .. } => Some(*grant),
            Self::TokenRevoked { grant } => *grant,
            _ => None,
        }
    }
}

/// Adds an event. Whose grant it is about is looked up: the trail outlives the grant.
///
/// # Errors
/// When the database fails.
pub async fn record(
    db: impl PgExecutor<'_>,
    event: &Event,
    subject: Option<Uuid>,
    client_id: Option<&str>,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO audit_event (at, kind, subject, client_id, ip, user_agent, request_id, detail)
        VALUES ($1, $2,
                coalesce($3, (SELECT sub FROM oauth_grant JOIN user_account USING (id_user)
                              WHERE id = $9)),
                $4, $5, $6, $7, $8)
        "#,
        context.now,
        event.kind(),
        subject,
        client_id,
        context.inet() as _,
        context.user_agent,
        context.request_id.to_string(),
        event.detail(),
        event.grant(),
    )
    .execute(db)
    .await?;
    Ok(())
}
