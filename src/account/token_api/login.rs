//! `POST /api/auth/login`: email and password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;

use super::client::first_party;
use super::complete::{complete, needed, scope_of};
use super::mfa_token::MfaToken;
use crate::account::json::{ApiFault, Body, Kind, Language, Problem};
use crate::account::sign_in::deleted::remind;
use crate::app::App;
use crate::authn::assurance::Authentication;
use crate::authn::attempt::{self, Owner};
use crate::authn::factors::Enrolled;
use crate::authn::second_factor::{Method, on_offer};
use crate::authn::sign_in::{self, Outcome};
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::cookies::Cookie;
use crate::oauth::scope::Scope;
use crate::users::User;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    email: String,
    password: Secret,
    client_id: Option<String>,
    scope: Option<String>,
}

/// `POST /api/auth/login`.
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<Response, ApiFault> {
    let client = first_party(&app, &context, &headers, asked.client_id.as_deref()).await?;
    let asked_scope = asked
        .scope
        .as_deref()
        .map(|text| Scope::parse(text).ok_or_else(|| Problem::new(Kind::INVALID_SCOPE)));
    let asked_scope = asked_scope.transpose()?;
    // Told before the password is looked at: it is the client's mistake.
    scope_of(&client, asked_scope.as_ref())?;
    let email = asked.email.trim();
    let empty = [
        ("email", email.is_empty()),
        ("password", asked.password.expose().is_empty()),
    ];
    let errors: Vec<_> = empty
        .into_iter()
        .filter(|(_, is_empty)| *is_empty)
        .map(|(field, _)| needed(field, locale))
        .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let device = Cookie::Device.read(&headers, app.issuer.is_secure());
    let services = app.authn();
    let outcome =
        sign_in::with_password(&services, email, asked.password, device.as_ref(), &context).await;
    match outcome? {
        Outcome::Right { user, enrolled } => {
            let user = (&*user, enrolled);
            second_step(&app, &context, &client, user, asked_scope, &headers).await
        }
        Outcome::Refused => Err(ApiFault::unauthorized(Kind::INVALID_CREDENTIALS)),
        Outcome::Delayed { seconds } => Err(Problem::wait(seconds.into()).into()),
        Outcome::Unverified(_) => Err(Problem::new(Kind::EMAIL_UNVERIFIED).into()),
        // Only whoever knew the password learns it; the link that restores the account is mailed.
        Outcome::Deleted(user) => {
            let until = remind(&app, &user, &context).await?;
            Err(Problem::new(Kind::ACCOUNT_DELETED)
                .with_member("purge_at", until.format(&Rfc3339).unwrap_or_default())
                .into())
        }
    }
}

/// The second factor, where the person has one; else the sign-in is complete.
async fn second_step(
    app: &App,
    context: &RequestContext,
    client: &Client,
    (user, enrolled): (&User, Enrolled),
    asked_scope: Option<Scope>,
    headers: &HeaderMap,
) -> Result<Response, ApiFault> {
    let methods = on_offer(user, &enrolled, None);
    if methods.is_empty() {
        if user.second_factor_required {
            return Err(Problem::new(Kind::FACTOR_ENROLMENT_REQUIRED)
                .with_member("sign_in", app.issuer.url("/account/factors"))
                .into());
        }
        let proved = Authentication::password();
        let scope = scope_of(client, asked_scope.as_ref())?;
        return complete(app, context, client, user, &proved, &scope, headers).await;
    }
    let token = MfaToken::new(asked_scope);
    let owner = Owner::Holder {
        handle: &token.handle,
        client_id: &client.client_id,
    };
    let lifetime = app.config.account.factor_ttl;
    let mut tx = app.pool.begin().await?;
    sign_in::hold(&mut tx, user).await?;
    attempt::begin(&mut *tx, user.id_user, owner, lifetime, context.now).await?;
    tx.commit().await?;
    let methods: Vec<&str> = methods.into_iter().map(Method::as_str).collect();
    Err(Problem::new(Kind::MFA_REQUIRED)
        .with_member("mfa_token", token.to_text())
        .with_member("methods", methods)
        .with_member("expires_in", lifetime.as_secs())
        .into())
}
