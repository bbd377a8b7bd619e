//! Changing the address: the new one confirms by a mailed link, the old one is told and can take it
//! back for a while.

mod link;
mod store;
mod take_back;

pub mod confirm;
pub mod json;
pub mod page;
pub mod undo;

use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::acting::Acting;
use super::mailed_token::{self, Purpose};
use super::refusal::Refusal;
use super::register::may_write_to;
use super::standing::{Errand, Standing, recipient};
use super::{input, uniform};
use crate::app::App;
use crate::audit::{self, Event};
use crate::authn::throttle::{self, Bucket, Gate};
use crate::http::context::RequestContext;
use crate::http::problem::FieldError;
use crate::i18n::{Locale, t};
use crate::mail::{Circumstances, Letter, Recipient};
use crate::users::{EmailAddress, User, registration};

pub use store::pending;

/// Mails a link to the new address, and tells the old one. Whether another account has the new address
/// is not told: then its owner is mailed how to get into that account, and nothing else differs.
///
/// # Errors
/// See [`Refusal`]. None says whether there is another account.
pub async fn ask(
    app: &App,
    (user, acting): (&User, Acting),
    typed: &str,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let new = input::email(typed, "email", locale);
    let new = new.map_err(|error| Refusal::Invalid(vec![error]))?;
    if new.as_str() == user.email {
        let detail = t(locale, "email-unchanged");
        let error = FieldError::new("email", "unchanged", detail);
        return Err(Refusal::Invalid(vec![error]));
    }
    let id_user = user.id_user;
    let from = context.ip.map(Bucket::MailFrom);
    let email_key = &new.key();
    let asked = Bucket::EmailChange { id_user, email_key };
    let buckets: Vec<Bucket<'_>> = std::iter::once(asked).chain(from).collect();
    if let Gate::Wait { seconds } = throttle::try_pass(&app.pool, &buckets, context.now).await? {
        return Err(Refusal::Wait { seconds });
    }
    let began = Instant::now();
    // Nobody is told: when the new address may be written to again depends on what its owner does.
    let to_new = may_write_to(app, &new, context).await?;
    write(app, (id_user, acting), (&new, to_new), locale, context).await?;
    uniform::hold(began).await;
    Ok(())
}

async fn write(
    app: &App,
    (id_user, acting): (i32, Acting),
    (new, to_new): (&EmailAddress, bool),
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let (now, account) = (context.now, &app.config.account);
    let mut tx = app.pool.begin().await?;
    let Some(user) = registration::lock(&mut tx, id_user).await? else {
        return Ok(());
    };
    if !acting.hold(&mut tx).await? {
        return Err(Refusal::Ended);
    }
    let valid_for = account.email_change_ttl;
    let purpose = Purpose::ChangeEmail;
    let token = mailed_token::issue(
        &mut tx,
        purpose,
        id_user,
        Some(new.as_str()),
        valid_for,
        now,
    )
    .await?;
    match store::holder(&mut *tx, new, id_user).await? {
        _ if !to_new => {}
        Some(other) if Standing::of(&other) != Standing::Unproven => {
            let errand = Errand {
                context,
                locale,
                continuation: None,
            };
            if Standing::of(&other) == Standing::Deleted {
                errand.restore(app, &mut tx, &other).await?;
            } else {
                errand.remind(app, &mut tx, &other).await?;
            }
        }
        _ => {
            let to = Recipient {
                email: new.as_str(),
                ..recipient(&user, locale)
            };
            let link = purpose.link(&app.issuer, &token);
            let letter = Letter::ConfirmEmailChange {
                link,
                valid_for,
                what: context.into(),
            };
            app.mail.post(&mut *tx, &to, &letter, now).await?;
        }
    }
    let began = acting.began(&mut *tx).await?;
    let letter = Letter::EmailChangeAsked {
        new_email: new.as_str().to_owned(),
        undo: undo_link(app, &mut tx, &user, began, context).await?,
        what: Circumstances::from(context),
    };
    let to = recipient(&user, locale);
    app.mail.post(&mut *tx, &to, &letter, now).await?;
    let (event, subject) = (Event::EmailChangeAsked, Some(user.sub));
    audit::record(&mut *tx, &event, subject, None, context).await?;
    tx.commit().await?;
    Ok(())
}

/// A link by which the address that `user` has now becomes, or stays, the account's; `session_began`:
/// when the session did in which the change was asked for.
async fn undo_link(
    app: &App,
    tx: &mut Transaction<'_, Postgres>,
    user: &User,
    session_began: Option<OffsetDateTime>,
    context: &RequestContext,
) -> Result<String, sqlx::Error> {
    let purpose = Purpose::UndoEmailChange;
    let ttl = app.config.account.email_undo_ttl;
    let email = Some(user.email.as_str());
    let token = mailed_token::issue(tx, purpose, user.id_user, email, ttl, context.now).await?;
    store::note_session(&mut **tx, &token, session_began).await?;
    Ok(purpose.link(&app.issuer, &token))
}
