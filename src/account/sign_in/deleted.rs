//! Somebody signs in to an account that was deleted and can still be restored.

use time::OffsetDateTime;

use crate::account::mailed_token::{Purpose, issue};
use crate::account::register::may_write_to;
use crate::app::App;
use crate::http::context::RequestContext;
use crate::mail::{Letter, MailError};
use crate::users::{EmailAddress, User};

/// Mails the link that restores the account once more, for the first one may be lost; says until
/// when it works. To be called where the password was right: who knows it and is not the owner must
/// not fill the mailbox, so that mail is counted as strangers' is.
///
/// # Errors
/// When the database fails.
pub async fn remind(
    app: &App,
    user: &User,
    context: &RequestContext,
) -> Result<OffsetDateTime, MailError> {
    let now = context.now;
    let purge_at = sqlx::query_scalar!(
        "SELECT purge_at FROM user_account WHERE id_user = $1",
        user.id_user
    )
    .fetch_optional(&app.pool)
    .await?
    .flatten()
    .unwrap_or(now);
    if let Ok(left) = std::time::Duration::try_from(purge_at - now)
        && !left.is_zero()
        && let Ok(email) = EmailAddress::parse(&user.email)
        && may_write_to(app, &email, context).await?
    {
        let mut tx = app.pool.begin().await?;
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
