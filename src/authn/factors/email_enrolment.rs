//! Turning codes by mail on: the first one shows that they arrive.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::email_code::{self, generate};
use super::totp::Confirmation;
use super::{Factor, FactorError, Kind};
use crate::authn::ceremony::{self, Bound};
use crate::authn::throttle::{self, Bucket, Gate};
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::secret::Secret;
use crate::http::context::{RequestContext, random_id};
use crate::mail::{Letter, Outbox, Recipient};

/// What came of asking for the first code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is in the queue; this names the enrolment.
    Mailed(Uuid),
    /// Too many were mailed.
    Wait { seconds: u32 },
}

/// Mails a first code.
///
/// # Errors
/// See [`FactorError`].
pub async fn begin(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    mail: &Outbox,
    id_user: i32,
    to: &Recipient<'_>,
    bound: &Bound,
    context: &RequestContext,
) -> Result<Begun, FactorError> {
    let buckets = [Bucket::FactorMail { id_user }];
    if let Gate::Wait { seconds } = throttle::try_pass(pool, &buckets, context.now).await? {
        return Ok(Begun::Wait { seconds });
    }
    let code = generate();
    let (kind, state) = (ceremony::Kind::EmailEnrolment, code.expose().as_bytes());
    let mut transaction = pool.begin().await?;
    let (conn, now) = (&mut *transaction, context.now);
    let id = ceremony::keep(&mut *conn, kek, kind, Some(id_user), bound, state, now).await?;
    let letter = Letter::EnrolmentCode {
        code,
        valid_for: email_code::TTL.unsigned_abs(),
        what: context.into(),
    };
    mail.post(conn, to, &letter, now).await?;
    transaction.commit().await?;
    Ok(Begun::Mailed(id))
}

/// Adds the factor if the code is the one that was mailed. In a transaction.
///
/// # Errors
/// See [`FactorError`].
pub async fn confirm(
    conn: &mut PgConnection,
    kek: &KeyEncryptionKey,
    id_user: i32,
    (ceremony, bound): (Uuid, &Bound),
    code: &Secret,
    name: &str,
    now: time::OffsetDateTime,
) -> Result<Confirmation, FactorError> {
    let kind = ceremony::Kind::EmailEnrolment;
    let tried = ceremony::try_once(&mut *conn, kek, kind, ceremony, bound, now).await?;
    let Some(tried) = tried.filter(|tried| tried.id_user == Some(id_user)) else {
        return Ok(Confirmation::Over);
    };
    let mailed = Secret::new(String::from_utf8_lossy(&tried.state));
    let typed = Secret::new(super::totp::digits(code).as_str());
    if !mailed.hash().matches(&typed.hash()) {
        return Ok(Confirmation::Wrong);
    }
    let taken = ceremony::take(&mut *conn, kek, kind, ceremony, bound, now).await?;
    if taken.is_none() {
        return Ok(Confirmation::Over);
    }
    let id = random_id();
    let added = sqlx::query!(
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         VALUES ($1, $2, 'email', $3, $4)
         ON CONFLICT (id_user) WHERE kind = 'email' DO NOTHING",
        id,
        id_user,
        name,
        now,
    )
    .execute(conn)
    .await?;
    if added.rows_affected() == 0 {
        return Ok(Confirmation::Over);
    }
    Ok(Confirmation::Added(Factor {
        id,
        kind: Kind::Email,
        name: name.to_owned(),
        created_at: now,
        last_used_at: None,
    }))
}

/// Whether a first code was mailed and can still be entered.
///
/// # Errors
/// See [`FactorError`].
pub async fn waits(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    id_user: i32,
    (ceremony, bound): (Uuid, &Bound),
    now: time::OffsetDateTime,
) -> Result<bool, FactorError> {
    let kind = ceremony::Kind::EmailEnrolment;
    let read = ceremony::read(pool, kek, kind, ceremony, bound, now).await?;
    Ok(read.is_some_and(|read| read.id_user == Some(id_user)))
}
