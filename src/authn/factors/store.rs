//! SQL of second factors.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Enrolled, Factor, Kind, shown_codes};

/// The longest name of a factor, in characters.
pub const MAX_NAME: usize = 100;

struct Row {
    id: Uuid,
    kind: String,
    name: String,
    created_at: OffsetDateTime,
    last_used_at: Option<OffsetDateTime>,
}

impl Row {
    fn factor(self) -> Result<Factor, sqlx::Error> {
        let kind = Kind::parse(&self.kind)
            .ok_or_else(|| sqlx::Error::Decode("an unknown kind of factor".into()))?;
        Ok(Factor {
            id: self.id,
            kind,
            name: self.name,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        })
    }
}

/// A person's factors, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: impl PgExecutor<'_>, id_user: i32) -> Result<Vec<Factor>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, kind, name, created_at, last_used_at FROM factor
         WHERE id_user = $1 ORDER BY created_at, id",
        id_user
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::factor).collect()
}

/// One of a person's factors.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    id_user: i32,
    id: Uuid,
) -> Result<Option<Factor>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, kind, name, created_at, last_used_at FROM factor
         WHERE id_user = $1 AND id = $2",
        id_user,
        id
    )
    .fetch_optional(db)
    .await?;
    row.map(Row::factor).transpose()
}

/// Gives a factor another name; `None` if there is no such factor. The name has one to
/// [`MAX_NAME`] characters.
///
/// # Errors
/// When the database fails.
pub async fn rename(
    db: impl PgExecutor<'_>,
    id_user: i32,
    id: Uuid,
    name: &str,
) -> Result<Option<Factor>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "UPDATE factor SET name = $3 WHERE id_user = $1 AND id = $2
         RETURNING id, kind, name, created_at, last_used_at",
        id_user,
        id,
        name
    )
    .fetch_optional(db)
    .await?;
    row.map(Row::factor).transpose()
}

/// What came of a removal.
#[derive(Debug)]
pub enum Removal {
    Removed(Factor),
    /// It is the last one, and the person's role demands one.
    Demanded,
    /// There is no such factor.
    Unknown,
}

/// Removes a factor, unless it is the last one of a person whose role demands one. With the last
/// one the recovery codes go, for they stand in for nothing any more. In a transaction: of two
/// removals at once, one sees what the other did.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    conn: &mut PgConnection,
    id_user: i32,
    id: Uuid,
) -> Result<Removal, sqlx::Error> {
    lock_account(conn, id_user).await?;
    let factors = list(&mut *conn, id_user).await?;
    let Some(factor) = factors.iter().find(|factor| factor.id == id) else {
        return Ok(Removal::Unknown);
    };
    if factors.len() == 1 {
        let demanded = sqlx::query_scalar!(
            r#"SELECT second_factor_required AS "demanded!" FROM user_with_role
               WHERE id_user = $1"#,
            id_user
        )
        .fetch_one(&mut *conn)
        .await?;
        if demanded {
            return Ok(Removal::Demanded);
        }
        sqlx::query!("DELETE FROM recovery_code WHERE id_user = $1", id_user)
            .execute(&mut *conn)
            .await?;
        shown_codes::forget(&mut *conn, id_user).await?;
    }
    sqlx::query!("DELETE FROM factor WHERE id = $1", id)
        .execute(&mut *conn)
        .await?;
    Ok(Removal::Removed(factor.clone()))
}

/// Removes the factors that were added since a moment, and says which. For a person whose role demands
/// one too: whoever added these need not have been that person. In a transaction.
///
/// # Errors
/// When the database fails.
pub async fn remove_since(
    conn: &mut PgConnection,
    id_user: i32,
    since: OffsetDateTime,
) -> Result<Vec<Factor>, sqlx::Error> {
    lock_account(conn, id_user).await?;
    let rows = sqlx::query_as!(
        Row,
        "DELETE FROM factor WHERE id_user = $1 AND created_at >= $2
         RETURNING id, kind, name, created_at, last_used_at",
        id_user,
        since
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::factor).collect()
}

/// Makes changes to one person's factors follow one another until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_account(conn: &mut PgConnection, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT FROM user_account WHERE id_user = $1 FOR NO KEY UPDATE",
        id_user
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Which second factors a person has.
///
/// # Errors
/// When the database fails.
pub async fn enrolled(db: impl PgExecutor<'_>, id_user: i32) -> Result<Enrolled, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT
          coalesce(bool_or(kind = 'totp'), false) AS "totp!",
          coalesce(bool_or(kind = 'passkey'), false) AS "passkey!",
          coalesce(bool_or(kind = 'email'), false) AS "email!",
          (SELECT count(*) FROM recovery_code WHERE id_user = $1 AND used_at IS NULL) AS "left!"
        FROM factor WHERE id_user = $1
        "#,
        id_user
    )
    .fetch_one(db)
    .await?;
    Ok(Enrolled {
        totp: row.totp,
        passkey: row.passkey,
        email: row.email,
        recovery_codes_left: u32::try_from(row.left).unwrap_or(u32::MAX),
    })
}
