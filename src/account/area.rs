//! What the pages of the account area share.

use axum::response::Response;

use crate::app::{App, Fault, PageFacts, Visitor};
use crate::authn::session::Session;
use crate::clients::Client;
use crate::http::csrf;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::pages::account_area::{AreaView, SignInAgain};
use crate::pages::{FormProblems, display_name};

/// The form field that says whose page it stands in.
const WHOSE: &str = "whose";

/// Who posts a form of the area.
pub enum Poster {
    /// The person who is signed in.
    Person(Box<Session>),
    /// Somebody whose sign-in ended in the middle of the form, or is too old for it: what was entered
    /// is kept in the page, which leads to a sign-in and then sends the form again.
    Kept(Response),
}

/// Tells whether whoever posts a form may: `session` is what the guard says.
///
/// # Errors
/// What comes first, where nothing was entered that could be kept; a failure of the database.
pub async fn poster(
    app: &App,
    visitor: &Visitor,
    params: &Params,
    session: Result<Session, Fault>,
) -> Result<Poster, Fault> {
    match session {
        Ok(session) => Ok(Poster::Person(Box::new(session))),
        // Only a form that was served to this very browser is kept: another site could else have
        // its own text sent in the person's name.
        Err(Fault::SeeOther(path)) if path.starts_with("/login") && visitor.owns_form(params) => {
            let kept = keep(params);
            if kept.iter().all(|(name, _)| name == WHOSE) {
                return Err(Fault::SeeOther(path));
            }
            let confirm = visitor.session(app).await?.is_some();
            let page = SignInAgain {
                confirm,
                // The tab in which the person signs in is not this one.
                sign_in: app.issuer.path(if confirm {
                    "/login?then=/account&confirm=1"
                } else {
                    "/login?then=/account"
                }),
                action: app.issuer.path(visitor.path(app)),
                kept,
            };
            let facts = visitor.page(app, None, None);
            Ok(Poster::Kept(page.render(&facts.context(app))))
        }
        Err(fault) => Err(fault),
    }
}

/// Why a form is shown again instead of being heeded: it is another browser's or too old, or another
/// person's.
pub fn hindrance(
    visitor: &Visitor,
    params: &Params,
    session: &Session,
    locale: Locale,
) -> Option<FormProblems> {
    if !visitor.owns_form(params) {
        return Some(FormProblems::expired(locale));
    }
    is_others(params, session).then(|| {
        let mut problems = FormProblems::default();
        problems.push(None, t(locale, "form-other-person"));
        problems
    })
}

/// Whether a form was shown to somebody else: another person signed in meanwhile, in another tab.
pub fn is_others(params: &Params, session: &Session) -> bool {
    params.get(WHOSE) != Some(session.user.sub.to_string().as_str())
}

/// The fields that can be kept in a page: no password and no code.
fn keep(params: &Params) -> Vec<(String, String)> {
    let query = params.to_query();
    let secret = |name: &str| name == csrf::FIELD || name.contains("password") || name == "code";
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !secret(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// What an app is called.
pub fn client_name(client: &Client, locale: Locale) -> String {
    let name = client.metadata.client_name_in(locale.tag());
    let name = name.map(display_name).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| client.client_id.clone())
}

/// The page's context in the person's language.
pub fn facts(app: &App, visitor: &Visitor, session: &Session) -> PageFacts {
    visitor.page(app, None, session.user.locale.as_deref())
}

/// What every page of the area shows of the person.
pub fn view(session: &Session, problems: FormProblems) -> AreaView {
    AreaView {
        email: session.user.email.clone(),
        whose: session.user.sub.to_string(),
        done: None,
        problems,
    }
}
