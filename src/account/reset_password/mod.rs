//! A forgotten password: a link is mailed, by which a new one is set. Second factors stay as they are.

pub mod json;
pub mod page;

use tokio::time::Instant;

use super::mailed_token::{self, Found, Purpose};
use super::refusal::Refusal;
use super::register::{may_ask_for_mail, may_write_to};
use super::standing::{Errand, Standing, recipient};
use super::{grants, input, mailed_link, uniform};
use crate::app::App;
use crate::audit::{self, Event};
use crate::authn::throttle::{self, Bucket};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter};
use crate::users::email::email_key;
use crate::users::{EmailAddress, User, registration};

/// Mails the link, if there is an account with the address. Nobody learns whether there is.
///
/// # Errors
/// See [`Refusal`]. None says whether there is such an account.
pub async fn forgot(
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
        write(app, &email, errand, context).await?;
    }
    uniform::hold(began).await;
    Ok(())
}

async fn write(
    app: &App,
    email: &EmailAddress,
    errand: Errand<'_>,
    context: &RequestContext,
) -> Result<(), Refusal> {
    let mut tx = app.pool.begin().await?;
    let known = crate::users::store::find_by_email(&mut *tx, email.as_str()).await?;
    if let Some(User { sub, .. }) = known.as_ref().map(|known| &known.user) {
        let event = Event::PasswordResetAsked;
        audit::record(&mut *tx, &event, Some(*sub), None, context).await?;
    }
    if let Some(user) = known.map(|known| known.user) {
        match Standing::of(&user) {
            Standing::Live | Standing::Unproven => errand.reset(app, &mut tx, &user).await?,
            Standing::Deleted => errand.restore(app, &mut tx, &user).await?,
            // Only an administrator can open it again.
            Standing::Closed => {}
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Spends the token and sets the password. The address is proved by that too. Every session, grant and
/// sign-in that is under way ends, for they may be a stranger's; known browsers stay known: they only
/// guess on a budget of their own. Nobody is signed in: second factors are still asked for.
///
/// # Errors
/// See [`Refusal`]. A password that is refused does not spend the token.
pub async fn reset(
    app: &App,
    token: &Secret,
    password: Option<Secret>,
    locale: Locale,
    context: &RequestContext,
) -> Result<(), Refusal> {
    mailed_link::admit(app, context).await?;
    let user = owner(app, token, context).await?;
    mailed_link::admitted(app, context).await?;
    let password = input::new_password(password, "new_password", &input::about(app, &user), locale)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    let hash = app.passwords.hash(password).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::spend(&mut tx, Purpose::ResetPassword, token, context.now).await?;
    let Found::Good {
        id_user,
        email: Some(email),
    } = found
    else {
        return Err(Refusal::Link(found));
    };
    if !registration::reset_password(&mut tx, id_user, &email, &hash, context.now).await? {
        return Err(Refusal::Link(Found::Withdrawn));
    }
    // What the old password let somebody begin. A link that takes a change of address back stays good:
    // it is its owner's, whoever reads the account's mail now.
    let links = [Purpose::ChangeEmail];
    grants::end_all(&mut tx, id_user, &links, "password reset", context.now).await?;
    let letter = Letter::PasswordReset {
        what: Circumstances::from(context),
    };
    let to = recipient(&user, locale);
    app.mail.post(&mut *tx, &to, &letter, context.now).await?;
    let subject = Some(user.sub);
    audit::record(&mut *tx, &Event::PasswordReset, subject, None, context).await?;
    tx.commit().await?;
    mailed_link::was_read(app, &email, context).await?;
    // Nor need they wait for what strangers guessed.
    let email_key = &email_key(&email);
    throttle::forgive(&app.pool, &[Bucket::SignIn { email_key }], context.now).await?;
    Ok(())
}

/// Whose password a token sets.
///
/// # Errors
/// [`Refusal::Link`] with what became of it.
pub async fn owner(app: &App, token: &Secret, context: &RequestContext) -> Result<User, Refusal> {
    let found = mailed_token::peek(&app.pool, Purpose::ResetPassword, token, context.now).await?;
    let Found::Good { id_user, .. } = found else {
        return Err(Refusal::Link(found));
    };
    let user = crate::users::store::find(&app.pool, id_user).await?;
    user.ok_or(Refusal::Link(Found::Unknown))
}
