//! `POST /api/auth/login`: email and password.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;

use super::client::first_party;
use super::complete::{Asking, complete, needed, scope_of};
use super::mfa_token::MfaToken;
use crate::account::json::{ApiFault, Body, Kind, Language, Problem};
use crate::account::sign_in::deleted::remind;
use crate::app::App;
use crate::audit::{self, Event, Reason};
use crate::authn::assurance::Authentication;
use crate::authn::attempt::Owner;
use crate::authn::factors::Enrolled;
use crate::authn::second_factor::{Method, ask, on_offer};
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
            let asking = Asking {
                context: &context,
                headers: &headers,
                locale,
            };
            second_step(&app, asking, &client, (&user, enrolled), asked_scope).await
        }
        Outcome::Refused => Err(ApiFault::unauthorized(Kind::INVALID_CREDENTIALS)),
        Outcome::Delayed { seconds } => Err(Problem::wait(seconds.into()).into()),
        Outcome::Unverified(_) => Err(Problem::new(Kind::EMAIL_UNVERIFIED).into()),
        // Only whoever knew the password learns it; the link that restores the account is mailed.
        Outcome::Deleted(user) => {
            let until = remind(&app, &user, locale, &context).await?;
            Err(Problem::new(Kind::ACCOUNT_DELETED)
                .with_member("purge_at", until.format(&Rfc3339).unwrap_or_default())
                .into())
        }
    }
}

/// The second factor, where the person has one; else the sign-in is complete.
async fn second_step(
    app: &App,
    asking: Asking<'_>,
    client: &Client,
    (user, enrolled): (&User, Enrolled),
    asked_scope: Option<Scope>,
) -> Result<Response, ApiFault> {
    let (methods, context) = (on_offer(user, &enrolled, None), asking.context);
    let (sub, client_id) = (Some(user.sub), Some(client.client_id.as_str()));
    if methods.is_empty() {
        if user.second_factor_required {
            let reason = Some(Reason::FactorEnrolmentRequired);
            let event = Event::SignInRefused { reason };
            audit::record(&app.pool, &event, sub, client_id, context).await?;
            return Err(Problem::new(Kind::FACTOR_ENROLMENT_REQUIRED)
                .with_member("sign_in", app.issuer.url("/account/factors"))
                .into());
        }
        let proved = Authentication::password();
        let scope = scope_of(client, asked_scope.as_ref())?;
        return complete(app, asking, client, user, &proved, &scope).await;
    }
    let token = MfaToken::new(asked_scope);
    let owner = Owner::Holder {
        handle: &token.handle,
        client_id: &client.client_id,
    };
    let lifetime = app.config.account.factor_ttl;
    let mut tx = app.pool.begin().await?;
    ask(&mut tx, user, owner, lifetime, client_id, context).await?;
    tx.commit().await?;
    let methods: Vec<&str> = methods.into_iter().map(Method::as_str).collect();
    Err(Problem::new(Kind::MFA_REQUIRED)
        .with_member("mfa_token", token.to_text())
        .with_member("methods", methods)
        .with_member("expires_in", lifetime.as_secs())
        .into())
}
