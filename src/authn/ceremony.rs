//! Challenges that were given and not yet answered: WebAuthn ceremonies, enrolments of TOTP and of
//! codes by mail. Each is bound to whom it was given and taken by whoever answers first, so that
//! none is answered twice, whichever replica is asked.

use sqlx::PgExecutor;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::factors::FactorError;
use crate::foundation::cipher::{KeyEncryptionKey, row_identity};
use crate::foundation::secret::{Secret, sha256};
use crate::http::context::random_id;

/// How long an authenticator may take: what WebAuthn recommends (Level 3, section 5.4).
const PASSKEY_TTL: Duration = Duration::minutes(5);

/// Time enough to set up an authenticator app, or for a mail to arrive.
const CODE_TTL: Duration = Duration::minutes(10);

/// How often a code may be entered for one enrolment.
pub const MAX_TRIES: i32 = 5;

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    PasskeyRegistration,
    PasskeyAuthentication,
    /// For whoever answers: nobody has said who they are.
    PasskeyDiscoverable,
    TotpEnrolment,
    EmailEnrolment,
    /// New recovery codes: no challenge, but kept like one until the person says that they have them.
    RecoveryCodes,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::PasskeyRegistration => "passkey_registration",
            Self::PasskeyAuthentication => "passkey_authentication",
            Self::PasskeyDiscoverable => "passkey_discoverable",
            Self::TotpEnrolment => "totp_enrolment",
            Self::EmailEnrolment => "email_enrolment",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    fn ttl(self) -> Duration {
        match self {
            Self::TotpEnrolment | Self::EmailEnrolment | Self::RecoveryCodes => CODE_TTL,
            _ => PASSKEY_TTL,
        }
    }
}

/// To whom a challenge was given: nobody else can answer it.
#[derive(Clone, Copy)]
pub struct Bound([u8; 32]);

impl Bound {
    /// A browser, by its cookie.
    pub fn browser(browser: &Secret) -> Self {
        Self(sha256(format!("browser\0{}", browser.expose()).as_bytes()))
    }

    /// A session, by its `sid`.
    pub fn session(sid: Uuid) -> Self {
        Self(sha256(format!("session\0{sid}").as_bytes()))
    }

    /// What a client was granted, where no session stands behind it.
    pub fn grant(id: Uuid) -> Self {
        Self(sha256(format!("grant\0{id}").as_bytes()))
    }

    /// A sign-in whose second factor is due.
    pub fn attempt(id: Uuid) -> Self {
        Self(sha256(format!("attempt\0{id}").as_bytes()))
    }
}

/// Keeps the state of a challenge, sealed, and names it. `id_user` is `None` for
/// [`Kind::PasskeyDiscoverable`] alone.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    kind: Kind,
    id_user: Option<i32>,
    bound: &Bound,
    state: &[u8],
    now: OffsetDateTime,
) -> Result<Uuid, sqlx::Error> {
    let id = random_id();
    sqlx::query!(
        "INSERT INTO ceremony (id, kind, id_user, bound_to, state_sealed, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        kind.as_str(),
        id_user,
        bound.0.as_slice(),
        kek.seal(&identity(id), state),
        now,
        now + kind.ttl(),
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Takes a challenge to answer it: nobody else gets it after. `None` if it is over, was answered,
/// or was given to somebody else.
///
/// # Errors
/// See [`FactorError`].
pub async fn take(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    kind: Kind,
    id: Uuid,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Option<Taken>, FactorError> {
    let row = sqlx::query_as!(
        Row,
        "DELETE FROM ceremony
         WHERE id = $1 AND kind = $2 AND bound_to = $3 AND expires_at > $4
         RETURNING id_user, state_sealed",
        id,
        kind.as_str(),
        bound.0.as_slice(),
        now,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| row.open(kek, id)).transpose()
}

/// Reads a challenge that can be tried several times, and counts the try before the answer is
/// looked at. `None` as in [`take`], and after [`MAX_TRIES`].
///
/// # Errors
/// See [`FactorError`].
pub async fn try_once(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    kind: Kind,
    id: Uuid,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Option<Taken>, FactorError> {
    let row = sqlx::query_as!(
        Row,
        "UPDATE ceremony SET tries = tries + 1
         WHERE id = $1 AND kind = $2 AND bound_to = $3 AND expires_at > $4 AND tries < $5
         RETURNING id_user, state_sealed",
        id,
        kind.as_str(),
        bound.0.as_slice(),
        now,
        MAX_TRIES,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| row.open(kek, id)).transpose()
}

/// Reads a challenge to show it again.
///
/// # Errors
/// See [`FactorError`].
pub async fn read(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    kind: Kind,
    id: Uuid,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Option<Taken>, FactorError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id_user, state_sealed FROM ceremony
         WHERE id = $1 AND kind = $2 AND bound_to = $3 AND expires_at > $4 AND tries < $5",
        id,
        kind.as_str(),
        bound.0.as_slice(),
        now,
        MAX_TRIES,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| row.open(kek, id)).transpose()
}

/// Reads the one of a kind that was kept last. `None` if there is none, or it is over.
///
/// # Errors
/// See [`FactorError`].
pub async fn latest(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    kind: Kind,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Option<Taken>, FactorError> {
    let row = sqlx::query!(
        "SELECT id, id_user, state_sealed FROM ceremony
         WHERE kind = $1 AND bound_to = $2 AND expires_at > $3
         ORDER BY created_at DESC, id LIMIT 1",
        kind.as_str(),
        bound.0.as_slice(),
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Taken {
        id_user: row.id_user,
        state: kek.open(&identity(row.id), &row.state_sealed)?,
    }))
}

/// Forgets all of a kind that were kept for a person.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: impl PgExecutor<'_>, kind: Kind, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM ceremony WHERE id_user = $1 AND kind = $2",
        id_user,
        kind.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The associated data of a sealed state.
pub fn identity(id: Uuid) -> Vec<u8> {
    row_identity("ceremony", "state_sealed", &id.to_string())
}

/// A challenge as the table holds it.
struct Row {
    id_user: Option<i32>,
    state_sealed: Vec<u8>,
}

impl Row {
    fn open(self, kek: &KeyEncryptionKey, id: Uuid) -> Result<Taken, FactorError> {
        Ok(Taken {
            id_user: self.id_user,
            state: kek.open(&identity(id), &self.state_sealed)?,
        })
    }
}

/// A challenge with its state.
pub struct Taken {
    /// Whose it is; `None` where it was for whoever answers.
    pub id_user: Option<i32>,
    pub state: Zeroizing<Vec<u8>>,
}
