//! `/confirm-email?token=…`: where the link in the new mailbox leads.

use axum::response::Response;

use super::link::{Spent, spend};
use super::store::{self, Given};
use super::undo_link;
use crate::account::link_page;
use crate::account::mailed_link::Link;
use crate::account::mailed_token::{Found, Purpose};
use crate::account::refusal::Refusal;
use crate::account::standing::recipient;
use crate::app::{App, Asked, Posted, Visitor};
use crate::audit::Event;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter};
use crate::pages::WayOnLabel;

const PURPOSE: Purpose = Purpose::ChangeEmail;

/// Spends the token: the account has the new address, which is proved with that. The old one is mailed
/// a link that takes it back.
///
/// # Errors
/// See [`Refusal`]; [`Refusal::Taken`] where another account has the address by now.
pub async fn confirm(
    app: &App,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let mut spent = spend(app, PURPOSE, token, locale, context).await?;
    let Spent {
        tx,
        user,
        email: new,
    } = &mut spent;
    if user.disabled {
        return Err(Refusal::Link(Found::Withdrawn));
    }
    // What is taken back is counted from the link that was mailed when the change was asked for.
    let undo = undo_link(app, tx, user, None, context).await?;
    if store::give(tx, user.id_user, new, context.now).await? == Given::Taken {
        return Err(Refusal::Taken);
    }
    let letter = Letter::EmailChanged {
        new_email: new.as_str().to_owned(),
        undo,
        what: Circumstances::from(context),
    };
    // To the address from before.
    let to = recipient(user, locale);
    app.mail.post(&mut **tx, &to, &letter, context.now).await?;
    spent.finish(app, &Event::EmailChanged, context).await
}

/// `GET` and `HEAD /confirm-email`: changes nothing.
pub async fn get(asked: Asked) -> Response {
    link_page::get(asked, PURPOSE).await
}

/// `POST /confirm-email`.
pub async fn post(posted: Posted) -> Response {
    let spend = async |app: &App, visitor: &Visitor, link: &Link| {
        let locale = visitor.page(app, None, None).locale();
        confirm(app, &link.token, locale, &visitor.context).await?;
        Ok(visitor.in_language("/confirm-email/done"))
    };
    link_page::post(posted, PURPOSE, spend).await
}

/// `GET /confirm-email/done`.
pub async fn done(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, _: &str| {
            // The link may have been opened in a browser where nobody is signed in.
            let way_on = match visitor.session(app).await? {
                Some(_) => (WayOnLabel::Home, "/account"),
                None => (WayOnLabel::SignIn, "/login"),
            };
            let words = ("email-changed-title", ["email-changed-text"].as_slice());
            Ok(link_page::done(app, visitor, words, way_on))
        })
        .await
}
