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
//! | mail that strangers ask for, mailbox | 3 | 1 min, doubling | 6 h | 24 h | 14 |
//! | mail that strangers ask for, address | 20 | 30 s, doubling | 1 h | 24 h | 49 |
//! | secrets of mailed links, address | 60 | 1 s, doubling | 1 min | 24 h | 1,504 |
//!
//! Why these: 109 guesses a day at one account, from however many addresses, do not find a password
//! that the policy accepted, nor 39 a day a code of six digits of which three are good at a time
//! (less than 0.02 % a day, and only for whoever has the password). People who mistype need less
//! than five attempts. A browser in which the person has signed in before is not held up by
//! strangers, whether they guess at the account or share its address; a person with a passkey is
//! not held up at all, for nobody guesses a signature.
//!
//! What is left: whoever keeps an account's bucket full keeps its owner's *new* browser waiting, 15
//! minutes at most at a time. The way in is then a browser known before, a passkey, or a link by
//! mail.

mod bucket;
mod policy;

use sqlx::PgPool;
use time::OffsetDateTime;

pub use bucket::Bucket;
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
/// A pool rather than a connection: within a transaction, a failure later on would take back what
/// was counted.
///
/// # Errors
/// When the database fails: the attempt must not be made.
pub async fn try_pass(
    pool: &PgPool,
    buckets: &[Bucket<'_>],
    now: OffsetDateTime,
) -> Result<Gate, sqlx::Error> {
    let rows = Rows::of(buckets);
    // Existing rows are locked in the order of their names before any is counted, so that another
    // attempt at the same account is seen; a row that another attempt makes meanwhile is met by ON
    // CONFLICT, which looks at it again. An attempt that has to wait writes nothing.
    // The first attempt of all is always free (`Policy`), so that a new row has no delay.
    let row = sqlx::query!(
        r#"
        WITH asked AS MATERIALIZED (
          SELECT * FROM unnest($1::bytea[], $2::int[], $3::float8[], $4::float8[], $5::float8[])
            AS asked (bucket, free, first, longest, forgotten)
        ), blocked AS MATERIALIZED (
          SELECT blocked_until FROM throttle WHERE bucket = ANY ($1) AND blocked_until > $6
        ), locked AS MATERIALIZED (
          SELECT blocked_until FROM throttle
          WHERE bucket = ANY ($1) AND NOT EXISTS (SELECT FROM blocked)
          ORDER BY bucket FOR UPDATE
        ), counted AS (
          INSERT INTO throttle AS t (bucket, failures, blocked_until, expires_at)
          SELECT bucket, 1, $6, $6 + make_interval(secs => forgotten)
          FROM asked
          WHERE NOT EXISTS (SELECT FROM blocked)
            AND NOT EXISTS (SELECT FROM locked WHERE blocked_until > $6)
          ORDER BY bucket
          ON CONFLICT (bucket) DO UPDATE SET (failures, blocked_until, expires_at) = (
            SELECT n, $6 + delay, $6 + delay + make_interval(secs => a.forgotten)
            FROM asked a,
              LATERAL (SELECT CASE WHEN t.expires_at > $6 THEN t.failures + 1 ELSE 1 END) AS f (n),
              LATERAL (SELECT make_interval(secs => CASE WHEN n < a.free THEN 0
                ELSE least(a.longest, a.first * power(2, least(n - a.free, 40))) END)) AS d (delay)
            WHERE a.bucket = t.bucket
          )
          WHERE t.blocked_until <= $6
          RETURNING 1
        )
        SELECT (SELECT count(*) FROM counted) = cardinality($1) AS "open!",
          greatest((SELECT max(blocked_until) FROM blocked),
                   (SELECT max(blocked_until) FROM locked)) AS blocked_until
        "#,
        &rows.names,
        &rows.free,
        &rows.first,
        &rows.longest,
        &rows.forgotten,
        now,
    )
    .fetch_one(pool)
    .await?;
    if row.open {
        return Ok(Gate::Open);
    }
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
    let (emptied, kept): (Vec<Bucket<'_>>, Vec<Bucket<'_>>) = buckets
        .iter()
        .partition(|bucket| bucket.ends_with_success());
    let names: Vec<Vec<u8>> = emptied.iter().map(Bucket::name).collect();
    if !names.is_empty() {
        sqlx::query!("DELETE FROM throttle WHERE bucket = ANY ($1)", &names)
            .execute(pool)
            .await?;
    }
    give_back(pool, &kept, now).await
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
    if buckets.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(buckets);
    sqlx::query!(
        r#"
        WITH asked AS (
          SELECT * FROM unnest($1::bytea[], $2::int[]) AS asked (bucket, free)
        ), emptied AS (
          DELETE FROM throttle WHERE bucket = ANY ($1) AND failures = 1
        )
        UPDATE throttle t SET
          failures = t.failures - 1,
          blocked_until = CASE WHEN t.failures <= a.free THEN least(t.blocked_until, $3)
                               ELSE t.blocked_until END
        FROM asked a WHERE a.bucket = t.bucket AND t.failures > 1
        "#,
        &rows.names,
        &rows.free,
        now,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// The buckets as a statement takes them: columns.
#[derive(Default)]
struct Rows {
    names: Vec<Vec<u8>>,
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
            rows.names.push(bucket.name());
            rows.free.push(i32::try_from(free).unwrap_or(i32::MAX));
            rows.first.push(first.as_secs_f64());
            rows.longest.push(longest.as_secs_f64());
            rows.forgotten.push(forgotten.as_secs_f64());
        }
        rows
    }
}
