//! An authorization request that waits for its person: kept in Postgres as a continuation, one for
//! each browser tab, bound to the browser that began it.

use std::sync::Arc;

use axum::http::StatusCode;
use sqlx::PgExecutor;
use url::Url;
use uuid::Uuid;

use super::decide::Progress;
use super::request::AuthorizationRequest;
use crate::app::{App, Fault, Visitor};
use crate::authn::session::Session;
use crate::clients::Client;
use crate::http::context::random_id;
use crate::http::form::Params;
use crate::i18n::Locale;
use crate::pages::{AppView, ErrorMessage, ErrorPage, WayOnLabel};

/// The query parameter and form field that names a continuation.
const PARAMETER: &str = "continuation";

/// A continuation with its client.
pub struct Continuation {
    pub id: Uuid,
    pub request: AuthorizationRequest,
    pub progress: Progress,
    pub client: Arc<Client>,
}

/// Keeps a request until its person is done.
///
/// # Errors
/// When the database fails; and the page that says that there is no such client any more.
pub async fn begin(
    app: &App,
    visitor: &Visitor,
    request: &AuthorizationRequest,
) -> Result<Uuid, Fault> {
    let id = random_id();
    let now = visitor.context.now;
    let done = sqlx::query!(
        r#"
        INSERT INTO continuation (id, browser_hash, client_id, request, created_at, expires_at)
        SELECT $1, $2, client_id, $4, $5, $6 FROM client WHERE client_id = $3 FOR KEY SHARE
        "#,
        id,
        visitor.browser.hash().to_vec(),
        request.client_id,
        serde_json::to_value(request).map_err(Fault::internal)?,
        now,
        now + app.config.tokens.continuation_ttl,
    )
    .execute(&app.pool)
    .await?;
    // Removed a moment ago, by another replica: this one has it in memory.
    if done.rows_affected() == 0 {
        let status = StatusCode::BAD_REQUEST;
        return Err(Fault::told(
            status,
            "invalid_request",
            ErrorMessage::UnknownApp,
        ));
    }
    Ok(id)
}

/// Finds the continuation that a page names.
///
/// # Errors
/// The page that tells what to do when it is over, or was begun in another browser.
pub async fn find(app: &App, visitor: &Visitor, named: &str) -> Result<Continuation, Fault> {
    let id = Uuid::parse_str(named).map_err(|_| expired())?;
    let row = sqlx::query!(
        r#"
        SELECT browser_hash = $2 AS "mine!", client_id, request, progress
        FROM continuation WHERE id = $1 AND expires_at > $3
        "#,
        id,
        visitor.browser.hash().to_vec(),
        visitor.context.now,
    )
    .fetch_optional(&app.pool)
    .await?
    .ok_or_else(expired)?;
    // The id stands in an address bar: alone it must not let another browser go on.
    if !row.mine {
        let status = StatusCode::BAD_REQUEST;
        return Err(Fault::told(
            status,
            "other_browser",
            ErrorMessage::OtherBrowser,
        ));
    }
    Ok(Continuation {
        id,
        request: serde_json::from_value(row.request).map_err(Fault::internal)?,
        progress: serde_json::from_value(row.progress).map_err(Fault::internal)?,
        client: app.clients.get(&row.client_id).await?.ok_or_else(expired)?,
    })
}

/// The continuation that a page's query names, if it names one.
///
/// # Errors
/// See [`find`].
pub async fn named(
    app: &App,
    visitor: &Visitor,
    query: &str,
) -> Result<Option<Continuation>, Fault> {
    match Params::parse(query.as_bytes())?.get(PARAMETER) {
        Some(id) => find(app, visitor, id).await.map(Some),
        None => Ok(None),
    }
}

/// The continuation of a posted form, which must have been served to this browser.
///
/// # Errors
/// See [`find`]; and the page that says that the form is too old.
pub async fn for_form(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Continuation, Fault> {
    let query = Params::parse(query.as_bytes())?;
    let id = query.get(PARAMETER).unwrap_or_default();
    let it = find(app, visitor, id).await?;
    if visitor.owns_form(params) {
        return Ok(it);
    }
    let page = ErrorPage::new(
        StatusCode::FORBIDDEN,
        "form_expired",
        ErrorMessage::FormExpired,
    )
    .with_way_on(
        WayOnLabel::TryAgain,
        app.issuer.path(&page_path("/continue", it.id)),
    );
    Err(Fault::Told(Box::new(page)))
}

/// Notes what was done.
///
/// # Errors
/// When the database fails.
pub async fn advance(db: impl PgExecutor<'_>, id: Uuid, progress: Progress) -> Result<(), Fault> {
    let progress = serde_json::to_value(progress).map_err(Fault::internal)?;
    sqlx::query!(
        "UPDATE continuation SET progress = $2 WHERE id = $1",
        id,
        progress
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a continuation without a grant.
///
/// # Errors
/// When the database fails; and the page that says that it is over already: of two answers that a
/// person gives at once, one counts.
pub async fn end(db: impl PgExecutor<'_>, id: Uuid) -> Result<(), Fault> {
    let done = sqlx::query!("DELETE FROM continuation WHERE id = $1", id)
        .execute(db)
        .await?;
    if done.rows_affected() > 0 {
        Ok(())
    } else {
        Err(expired())
    }
}

fn expired() -> Fault {
    let status = StatusCode::BAD_REQUEST;
    Fault::told(status, "request_expired", ErrorMessage::RequestExpired)
}

/// The address of a page within a continuation.
pub fn page_path(page: &str, id: Uuid) -> String {
    format!("{page}?{PARAMETER}={id}")
}

/// The address that a form is posted to which speaks to one person. It names the session, which the
/// person may have changed in another tab: what one was asked, another must not answer.
pub fn form_path(page: &str, id: Uuid, session: &Session) -> String {
    format!("{}&sid={}", page_path(page, id), session.sid)
}

/// Whether a form was shown to the person who is signed in now.
///
/// # Errors
/// When the query cannot be read.
pub fn was_shown_to(session: &Session, query: &str) -> Result<bool, Fault> {
    let sid = session.sid.to_string();
    Ok(Params::parse(query.as_bytes())?.get("sid") == Some(&sid))
}

/// The client as the pages show it.
pub fn app_view(app: &App, client: &Client, redirect_uri: &str, locale: Locale) -> AppView {
    let language = locale.tag();
    let metadata = &client.metadata;
    let text = |value: Option<&str>| value.map(str::to_owned);
    let logo = metadata.logo_uri_in(language).is_some();
    AppView {
        name: text(metadata.client_name_in(language)),
        logo_url: logo.then(|| {
            let id = &client.client_id;
            app.issuer
                .path(&format!("/clients/{id}/logo?lang={language}"))
        }),
        host: host_of(redirect_uri),
        policy_uri: text(metadata.policy_uri_in(language)),
        tos_uri: text(metadata.tos_uri_in(language)),
        client_uri: text(metadata.client_uri_in(language)),
        verified: client.first_party,
    }
}

/// Where the person will return to: the host, or a native app's scheme.
fn host_of(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(url) => match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => url.scheme().to_owned(),
        },
        Err(_) => String::new(),
    }
}
