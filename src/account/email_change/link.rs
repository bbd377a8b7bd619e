//! What the links that confirm a change and take it back have in common: each gives the account the
//! address that it speaks of.

use sqlx::{Postgres, Transaction};

use crate::account::input;
use crate::account::mailed_link;
use crate::account::mailed_token::{self, Found, Purpose};
use crate::account::refusal::Refusal;
use crate::app::App;
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::users::{EmailAddress, User, registration};

/// A link that is being spent.
pub(super) struct Spent<'a> {
    /// Holds the address, the account and the token, in this order, as everywhere.
    pub tx: Transaction<'a, Postgres>,
    /// The account as it was until now.
    pub user: User,
    /// The address that it gets.
    pub email: EmailAddress,
}

impl Spent<'_> {
    /// Notes what the link was spent for, and makes it so.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn finish(
        mut self,
        app: &App,
        event: &Event,
        context: &RequestContext,
    ) -> Result<(), Refusal> {
        audit::record(&mut *self.tx, event, Some(self.user.sub), None, context).await?;
        self.tx.commit().await?;
        mailed_link::admitted(app, context).await?;
        mailed_link::was_read(app, self.email.as_str(), context).await?;
        Ok(())
    }
}

/// Spends a token, which counts as an attempt. Rolled back, it is as good as before.
///
/// # Errors
/// [`Refusal::Link`] with what became of it; [`Refusal::Wait`] after too many wrong ones.
pub(super) async fn spend<'a>(
    app: &'a App,
    purpose: Purpose,
    token: &Secret,
    locale: Locale,
    context: &RequestContext,
) -> Result<Spent<'a>, Refusal> {
    mailed_link::admit(app, context).await?;
    let mut tx = app.pool.begin().await?;
    let found = mailed_token::peek(&mut *tx, purpose, token, context.now).await?;
    let Found::Good {
        id_user,
        email: Some(email),
    } = found
    else {
        return Err(Refusal::Link(found));
    };
    let email = input::email(&email, "email", locale);
    let email = email.map_err(|error| Refusal::Invalid(vec![error]))?;
    registration::lock_address(&mut tx, &email).await?;
    let found = mailed_token::spend(&mut tx, purpose, token, context.now).await?;
    let Found::Good { .. } = found else {
        return Err(Refusal::Link(found));
    };
    let user = registration::lock(&mut tx, id_user).await?;
    let user = user.ok_or(Refusal::Link(Found::Unknown))?;
    Ok(Spent { tx, user, email })
}
