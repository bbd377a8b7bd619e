//! Codes sent to the account's address: six digits, for ten minutes. One that was mailed for a
//! sign-in stands in `sign_in_attempt`, one that was mailed to turn this on in `ceremony`; each
//! hashed with the id of what it is for.
//!
//! They prove nothing beside a password that was itself set by way of the mailbox.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::FactorError;
use crate::authn::throttle::{self, Bucket, Gate};
use crate::foundation::secret::{Secret, SecretHash, random_bytes};
use crate::http::context::RequestContext;
use crate::mail::{Letter, MailError, Outbox, Recipient};

/// How long a code is good.
pub const TTL: Duration = Duration::minutes(10);

/// How often a code may be entered.
pub const MAX_TRIES: i32 = 5;

/// No other code is mailed sooner than this after the last.
pub const RESEND_AFTER: Duration = Duration::minutes(1);

/// What came of asking for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is in the queue; the earlier one is void.
    Mailed,
    /// One was mailed just now, or too many were.
    TooSoon { seconds: u64 },
    /// The attempt is over, or codes by mail are no second factor of this person.
    Unavailable,
}

enum Issued {
    Code(Secret),
    TooSoon { seconds: u64 },
    Unavailable,
}

/// Mails a new code for a sign-in.
///
/// # Errors
/// See [`FactorError`].
pub async fn send(
    pool: &PgPool,
    mail: &Outbox,
    attempt: Uuid,
    id_user: i32,
    to: &Recipient<'_>,
    context: &RequestContext,
) -> Result<Sent, FactorError> {
    let buckets = [Bucket::FactorMail { id_user }];
    if let Gate::Wait { seconds } = throttle::try_pass(pool, &buckets, context.now).await? {
        return Ok(Sent::TooSoon {
            seconds: seconds.into(),
        });
    }
    // Counted before, not within: whoever holds one connection must not wait for another, or as many
    // requests as the pool has connections stop everybody.
    let mut transaction = pool.begin().await?;
    let refused = match issue(&mut transaction, attempt, id_user, context.now).await? {
        Issued::Code(code) => {
            post(&mut transaction, mail, to, code, context).await?;
            transaction.commit().await?;
            return Ok(Sent::Mailed);
        }
        Issued::TooSoon { seconds } => Sent::TooSoon { seconds },
        Issued::Unavailable => Sent::Unavailable,
    };
    transaction.rollback().await?;
    throttle::give_back(pool, &buckets, context.now).await?;
    Ok(refused)
}

/// Whether a code that was mailed for a sign-in can still be entered.
///
/// # Errors
/// When the database fails.
pub async fn was_sent(
    db: impl PgExecutor<'_>,
    attempt: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sign_in_attempt
                          WHERE id = $1 AND email_code_expires_at > $2) AS "sent!""#,
        attempt,
        now
    )
    .fetch_one(db)
    .await
}

async fn post(
    conn: &mut PgConnection,
    mail: &Outbox,
    to: &Recipient<'_>,
    code: Secret,
    context: &RequestContext,
) -> Result<(), MailError> {
    let letter = Letter::SignInCode {
        code,
        valid_for: TTL.unsigned_abs(),
        what: context.into(),
    };
    mail.post(conn, to, &letter, context.now).await
}

/// Makes a new code for a sign-in.
async fn issue(
    conn: &mut PgConnection,
    attempt: Uuid,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<Issued, sqlx::Error> {
    let code = generate();
    let row = sqlx::query!(
        r#"
        WITH open AS (
          SELECT t.id, t.email_code_expires_at
          FROM sign_in_attempt t JOIN user_account a USING (id_user)
          WHERE t.id = $1 AND t.id_user = $6 AND t.expires_at > $2 AND NOT a.password_from_mail
            AND EXISTS (SELECT FROM factor f WHERE f.id_user = t.id_user AND f.kind = 'email')
        ), issued AS (
          UPDATE sign_in_attempt t
          SET email_code_hash = $3, email_code_expires_at = $4, email_code_tries = 0
          FROM open
          WHERE t.id = open.id
            AND (t.email_code_expires_at IS NULL OR t.email_code_expires_at <= $5)
          RETURNING t.id
        )
        SELECT EXISTS (SELECT FROM issued) AS "issued!", email_code_expires_at FROM open
        "#,
        attempt,
        now,
        hash(attempt, &code).to_vec(),
        now + TTL,
        now + TTL - RESEND_AFTER,
        id_user,
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Issued::Unavailable,
        Some(row) if row.issued => Issued::Code(code),
        Some(row) => {
            let last = row
                .email_code_expires_at
                .map_or(now, |expires| expires - TTL);
            let wait = (last + RESEND_AFTER - now).whole_seconds();
            Issued::TooSoon {
                seconds: wait.max(1).unsigned_abs(),
            }
        }
    })
}

/// Whether a code is the one that was mailed for this sign-in, which uses it up: of any number of
/// requests that carry the same code, one is told yes. Each counts as a try before it is looked at.
///
/// # Errors
/// When the database fails.
pub async fn verify(
    pool: &PgPool,
    attempt: Uuid,
    code: &Secret,
    now: OffsetDateTime,
) -> Result<bool, FactorError> {
    let hash = hash(attempt, &Secret::new(super::totp::digits(code).as_str()));
    let used = sqlx::query_scalar!(
        r#"
        WITH tried AS (
          UPDATE sign_in_attempt t SET
            email_code_tries = email_code_tries + 1,
            email_code_hash = nullif(email_code_hash, $2),
            email_code_expires_at =
              CASE WHEN email_code_hash = $2 THEN NULL ELSE email_code_expires_at END
          FROM user_account a
          WHERE t.id = $1 AND a.id_user = t.id_user AND NOT a.password_from_mail
            AND t.expires_at > $3 AND t.email_code_expires_at > $3 AND t.email_code_tries < $4
            AND t.email_code_hash IS NOT NULL
          RETURNING t.id_user, t.email_code_hash IS NULL AS matched
        )
        UPDATE factor SET last_used_at = $3 FROM tried
        WHERE factor.id_user = tried.id_user AND kind = 'email' AND tried.matched
        RETURNING factor.id_user
        "#,
        attempt,
        hash.to_vec(),
        now,
        MAX_TRIES,
    )
    .fetch_optional(pool)
    .await?;
    if let Some(id_user) = used {
        throttle::forgive(pool, &[Bucket::FactorMail { id_user }], now).await?;
    }
    Ok(used.is_some())
}

/// Six digits by chance.
pub(super) fn generate() -> Secret {
    // The remainder favours no code by more than one part in 10^13.
    let chance = u64::from_be_bytes(random_bytes());
    Secret::new(format!("{:06}", chance % 1_000_000))
}

/// What is kept of a code.
pub(super) fn hash(of: Uuid, code: &Secret) -> SecretHash {
    Secret::new(format!("{of} {}", code.expose())).hash()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..100 {
            let code = generate();
            assert_eq!(code.expose().len(), 6);
            assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_hash_is_of_one_attempt() {
        let code = Secret::new("123456");
        let hashes = [Uuid::nil(), Uuid::max()].map(|id| hash(id, &code));
        assert!(!hashes[0].matches(&hashes[1]));
        assert!(hashes[0].matches(&hash(Uuid::nil(), &code)));
    }
}
