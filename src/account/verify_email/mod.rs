//! Proving the address of a new account by the link that was mailed there.

pub mod json;
pub mod page;

use tokio::time::Instant;

use super::mailed_token::{self, Found, Purpose};
use super::refusal::Refusal;
use super::register::{may_ask_for_mail, may_write_to};
use super::standing::{Errand, Standing};
use super::{input, mailed_link, uniform};
use crate::app::App;
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::mail::MailError;
use crate::users::{EmailAddress, registration, store};

/// Spends the token: the address is proved, and its account can be signed in to.
///
/// # Errors
/// See [`Refusal`].
pub async fn verify(app: &App, token: &Secret, context: &RequestContext) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::spend(&mut tx, Purpose::VerifyEmail, token, context.now).await?;
    let Found::Good {
        id_user,
        email: Some(email),
    } = found
    else {
        return Err(Refusal::Link(found));
    };
    if !registration::prove_address(&mut *tx, id_user, &email, context.now).await? {
        return Err(Refusal::Link(Found::Withdrawn));
    }
    let subject = store::find(&mut *tx, id_user).await?.map(|user| user.sub);
    audit::record(&mut *tx, &Event::EmailVerified, subject, None, context).await?;
    tx.commit().await?;
    mailed_link::admitted(app, context).await?;
    mailed_link::was_read(app, &email, context).await?;
    Ok(())
}

/// Mails a new link, if there is an account with the address that has not been proved; to the owner of
/// any other account, what else there is to do. Nobody learns which.
///
/// # Errors
/// See [`Refusal`]. None says whether there is such an account.
pub async fn send_again(
    app: &App,
    email: &str,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let email = input::email(email, "email", errand.locale)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    may_ask_for_mail(app, context).await?;
    let began = Instant::now();
    if may_write_to(app, &email, context).await? {
        write(app, &email, errand).await?;
    }
    uniform::hold(began).await;
    Ok(())
}

async fn write(app: &App, email: &EmailAddress, errand: Errand<'_>) -> Result<(), MailError> {
    let mut tx = app.pool.begin().await?;
    if let Some(known) = store::find_by_email(&mut *tx, email.as_str()).await? {
        let user = known.user;
        match Standing::of(&user) {
            Standing::Unproven => errand.verify(app, &mut tx, &user).await?,
            Standing::Live if !user.email_verified => errand.verify(app, &mut tx, &user).await?,
            Standing::Live | Standing::Closed => errand.remind(app, &mut tx, &user).await?,
            Standing::Deleted => errand.restore(app, &mut tx, &user).await?,
        }
    }
    tx.commit().await?;
    Ok(())
}
