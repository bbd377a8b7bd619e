//! Somebody signs in to an account that was deleted and can still be restored.

use time::OffsetDateTime;

use crate::account::mailed_token::{Purpose, issue};
use crate::account::register::may_write_to;
use crate::app::App;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter, MailError};
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
    locale: Locale,
    context: &RequestContext,
) -> Result<OffsetDateTime, MailError> {
    let now = context.now;
    let row = sqlx::query!(
        r#"
        SELECT deleted_at AS "deleted_at!", purge_at AS "purge_at!"
        FROM user_account WHERE id_user = $1 AND purge_at > $2
        "#,
        user.id_user,
        now,
    )
    .fetch_optional(&app.pool)
    .await?;
    // Undone, or due to be purged, meanwhile.
    let Some(row) = row else { return Ok(now) };
    let purge_at = row.purge_at;
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
            // Of the deletion, not of this sign-in.
            what: Circumstances::at(row.deleted_at),
        };
        let services = app.authn().in_language(locale);
        let recipient = services.recipient(user);
        app.mail.post(&mut *tx, &recipient, &letter, now).await?;
        tx.commit().await?;
    }
    Ok(purge_at)
}
