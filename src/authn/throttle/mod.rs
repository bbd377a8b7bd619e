//! Delays between guesses: exponential, never a lock, counted in Postgres, so that all replicas
//! share them.
//!
//! An attempt is counted *before* its guess is checked, in every bucket that it falls into, by one
//! statement: a thousand requests at once pass no more often than one after the other. If any
//! bucket has to wait, none counts. After a success the buckets of that account are emptied, those
//! of an address get the attempt back.
//!
//! | bucket | free | then | at most | forgotten after | a day |
//! |---|---|---|---|---|---|
//! | sign-in, account, from unknown browsers | 5 | 1 s, doubling | 15 min | 24 h | 109 |
//! | sign-in, account, from a browser that signed in before (each its own) | 10 | 1 s, doubling | 5 min | 24 h | 305 |
//! | sign-in, address (IPv6: its /64), from unknown browsers | 30 | 1 s, doubling | 1 min | 24 h | 1,474 |
//! | second factor, account | 5 | 1 s, doubling | 1 h | 24 h | 39 |
//! | second factor, account, from a browser that signed in before | 5 | 1 s, doubling | 15 min | 24 h | 109 |
//! | confirming the password in a session | 5 | 1 s, doubling | 15 min | 24 h | 109 |
//! | codes mailed as second factor, account | 5 | 30 s, doubling | 15 min | 24 h | 104 |
//! | registration, address | 20 | 30 s, doubling | 1 h | 24 h | 49 |
//! | mail that strangers ask for, mailbox | 3 | 1 min, doubling | 30 min | 24 h | 54 |
//! | mail that strangers ask for, address | 20 | 30 s, doubling | 1 h | 24 h | 49 |
//! | secrets of mailed links, address | 60 | 1 s, doubling | 1 min | 24 h | 1,504 |
//! | challenges for passkeys, address, from unknown browsers | 300 | 1 s | 1 s | 1 h | 93,600 |
//! | challenges for passkeys, from a browser that somebody signed in in | 30 | 1 s | 1 s | 1 h | 87,120 |
//!
//! Why these: 109 guesses a day at one account, from however many addresses, do not find a password
//! that the policy accepted, nor 39 a day a code of six digits of which three are good at a time
//! (less than 0.02 % a day, and only for whoever has the password). People who mistype need less
//! than five attempts. A browser in which the person has signed in before is not held up by
//! strangers, whether they guess at the account or share its address; a person with a passkey is
//! not held up at all, for nobody guesses a signature.
//!
//! A mailbox waits no longer than a link to reset the password lives: whoever asks for mail to
//! somebody all day long never leaves them without a link that works.
//!
//! What is left: whoever keeps an account's bucket full keeps its owner's *new* browser waiting, 15
//! minutes at most at a time. The way in is then a browser known before, a passkey, or a link by
//! mail.

mod bucket;
mod local;
mod policy;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

pub use bucket::Bucket;
pub use local::LocalLimit;
pub use policy::Policy;

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It may, and was counted.
    Open,
    /// It may not, and was not counted. Say so with 429 and `Retry-After`.
    Wait { seconds: u32 },
}

/// Counts an attempt in each bucket, unless one of them has to wait.
///
/// # Errors
/// When the database fails: the attempt must not be made.
pub async fn try_pass(
    pool: &PgPool,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<Gate, sqlx::Error> {
    let mut db = pool.acquire().await?;
    try_pass_on(&mut db, buckets, now).await
}

/// The same, on a connection. Not within a transaction: a failure later on would take back what was
/// counted, and others would wait for its end.
///
/// # Errors
/// When the database fails: the attempt must not be made.
pub async fn try_pass_on(
    db: &mut PgConnection,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<Gate, sqlx::Error> {
    let rows = Rows::of(buckets);
    // Attempts at the same bucket go one after the other: each holds the names of its buckets, in
    // one order for all, until it ends. An attempt that has to wait holds and writes nothing. Rows
    // that were there when the statement began are looked at again when their turn has come; one
    // that another attempt made meanwhile is met by ON CONFLICT, which looks at it, too. The first
    // attempt of all is always free (`Policy`), so that a new row has no delay: its end lies in the
    // past, not at the present, for requests of the same moment do not have the same time.
    let row = sqlx::query!(
        r#"
        WITH asked AS MATERIALIZED (
          SELECT *
          FROM unnest($1::bytea[], $7::bigint[], $2::int[], $3::float8[], $4::float8[], $5::float8[])
            AS asked (bucket, lock, free, first, longest, forgotten)
        ), blocked AS MATERIALIZED (
          SELECT blocked_until FROM throttle WHERE bucket = ANY ($1) AND blocked_until > $6
        ), held AS MATERIALIZED (
          SELECT pg_advisory_xact_lock(lock)
          FROM (SELECT lock FROM asked WHERE NOT EXISTS (SELECT FROM blocked) ORDER BY lock) AS names
        ), seen AS MATERIALIZED (
          SELECT blocked_until FROM throttle
          WHERE bucket = ANY ($1) AND (SELECT count(*) FROM held) > 0
          ORDER BY bucket FOR UPDATE
        ), counted AS (
          INSERT INTO throttle AS t (bucket, failures, blocked_until, expires_at)
          SELECT bucket, 1, $6 - interval '1 day', $6 + make_interval(secs => forgotten) FROM asked
          WHERE (SELECT count(*) FROM held) > 0
            AND NOT EXISTS (SELECT FROM seen WHERE blocked_until > $6)
          ON CONFLICT (bucket) DO UPDATE SET (failures, blocked_until, expires_at) = (
            SELECT n, CASE WHEN delay > interval '0' THEN $6 + delay ELSE t.blocked_until END,
              $6 + delay + make_interval(secs => a.forgotten)
            FROM asked a,
              LATERAL (SELECT CASE WHEN t.expires_at > $6 THEN t.failures + 1 ELSE 1 END) AS f (n),
              LATERAL (SELECT make_interval(secs => CASE WHEN n < a.free THEN 0
                ELSE least(a.longest, a.first * power(2, least(n - a.free, 40))) END)) AS d (delay)
            WHERE a.bucket = t.bucket
          )
          WHERE t.blocked_until <= $6
          RETURNING bucket
        )
        SELECT coalesce((SELECT array_agg(bucket) FROM counted), '{}') AS "counted!",
          greatest((SELECT max(blocked_until) FROM blocked),
                   (SELECT max(blocked_until) FROM seen)) AS blocked_until
        "#,
        &rows.names,
        &rows.free,
        &rows.first,
        &rows.longest,
        &rows.forgotten,
        now,
        &rows.locks,
    )
    .fetch_one(&mut *db)
    .await?;
    if row.counted.len() == buckets.len() {
        return Ok(Gate::Open);
    }
    // A row that was made meanwhile has to wait: then the others do not count either.
    let counted = buckets
        .iter()
        .filter(|bucket| row.counted.contains(&bucket.name()));
    give_back_on(db, &counted.copied().collect::<Vec<_>>(), now).await?;
    let wait = row
        .blocked_until
        .map_or(0.0, |at| (at - now).as_seconds_f64());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let seconds = wait.ceil().clamp(1.0, 86_400.0) as u32;
    Ok(Gate::Wait { seconds })
}

/// After a success: empties the buckets of the account, gives the attempt back to those of
/// addresses. Whoever has one account of their own does not wash their address clean with it.
///
/// # Errors
/// When the database fails.
pub async fn forgive(
    pool: &PgPool,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut db = pool.acquire().await?;
    forgive_on(&mut db, buckets, now).await
}

/// The same, on a connection.
///
/// # Errors
/// When the database fails.
pub async fn forgive_on(
    db: &mut PgConnection,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    for bucket in buckets {
        if bucket.ends_with_success() {
            sqlx::query!("DELETE FROM throttle WHERE bucket = $1", bucket.name())
                .execute(&mut *db)
                .await?;
        } else {
            give_back_on(db, &[*bucket], now).await?;
        }
    }
    Ok(())
}

/// Takes back an attempt that was counted and whose guess was never checked, as when the hashing
/// threads were busy. A bucket with free attempts left need not wait any more.
///
/// # Errors
/// When the database fails.
pub async fn give_back(
    pool: &PgPool,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut db = pool.acquire().await?;
    give_back_on(&mut db, buckets, now).await
}

async fn give_back_on(
    db: &mut PgConnection,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    // A statement each: one that held several rows could wait in a circle with another.
    for bucket in buckets {
        sqlx::query!(
            r#"
            WITH emptied AS (
              DELETE FROM throttle WHERE bucket = $1 AND failures = 1
            )
            UPDATE throttle SET
              failures = failures - 1,
              blocked_until = CASE WHEN failures <= $2 THEN least(blocked_until, $3)
                                   ELSE blocked_until END
            WHERE bucket = $1 AND failures > 1
            "#,
            bucket.name(),
            i32::try_from(bucket.policy().free).unwrap_or(i32::MAX),
            now,
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The buckets as a statement takes them: columns.
#[derive(Default)]
struct Rows {
    names: Vec<Vec<u8>>,
    locks: Vec<i64>,
    free: Vec<i32>,
    /// Seconds, as the following.
    first: Vec<f64>,
    longest: Vec<f64>,
    forgotten: Vec<f64>,
}

impl Rows {
    fn of(buckets: &[Bucket<'_>]) -> Self {
        let mut rows = Self::default();
        for bucket in buckets {
            let Policy {
                free,
                first,
                longest,
                forgotten,
            } = bucket.policy();
            let name = bucket.name();
            let lock = name.first_chunk().copied().unwrap_or_default();
            rows.locks.push(i64::from_be_bytes(lock));
            rows.names.push(name);
            rows.free.push(i32::try_from(free).unwrap_or(i32::MAX));
            rows.first.push(first.as_secs_f64());
            rows.longest.push(longest.as_secs_f64());
            rows.forgotten.push(forgotten.as_secs_f64());
        }
        rows
    }
}
