//! Pages for people who are not signed in, and the authorization request in whose course they came,
//! if they did.

use axum::http::StatusCode;
use uuid::Uuid;

use super::standing::Errand;
use crate::app::{App, Fault, PageFacts, Visitor};
use crate::oauth::authorize::interaction::{self, Continuation, page_path};
use crate::pages::AppView;

/// The continuation that a query names, if it lives in this browser: a mailed link is opened in
/// whichever the person likes, and at any time.
///
/// # Errors
/// When the database fails.
pub async fn living(
    app: &App,
    visitor: &Visitor,
    named: Option<&str>,
) -> Result<Option<Continuation>, Fault> {
    let Some(named) = named else { return Ok(None) };
    match interaction::find(app, visitor, named).await {
        Ok(it) => Ok(Some(it)),
        // Over, or another browser's.
        Err(Fault::Told(page)) if page.status == StatusCode::BAD_REQUEST => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A path of ours, within a continuation if there is one.
pub fn within(path: &str, continuation: Option<Uuid>) -> String {
    match continuation {
        None => path.to_owned(),
        Some(id) if path.contains('?') => format!("{path}&continuation={id}"),
        Some(id) => page_path(path, id),
    }
}

/// What a page needs to be rendered.
pub fn facts(app: &App, visitor: &Visitor, it: Option<&Continuation>) -> PageFacts {
    let ui_locales = it.and_then(|it| it.request.ui_locales.as_deref());
    visitor.page(app, ui_locales, None)
}

/// The app that asked, as the page shows it.
pub fn app_view(app: &App, it: Option<&Continuation>, facts: &PageFacts) -> Option<AppView> {
    let it = it?;
    let redirect_uri = it.request.return_address.redirect_uri();
    let locale = facts.locale();
    Some(interaction::app_view(app, &it.client, redirect_uri, locale))
}

/// What mail that is asked for on a page comes in, and leads back to.
pub fn errand<'a>(app: &App, visitor: &'a Visitor, it: Option<&Continuation>) -> Errand<'a> {
    Errand {
        context: &visitor.context,
        locale: facts(app, visitor, it).locale(),
        continuation: it.map(|it| it.id),
    }
}
