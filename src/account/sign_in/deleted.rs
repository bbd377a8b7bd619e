//! Somebody signs in to an account that was deleted and can still be restored.

use time::OffsetDateTime;

use crate::account::mailed_token::{Purpose, issue};
use crate::app::App;
use crate::http::context::RequestContext;
use crate::mail::{Letter, MailError};
use crate::users::User;

/// Mails the link that restores the account once more, for the first one may be lost; says until
/// when it works. To be called where the password was right.
///
/// # Errors
/// When the database fails.
pub async fn remind(
    app: &App,
    user: &User,
    context: &RequestContext,
) -> Result<OffsetDateTime, MailError> {
    let now = context.now;
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
            what: context.into(),
        };
        let services = app.authn();
        let recipient = services.recipient(user);
        app.mail.post(&mut *tx, &recipient, &letter, now).await?;
        tx.commit().await?;
    }
    Ok(purge_at)
}
