//! `/undo-email-change?token=…`: where the link in the old mailbox leads.

use axum::response::Response;

use super::link::{Spent, spend};
use super::store::{self, Given};
use super::take_back::{TakenBack, suspect_since, take_back};
use crate::account::link_page;
use crate::account::mailed_link::Link;
use crate::account::mailed_token::Purpose;
use crate::account::refusal::Refusal;
use crate::account::standing::recipient;
use crate::app::{App, Asked, Fault, Posted, Visitor};
use crate::audit::Event;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::i18n::{Locale, t, t_args};
use crate::mail::{Circumstances, Letter, Recipient};
use crate::pages::WayOnLabel;

const PURPOSE: Purpose = Purpose::UndoEmailChange;

/// Spends the token: the account has the old address, whether or not a new one was confirmed
/// meanwhile, and however often. Whoever asked for the change may be a stranger: every session and
/// grant ends, no link that was mailed since takes the change up again, and what they may know, or have
/// added to get in again, goes (see [`suspect_since`]). The old address is told what that was, and the
/// one that is lost that it is. Also good for an account that was deleted since: it can be restored then.
///
/// # Errors
/// See [`Refusal`]; [`Refusal::Taken`] where another account has the address by now.
pub(super) async fn undo(
    app: &App,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<TakenBack, Refusal> {
    let mut spent = spend(app, PURPOSE, token, locale, context).await?;
    let Spent {
        tx,
        user,
        email: old,
    } = &mut spent;
    let (id_user, now) = (user.id_user, context.now);
    let is_lost = user.email != old.as_str();
    // Before the address: sessions are held before other links and before the row in `users`.
    let change = store::undone_by(&mut **tx, token).await?;
    let since = suspect_since(&change, app.config.account.email_undo_ttl);
    let taken = take_back(tx, user, since, &change, context).await?;
    if store::give(tx, id_user, old, now).await? == Given::Taken {
        return Err(Refusal::Taken);
    }
    store::withdraw_later(&mut **tx, id_user, token, now).await?;
    store::end_all(tx, user, context).await?;
    let letter = Letter::EmailChangeUndone {
        password: taken.password,
        factors: taken.factors.clone(),
        recovery_codes: taken.recovery_codes,
        kept: taken.kept.clone(),
        what: Circumstances::from(context),
    };
    let lost = recipient(user, locale);
    let to = Recipient {
        email: old.as_str(),
        ..lost
    };
    app.mail.post(&mut **tx, &to, &letter, now).await?;
    if is_lost {
        let letter = Letter::EmailTakenBack;
        app.mail.post(&mut **tx, &lost, &letter, now).await?;
    }
    spent
        .finish(app, &Event::EmailChangeUndone, context)
        .await?;
    Ok(taken)
}

/// `GET` and `HEAD /undo-email-change`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    link_page::get(asked, PURPOSE).await
}

/// `POST /undo-email-change`.
pub async fn post(posted: Posted) -> Response {
    let spend = async |app: &App, visitor: &Visitor, link: &Link| {
        let locale = visitor.page(app, None, None).locale();
        let taken = undo(app, &link.token, locale, &visitor.context).await?;
        Ok(visitor.in_language(&format!("/undo-email-change/done?{}", told(&taken))))
    };
    link_page::post(posted, PURPOSE, spend).await
}

/// What can be taken back beside the password, as the address of the last page has it, and its words.
/// Kinds only: names stand in the mail, and what stands in an address could be anybody's.
const TAKEN: [(&str, &str); 4] = [
    ("passkey", "mail-factor-passkey"),
    ("totp", "mail-factor-totp"),
    ("email", "mail-factor-email"),
    (RECOVERY_CODES, "mail-recovery-codes"),
];
const RECOVERY_CODES: &str = "recovery_codes";
const PASSWORD: &str = "password";

fn told(taken: &TakenBack) -> String {
    let is_taken = |what: &&str| match *what {
        RECOVERY_CODES => taken.recovery_codes,
        kind => taken.factors.iter().any(|(taken, _)| *taken == kind),
    };
    let named = TAKEN.iter().map(|(what, _)| *what).filter(is_taken);
    let named: Vec<&str> = named.chain(taken.password.then_some(PASSWORD)).collect();
    format!("taken={}", named.join("+"))
}

/// `GET /undo-email-change/done`: the password comes next.
pub async fn done(asked: Asked) -> Response {
    asked.answer(show_done).await
}

async fn show_done(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let locale = visitor.page(app, None, None).locale();
    let query = Params::parse(query.as_bytes())?;
    let named: Vec<&str> = query.get("taken").unwrap_or_default().split(' ').collect();
    let taken = TAKEN.iter().filter(|(what, _)| named.contains(what));
    let taken: Vec<String> = taken.map(|(_, words)| t(locale, words)).collect();
    let mut text = vec![t(locale, "email-undone-text")];
    if !taken.is_empty() {
        let list = taken.join(", ");
        let args = [("list", list.as_str().into())];
        text.push(t_args(locale, "email-undone-taken", &args));
    }
    text.push(t(
        locale,
        if named.contains(&PASSWORD) {
            "email-undone-password"
        } else {
            "email-undone-next"
        },
    ));
    let heading = t(locale, "email-undone-title");
    let way_on = (WayOnLabel::NewPassword, "/forgot-password");
    Ok(link_page::notice(app, visitor, heading, text, way_on))
}
