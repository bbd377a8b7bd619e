//! What goes with a change of address that is undone: whoever asked for it may have had no other right
//! to the account than a session, and may have added what lets them in again.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::account::apps;
use crate::audit::{self, Event};
use crate::authn::factors::{recovery_code, store};
use crate::http::context::RequestContext;
use crate::users::User;

/// What was taken back, as the mail tells it.
pub(super) struct TakenBack {
    /// Kinds and names.
    pub factors: Vec<(&'static str, String)>,
    pub recovery_codes: bool,
}

/// Takes back the second factors that were added, the recovery codes that were made and the consents
/// that were given since a moment. What was there before stays: a link in a mailbox never takes that
/// off, for whoever reads the mailbox could then get in by it alone. Consents come first, then factors:
/// sessions and consents are held before what else belongs to an account.
pub(super) async fn take_back(
    conn: &mut PgConnection,
    user: &User,
    since: OffsetDateTime,
    context: &RequestContext,
) -> Result<TakenBack, sqlx::Error> {
    let (id_user, subject) = (user.id_user, Some(user.sub));
    apps::forget_since(&mut *conn, user, since, context).await?;
    let mut factors = Vec::new();
    for factor in store::remove_since(&mut *conn, id_user, since).await? {
        let method = factor.kind.as_str();
        let event = Event::FactorRemoved { method };
        audit::record(&mut *conn, &event, subject, None, context).await?;
        factors.push((method, factor.name));
    }
    let recovery_codes = recovery_code::remove_since(&mut *conn, id_user, since).await?;
    if recovery_codes {
        let event = Event::RecoveryCodesRemoved;
        audit::record(&mut *conn, &event, subject, None, context).await?;
    }
    Ok(TakenBack {
        factors,
        recovery_codes,
    })
}
