//! The end of a sign-in: session, grant and tokens.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use sqlx::Connection as _;

use crate::account::json::{ApiFault, FieldError, Kind, Problem};
use crate::app::App;
use crate::authn::assurance::Authentication;
use crate::authn::device;
use crate::authn::sign_in::{Place, note};
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::cookies::Cookie;
use crate::i18n::{Locale, t};
use crate::oauth::grant::model::{Grant, TokenId};
use crate::oauth::grant::store::{DirectGrant, begin_direct};
use crate::oauth::scope::{Scope, is_allowed, is_identity};
use crate::oauth::token::issue::{self, Plan};
use crate::oauth::token::target::Target;
use crate::users::User;

/// The scope of a sign-in: what was asked for, all of it registered; all that the client may have
/// where nothing was.
///
/// # Errors
/// `invalid_scope`.
pub fn scope_of(client: &Client, asked: Option<&Scope>) -> Result<Scope, ApiFault> {
    let registered = || {
        let all = client.metadata.scope.iter();
        all.filter(|value| is_allowed(client, value))
            .map(str::to_owned)
            .collect::<Scope>()
    };
    let scope = match asked {
        None => Some(registered()).filter(|scope| !scope.is_empty()),
        Some(asked) => {
            let asked = asked.clone();
            Some(asked).filter(|scope| scope.iter().all(|value| is_allowed(client, value)))
        }
    };
    scope.ok_or_else(|| Problem::new(Kind::INVALID_SCOPE).into())
}

/// A field that must not be empty.
pub fn needed(field: &'static str, locale: Locale) -> FieldError {
    FieldError::new(field, "missing", t(locale, "problem-field-missing"))
}

/// Who signs in, from where, and in what language.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub context: &'a RequestContext,
    pub headers: &'a HeaderMap,
    pub locale: Locale,
}

/// Everything that was due was proved: begins the session and its grant, notes it, and answers with
/// tokens. One transaction: a crash leaves the person signed in or not, never half.
///
/// # Errors
/// A failure; or `invalid_credentials`, where the account was closed at this very moment.
pub async fn complete(
    app: &App,
    asking: Asking<'_>,
    client: &Client,
    user: &User,
    authentication: &Authentication,
    scope: &Scope,
) -> Result<Response, ApiFault> {
    let Asking {
        context,
        headers,
        locale,
    } = asking;
    let secure = app.issuer.is_secure();
    let known = Cookie::Device.read(headers, secure);
    let place = Place {
        device: known.as_ref(),
        client_id: Some(&client.client_id),
    };
    let refresh_token = Secret::generate();
    let resource = resources(app, scope).await?;
    let tokens = &app.config.tokens;
    let offline = scope.contains("offline_access");
    let lifetime = if offline {
        tokens.refresh_absolute_ttl
    } else {
        tokens.access_token_ttl
    };
    let new = DirectGrant {
        client_id: &client.client_id,
        id_user: user.id_user,
        scope,
        resource: &resource,
        acr: authentication.acr.as_str(),
        amr: &authentication.amr,
        refresh_token: &refresh_token,
        refresh_idle_expires_at: context.now + tokens.refresh_idle_ttl,
        expires_at: context.now + lifetime,
    };
    let mut db = app.kept.take().await?;
    let mut tx = db.begin().await?;
    let services = app.authn().in_language(locale);
    let device = note(&mut tx, &services, user, authentication, place, context).await?;
    let Some(grant) = begin_direct(&mut tx, &new, context).await? else {
        return Err(ApiFault::unauthorized(Kind::INVALID_CREDENTIALS));
    };
    tx.commit().await?;
    db.keep();
    let refresh_token = offline.then_some(&refresh_token);
    let mut response = issue_for(app, context, client, &grant, refresh_token).await?;
    // For clients that keep cookies: their guesses are counted apart from strangers'.
    let cookie = Cookie::Device.set(&device, Some(device::LIFETIME), secure);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn issue_for(
    app: &App,
    context: &RequestContext,
    client: &Client,
    grant: &Grant,
    refresh_token: Option<&Secret>,
) -> Result<Response, ApiFault> {
    let catalogue = app.resources.get().await?;
    let issuer = app.issuer.as_str();
    let plan = Plan {
        client,
        grant,
        target: Target::of_grant(issuer, &catalogue, &grant.resource, &[], &grant.scope),
        jti: TokenId::generate(Some(grant.id)),
        issued_at: context.now,
        refresh_token,
        nonce: None,
    };
    Ok(issue::for_person(app, &plan).await?)
}

/// What the tokens are for: this server, where the scope is about the person, and every API that
/// understands one of the permissions. Scope values have one meaning at all of them (RFC 9068,
/// section 3).
async fn resources(app: &App, scope: &Scope) -> Result<Vec<String>, sqlx::Error> {
    let catalogue = app.resources.get().await?;
    let about_the_person = scope.iter().any(is_identity);
    let own = about_the_person.then(|| app.issuer.as_str().to_owned());
    let apis = catalogue
        .resources()
        .iter()
        .filter(|api| api.permissions.iter().any(|p| scope.contains(&p.name)))
        .map(|api| api.identifier.clone());
    Ok(own.into_iter().chain(apis).collect())
}
