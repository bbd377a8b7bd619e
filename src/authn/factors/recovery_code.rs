//! Recovery codes: kept on paper for the day when every factor is lost. Ten at a time, of 80 random
//! bits each, stored hashed, good for one use.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::shown_codes;
use super::store::lock_account;
use crate::foundation::secret::{Secret, random_bytes};

/// How many are made at a time.
pub const COUNT: usize = 10;

/// Crockford's base32: without i, l, o and u, which are read as something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Replaces a person's codes by ten new ones, written `xxxx-xxxx-xxxx-xxxx`. In a transaction.
///
/// # Errors
/// When the database fails.
pub async fn make(
    conn: &mut PgConnection,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<Vec<Secret>, sqlx::Error> {
    lock_account(conn, id_user).await?;
    let codes: Vec<Secret> = std::iter::repeat_with(generate).take(COUNT).collect();
    let hashes: Vec<Vec<u8>> = codes
        .iter()
        .filter_map(|code| canonical(code.expose()))
        .map(|code| code.hash().to_vec())
        .collect();
    sqlx::query!("DELETE FROM recovery_code WHERE id_user = $1", id_user)
        .execute(&mut *conn)
        .await?;
    shown_codes::forget(&mut *conn, id_user).await?;
    sqlx::query!(
        "INSERT INTO recovery_code (code_hash, id_user, created_at)
         SELECT code_hash, $2, $3 FROM unnest($1::bytea[]) AS code_hash",
        &hashes,
        id_user,
        now
    )
    .execute(conn)
    .await?;
    Ok(codes)
}

/// Whether codes that were just made are still this person's: others, made since, void them.
///
/// # Errors
/// When the database fails.
pub async fn are_good(
    db: impl PgExecutor<'_>,
    id_user: i32,
    codes: &[Secret],
) -> Result<bool, sqlx::Error> {
    let hashes: Vec<Vec<u8>> = codes
        .iter()
        .filter_map(|code| canonical(code.expose()))
        .map(|code| code.hash().to_vec())
        .collect();
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM recovery_code WHERE id_user = $1 AND code_hash = ANY ($2))
           AS "good!""#,
        id_user,
        &hashes,
    )
    .fetch_one(db)
    .await
}

/// Spends a code, and tells how many are left; `None` if it is not one of this person's, or was
/// used before. Of any number of requests that carry the same code, one spends it.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    db: impl PgExecutor<'_>,
    id_user: i32,
    code: &Secret,
    now: OffsetDateTime,
) -> Result<Option<u32>, sqlx::Error> {
    let Some(code) = canonical(code.expose()) else {
        return Ok(None);
    };
    let left = sqlx::query_scalar!(
        r#"
        WITH spent AS (
          UPDATE recovery_code SET used_at = $3
          WHERE code_hash = $1 AND id_user = $2 AND used_at IS NULL
          RETURNING code_hash
        )
        SELECT (SELECT count(*) FROM recovery_code
                WHERE id_user = $2 AND used_at IS NULL AND code_hash <> spent.code_hash) AS "left!"
        FROM spent
        "#,
        code.hash().to_vec(),
        id_user,
        now
    )
    .fetch_optional(db)
    .await?;
    Ok(left.map(|left| u32::try_from(left).unwrap_or(u32::MAX)))
}

/// Removes the codes that were made since a moment, and all where no factor is left that they could
/// stand in for. Says whether there were any. In a transaction.
///
/// # Errors
/// When the database fails.
pub async fn remove_since(
    conn: &mut PgConnection,
    id_user: i32,
    since: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    lock_account(conn, id_user).await?;
    let removed = sqlx::query!(
        "DELETE FROM recovery_code
         WHERE id_user = $1
           AND (created_at >= $2 OR NOT EXISTS (SELECT FROM factor WHERE id_user = $1))",
        id_user,
        since
    )
    .execute(conn)
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// How many codes a person has left.
///
/// # Errors
/// When the database fails.
pub async fn left(db: impl PgExecutor<'_>, id_user: i32) -> Result<u32, sqlx::Error> {
    let left = sqlx::query_scalar!(
        r#"SELECT count(*) AS "left!" FROM recovery_code
           WHERE id_user = $1 AND used_at IS NULL"#,
        id_user
    )
    .fetch_one(db)
    .await?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

fn generate() -> Secret {
    let mut bits = random_bytes::<10>()
        .into_iter()
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(byte));
    let mut code = String::with_capacity(19);
    for place in 0..16 {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        let symbol = usize::try_from(bits & 31).unwrap_or_default();
        code.extend(ALPHABET.get(symbol).map(|symbol| char::from(*symbol)));
        bits >>= 5;
    }
    Secret::new(code)
}

/// The form that is hashed: lower case, without what parts the groups; the letters that are not
/// used are read as what they look like. `None` for what cannot be a code.
fn canonical(typed: &str) -> Option<Secret> {
    if typed.len() > 100 {
        return None;
    }
    let mut code = String::with_capacity(16);
    for symbol in typed.chars() {
        let symbol = match symbol.to_ascii_lowercase() {
            '-' | '\u{2010}'..='\u{2015}' => continue,
            symbol if symbol.is_whitespace() => continue,
            'o' => '0',
            'i' | 'l' => '1',
            symbol => symbol,
        };
        if !u8::try_from(symbol).is_ok_and(|symbol| ALPHABET.contains(&symbol)) {
            return None;
        }
        code.push(symbol);
    }
    (code.len() == 16).then(|| Secret::new(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_written() {
        let plain = |typed: &str| canonical(typed).map(|code| code.expose().to_owned());
        let code = generate();
        assert_eq!(code.expose().len(), 19);
        let groups: Vec<&str> = code.expose().split('-').collect();
        assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == 4));
        let read = plain(code.expose());
        assert!(read.is_some());
        assert_eq!(plain(&code.expose().to_uppercase()), read);
        assert_eq!(plain(&format!(" {} ", groups.join(" "))), read);
        assert_eq!(
            plain("OoIi–LlAb–CdEf–GhJk").as_deref(),
            Some("001111abcdefghjk")
        );
        for bad in [
            "",
            "0123-4567-89ab-cde",
            "0123-4567-89ab-cdefg",
            "u123-4567-89ab-cdef",
        ] {
            assert_eq!(plain(bad), None, "{bad}");
        }
        assert_ne!(generate().expose(), generate().expose());
    }
}
