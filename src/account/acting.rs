//! By what somebody changes what protects their account, and whether that still stands when the
//! change is written.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

/// By what somebody acts.
#[derive(Debug, Clone, Copy)]
pub enum Acting {
    /// A browser's session.
    Session(Uuid),
    /// What a client was granted, with the session that it was granted in, if there is one.
    Grant { id: Uuid, sid: Option<Uuid> },
}

impl Acting {
    /// Whether it still stands. Whoever ends it meanwhile waits until the transaction is over, and
    /// then finds what was written in it; a change that comes after finds out here. Else one that was
    /// under way would outlive what was meant to end it. The account's row is locked before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold(self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let (sid, grant) = match self {
            Self::Session(sid) => (Some(sid), None),
            Self::Grant { id, sid } => (sid, Some(id)),
        };
        // The session first, as everywhere: two that lock in different orders would wait for each
        // other.
        let session = sqlx::query_scalar!(
            r#"SELECT ended_at IS NULL AS "live!" FROM session WHERE sid = $1 FOR SHARE"#,
            sid,
        )
        .fetch_optional(&mut *conn)
        .await?;
        let Some(grant) = grant else {
            return Ok(session == Some(true));
        };
        // One with `offline_access` outlives a sign-out.
        let grant = sqlx::query_scalar!(
            r#"SELECT revoked_at IS NULL AS "live!" FROM oauth_grant WHERE id = $1 FOR SHARE"#,
            grant,
        )
        .fetch_optional(conn)
        .await?;
        Ok(grant == Some(true))
    }

    /// When the session began in which somebody acts, or, where it is forgotten, the grant. A sign-in
    /// that confirms goes on in the same session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn began(
        self,
        db: impl PgExecutor<'_>,
    ) -> Result<Option<OffsetDateTime>, sqlx::Error> {
        let (sid, grant) = match self {
            Self::Session(sid) => (Some(sid), None),
            Self::Grant { id, sid } => (sid, Some(id)),
        };
        sqlx::query_scalar!(
            r#"
            SELECT least((SELECT created_at FROM session WHERE sid = $1),
                         (SELECT created_at FROM oauth_grant WHERE id = $2)) AS began
            "#,
            sid,
            grant,
        )
        .fetch_one(db)
        .await
    }
}
