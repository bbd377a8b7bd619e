//! Somebody signs in to an account that was deleted and can still be restored.

use crate::account::mailed_token::{Purpose, issue};
use crate::app::{App, Fault, Visitor};
use crate::i18n::date;
use crate::mail::Letter;
use crate::users::User;

/// Mails the link that restores the account once more, for the first one may be lost; says until
/// when it works, in words. To be called where the password was right.
///
/// # Errors
/// When the database fails.
pub async fn remind(app: &App, visitor: &Visitor, user: &User) -> Result<String, Fault> {
    let now = visitor.context.now;
    let locale = visitor.page(app, None, user.locale.as_deref()).locale();
    let mut tx = app.pool.begin().await?;
    let purge_at = sqlx::query_scalar!(
        "SELECT purge_at FROM user_account WHERE id_user = $1",
        user.id_user
    )
    .fetch_optional(&mut *tx)
    .await?
    .flatten()
    .unwrap_or(now);
    if let Ok(left) = std::time::Duration::try_from(purge_at - now)
        && !left.is_zero()
    {
        let token = issue(
            &mut tx,
            Purpose::RestoreAccount,
            user.id_user,
            None,
            left,
            now,
        )
        .await?;
        let letter = Letter::AccountDeleted {
            purge_at,
            restore: Purpose::RestoreAccount.link(&app.issuer, &token),
            what: (&visitor.context).into(),
        };
        let services = app.authn();
        let recipient = services.recipient(user);
        app.mail.post(&mut *tx, &recipient, &letter, now).await?;
        tx.commit().await?;
    }
    Ok(date(locale, purge_at))
}
