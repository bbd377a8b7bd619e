//! The page of new recovery codes, as often as it has to be shown.

use super::Person;
use crate::app::App;
use crate::authn::factors::{FactorError, shown_codes};
use crate::foundation::secret::Secret;

/// Keeps new codes for their page.
///
/// # Errors
/// See [`FactorError`].
pub async fn keep_shown(
    app: &App,
    person: &Person<'_>,
    codes: &[Secret],
) -> Result<(), FactorError> {
    let (kek, now) = (app.keys.key_encryption_key(), person.context.now);
    let (id_user, bound) = (person.user.id_user, &person.bound);
    shown_codes::keep(&app.pool, kek, id_user, bound, codes, now).await
}

/// The codes that this session's page still shows.
///
/// # Errors
/// See [`FactorError`].
pub async fn shown_codes(
    app: &App,
    person: &Person<'_>,
) -> Result<Option<Vec<Secret>>, FactorError> {
    let (kek, now) = (app.keys.key_encryption_key(), person.context.now);
    shown_codes::find(&app.pool, kek, &person.bound, now).await
}

/// The person has them: they are not shown again.
///
/// # Errors
/// See [`FactorError`].
pub async fn forget_shown(app: &App, person: &Person<'_>) -> Result<(), FactorError> {
    Ok(shown_codes::forget(&app.pool, person.user.id_user).await?)
}
