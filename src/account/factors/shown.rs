//! The page of new recovery codes, as often as it has to be shown.

use super::{Person, begin};
use crate::app::App;
use crate::authn::factors::{FactorError, recovery_code, shown_codes};
use crate::foundation::secret::Secret;

/// Keeps new codes for their page, unless others were made meanwhile, which voided them: whoever
/// presses twice is not to write down codes that are good for nothing.
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
    let mut transaction = begin(app, person).await?;
    if recovery_code::are_good(&mut *transaction, id_user, codes).await? {
        shown_codes::keep(&mut *transaction, kek, id_user, bound, codes, now).await?;
    }
    transaction.commit().await?;
    Ok(())
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
