//! Who may be in the account area, and what comes first.

use crate::app::{App, Fault, Visitor};
use crate::authn::assurance::Acr;
use crate::authn::factors::store::enrolled;
use crate::authn::session::Session;

/// The pages that a person whose role demands a second factor may see before there is one.
const ENROLMENT: &str = "/account/factors";

/// The signed-in person's session. The page that was asked for, or whose form was posted, is where
/// the sign-in leads back to.
///
/// # Errors
/// What comes first: signing in; or enrolling a second factor, where the role demands one. And a
/// failure of the database.
pub async fn session(app: &App, visitor: &Visitor) -> Result<Session, Fault> {
    let Some(session) = visitor.session(app).await? else {
        return Err(sign_in(app, visitor, false));
    };
    let lacks_factor = session.user.second_factor_required && session.acr < Acr::MultiFactor;
    if !lacks_factor {
        return Ok(session);
    }
    // Enrolled since, in another session: then there is something to sign in with.
    if enrolled(&app.pool, session.user.id_user).await?.has_any() {
        return Err(sign_in(app, visitor, true));
    }
    if visitor.path(app).starts_with(ENROLMENT) {
        return Ok(session);
    }
    Err(Fault::SeeOther(ENROLMENT.to_owned()))
}

/// The same, for changes to what protects the account: the person must have proved lately, by all
/// that the account has, who they are.
///
/// # Errors
/// As [`session`]; and proving it anew.
pub async fn confirmed(app: &App, visitor: &Visitor) -> Result<Session, Fault> {
    let session = session(app, visitor).await?;
    let enrolled = enrolled(&app.pool, session.user.id_user).await?;
    let ttl = app.config.account.confirmation_ttl;
    if session.confirms(enrolled, ttl, visitor.context.now) {
        Ok(session)
    } else {
        Err(sign_in(app, visitor, true))
    }
}

fn sign_in(app: &App, visitor: &Visitor, confirm: bool) -> Fault {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("then", visitor.path_and_query(app));
    if confirm {
        query.append_pair("confirm", "1");
    }
    Fault::SeeOther(format!("/login?{}", query.finish()))
}
