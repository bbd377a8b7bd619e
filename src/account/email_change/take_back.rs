//! What goes with a change of address that is undone: whoever asked for it may have had no other right
//! to the account than a session, and may have added what lets them in again, before or after.

use std::time::Duration;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::store::{self as changes, Change};
use crate::account::apps;
use crate::audit::{self, Event};
use crate::authn::factors::{recovery_code, store};
use crate::http::context::RequestContext;
use crate::users::User;

/// What was taken back, and what was not, as page and mail tell it.
pub(super) struct TakenBack {
    pub password: bool,
    /// Kinds and names.
    pub factors: Vec<(&'static str, String)>,
    pub recovery_codes: bool,
    /// The factors that are older.
    pub kept: Vec<(&'static str, String)>,
}

/// From when on nothing is trusted: the start of the session in which the change was asked for, and in
/// any case `before` the asking. A session tells what its thief may have done in it; somebody who has
/// the password, or added a passkey, begins as many as they like, and asks in the last.
pub(super) fn suspect_since(change: &Change, before: Duration) -> OffsetDateTime {
    let earlier = change.asked_at - before;
    let began = change.session_began_at;
    began.map_or(earlier, |began| began.min(earlier))
}

/// Takes back the second factors that were added, the recovery codes that were made and the consents
/// that were given since a moment, and the password, which is then nobody's. What was there before
/// stays: a link in a mailbox never takes that off, for whoever reads the mailbox could then get in by it
/// alone. Consents come first, then factors: sessions and consents are held before what else belongs to
/// an account.
///
/// A password that was set since the change was asked for by a link to the address that undoes it stays.
pub(super) async fn take_back(
    conn: &mut PgConnection,
    user: &User,
    since: OffsetDateTime,
    change: &Change,
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
    let password = changes::void_password(&mut *conn, id_user, change).await?;
    if password {
        let event = Event::PasswordVoided;
        audit::record(&mut *conn, &event, subject, None, context).await?;
    }
    let kept = store::list(&mut *conn, id_user).await?;
    let kept = kept.into_iter().map(|it| (it.kind.as_str(), it.name));
    Ok(TakenBack {
        password,
        factors,
        recovery_codes,
        kept: kept.collect(),
    })
}
