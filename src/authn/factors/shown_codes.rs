//! New recovery codes as long as their page may have to be shown again: after a reload, the back
//! button, a form that was sent twice, a change of the language. Sealed, for the session in which they
//! were made; forgotten when the person says that they are kept, after ten minutes, and when they are
//! void.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::FactorError;
use crate::authn::ceremony::{self, Bound, Kind};
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::secret::Secret;

const KIND: Kind = Kind::RecoveryCodes;

/// Keeps a person's new codes.
///
/// # Errors
/// See [`FactorError`].
pub async fn keep(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    id_user: i32,
    bound: &Bound,
    codes: &[Secret],
    now: OffsetDateTime,
) -> Result<(), FactorError> {
    let codes: Vec<&str> = codes.iter().map(Secret::expose).collect();
    let state = zeroize::Zeroizing::new(codes.join("\n"));
    ceremony::keep(db, kek, KIND, Some(id_user), bound, state.as_bytes(), now).await?;
    Ok(())
}

/// The codes that were made last; `None` where there are none to be shown.
///
/// # Errors
/// See [`FactorError`].
pub async fn find(
    db: impl PgExecutor<'_>,
    kek: &KeyEncryptionKey,
    bound: &Bound,
    now: OffsetDateTime,
) -> Result<Option<Vec<Secret>>, FactorError> {
    let kept = ceremony::latest(db, kek, KIND, bound, now).await?;
    Ok(kept.map(|kept| {
        let text = String::from_utf8_lossy(&kept.state);
        text.lines().map(Secret::new).collect()
    }))
}

/// Forgets what was kept for a person, in whichever session.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: impl PgExecutor<'_>, id_user: i32) -> Result<(), sqlx::Error> {
    ceremony::forget(db, KIND, id_user).await
}
