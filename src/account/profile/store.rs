//! SQL of the profile.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use crate::users::{User, store};

/// The user, whose profile nobody else changes until the transaction ends.
pub(super) async fn lock(
    conn: &mut PgConnection,
    id_user: i32,
) -> Result<Option<User>, sqlx::Error> {
    sqlx::query!(
        "SELECT FROM user_account WHERE id_user = $1 FOR NO KEY UPDATE",
        id_user
    )
    .execute(&mut *conn)
    .await?;
    store::find(conn, id_user).await
}

/// Writes all claims that a person may write.
pub(super) async fn write(
    db: impl PgExecutor<'_>,
    id_user: i32,
    claims: &Value,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE user_account a SET
          name = r.name, given_name = r.given_name, middle_name = r.middle_name,
          family_name = r.family_name, nickname = r.nickname,
          preferred_username = r.preferred_username, gender = r.gender, birthdate = r.birthdate,
          picture = r.picture, profile = r.profile, website = r.website, locale = r.locale,
          zoneinfo = r.zoneinfo, phone_number = r.phone_number,
          phone_number_verified =
            a.phone_number_verified AND a.phone_number IS NOT DISTINCT FROM r.phone_number,
          address = nullif(r.address, 'null'), updated_at = $3
        FROM jsonb_to_record($2) AS r (
          name text, given_name text, middle_name text, family_name text, nickname text,
          preferred_username text, gender text, birthdate text, picture text, profile text,
          website text, locale text, zoneinfo text, phone_number text, address jsonb
        )
        WHERE a.id_user = $1
        "#,
        id_user,
        claims,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the time zone database knows a zone.
pub(super) async fn is_zone(db: impl PgExecutor<'_>, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS "is!""#,
        name
    )
    .fetch_one(db)
    .await
}
