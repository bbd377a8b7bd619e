//! Erases the accounts whose time is over.

use time::OffsetDateTime;

use crate::account::delete::{Registry, purge};
use crate::app::App;
use crate::mail::MailError;

/// One round over every account that is due. One that fails does not keep the others waiting.
///
/// # Errors
/// The first failure.
pub async fn run(app: &App, now: OffsetDateTime) -> Result<(), MailError> {
    let registry = Registry::from(app);
    let mut outcome = Ok(());
    let mut after = 0;
    loop {
        let due = purge::due(registry, after, now).await?;
        let Some(last) = due.last() else { break };
        after = *last;
        for id_user in due {
            if let Err(error) = purge::purge(registry, id_user, now).await {
                tracing::error!(%error, id_user, "an account could not be purged");
                outcome = outcome.and(Err(error));
            }
        }
    }
    purge::sweep(registry, now).await?;
    outcome
}
