//! Whom an email typed at sign-in means, and what else has to be known before the password is
//! looked at: one round trip for all of it.

use serde_json::Value;
use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::factors::{Enrolled, Kind};
use crate::foundation::secret::Secret;
use crate::users::User;
use crate::users::model::email_key;
use crate::users::store::decode;

/// A person who may be about to sign in.
pub struct Candidate {
    pub user: User,
    pub password_hash: Secret,
    pub enrolled: Enrolled,
    /// They have signed in in this browser before.
    pub device_known: bool,
}

/// Finds the person that an email means, in the manner of [`crate::users::store::find_by_email`].
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    typed: &str,
    device: Option<&Secret>,
    now: OffsetDateTime,
) -> Result<Option<Candidate>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT to_jsonb(v) AS "user!: Value", u.password_hash,
          EXISTS (SELECT FROM known_device d
                  WHERE d.device_hash = $4 AND d.id_user = a.id_user AND d.expires_at > $5)
            AS "device_known!",
          ARRAY(SELECT kind FROM factor f WHERE f.id_user = a.id_user) AS "factors!",
          (SELECT count(*) FROM recovery_code c
           WHERE c.id_user = a.id_user AND c.used_at IS NULL) AS "codes_left!"
        FROM user_account a
        JOIN users u USING (id_user)
        JOIN user_with_role v USING (id_user)
        WHERE a.email_key IN ($1, $3)
        ORDER BY (u.email = $2) DESC, a.id_user
        LIMIT 1
        "#,
        email_key(typed),
        typed.trim(),
        typed.trim().to_ascii_lowercase(),
        device.map(|device| device.hash().to_vec()),
        now,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let has = |kind: Kind| row.factors.iter().any(|one| one == kind.as_str());
        Ok(Candidate {
            user: decode(row.user)?,
            password_hash: Secret::new(row.password_hash),
            enrolled: Enrolled {
                totp: has(Kind::Totp),
                passkey: has(Kind::Passkey),
                email: has(Kind::Email),
                recovery_codes_left: u32::try_from(row.codes_left).unwrap_or(u32::MAX),
            },
            device_known: row.device_known,
        })
    })
    .transpose()
}
