//! `/undo-email-change?token=…`: where the link in the old mailbox leads.

use axum::response::Response;

use super::link::{Spent, spend};
use super::store::{self, Given};
use super::take_back::take_back;
use crate::account::link_page;
use crate::account::mailed_link::{self, Link};
use crate::account::mailed_token::Purpose;
use crate::account::refusal::Refusal;
use crate::account::standing::recipient;
use crate::app::{App, Asked, Posted, Visitor};
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter, Recipient};
use crate::pages::WayOnLabel;

const PURPOSE: Purpose = Purpose::UndoEmailChange;

/// Spends the token: the account has the old address, whether or not a new one was confirmed
/// meanwhile, and however often. Whoever asked for the change may be a stranger: every session and
/// grant ends, no link that was mailed since takes the change up again, and what they may have added to
/// get in again goes, with a password that they may have set by way of the new mailbox. The old address
/// is told what that was. Also good for an account that was deleted
/// since: it can be restored then.
///
/// # Errors
/// See [`Refusal`]; [`Refusal::Taken`] where another account has the address by now.
pub async fn undo(
    app: &App,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let spent = spend(app, PURPOSE, token, locale, context).await?;
    let Spent {
        mut tx,
        user,
        email: old,
    } = spent;
    let (id_user, now) = (user.id_user, context.now);
    // Before the address: sessions are held before other links and before the row in `users`.
    let asked_at = store::asked_at(&mut *tx, token).await?;
    let taken = take_back(&mut tx, &user, asked_at, context).await?;
    if user.email != old.as_str() {
        store::void_password_since(&mut *tx, id_user, asked_at).await?;
    }
    if store::give(&mut tx, id_user, &old, now).await? == Given::Taken {
        return Err(Refusal::Taken);
    }
    store::withdraw_later(&mut *tx, id_user, token, now).await?;
    store::end_all(&mut tx, &user, context).await?;
    let letter = Letter::EmailChangeUndone {
        factors: taken.factors,
        recovery_codes: taken.recovery_codes,
        what: Circumstances::from(context),
    };
    let lost = recipient(&user, locale);
    let to = Recipient {
        email: old.as_str(),
        ..lost
    };
    app.mail.post(&mut *tx, &to, &letter, now).await?;
    if user.email != old.as_str() {
        let letter = Letter::EmailTakenBack;
        app.mail.post(&mut *tx, &lost, &letter, now).await?;
    }
    let subject = Some(user.sub);
    audit::record(&mut *tx, &Event::EmailChangeUndone, subject, None, context).await?;
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    Ok(())
}

/// `GET` and `HEAD /undo-email-change`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    link_page::get(asked, PURPOSE).await
}

/// `POST /undo-email-change`.
pub async fn post(posted: Posted) -> Response {
    let spend = async |app: &App, visitor: &Visitor, link: &Link| {
        let locale = visitor.page(app, None, None).locale();
        undo(app, &link.token, locale, &visitor.context).await?;
        Ok("/undo-email-change/done".to_owned())
    };
    link_page::post(posted, PURPOSE, spend).await
}

/// `GET /undo-email-change/done`: the password comes next.
pub async fn done(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            let text = ["email-undone-text", "email-undone-next"];
            let words = ("email-undone-title", text.as_slice());
            let way_on = (WayOnLabel::NewPassword, "/forgot-password");
            Ok(link_page::done(app, visitor, words, way_on))
        })
        .await
}
