//! Who calls: the person behind the access token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use uuid::Uuid;

use super::language::Known;
use super::{ApiFault, Kind, Problem, REALM};
use crate::app::App;
use crate::clients::Client;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::oauth::bearer::{Denied, live_grant, presented};
use crate::oauth::grant::model::Grant;
use crate::oauth::scope::ACCOUNT;
use crate::users::User;

/// A person who manages their account through a first-party client: the bearer of a live access
/// token for this server with the scope `account`.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the access token stands on.
    pub grant: Grant,
    /// The client that calls for the person.
    pub client: Arc<Client>,
    /// The person's language: what the request asks for, else their own.
    pub locale: Locale,
    pub context: RequestContext,
}

impl Caller {
    /// The person, as they are now.
    pub fn user(&self) -> &User {
        &self.grant.user
    }

    /// The session in which the token was given.
    pub fn sid(&self) -> Option<Uuid> {
        self.grant.sid
    }

    /// Asks for a recent sign-in before what protects the account is changed (RFC 9470).
    ///
    /// # Errors
    /// `insufficient_user_authentication` with `max_age` where the sign-in is older than
    /// `account.confirmation_ttl`.
    pub fn confirmed(&self, app: &App) -> Result<(), ApiFault> {
        let max_age = app.config.account.confirmation_ttl;
        if self.context.now - self.grant.auth_time <= max_age {
            return Ok(());
        }
        let seconds = max_age.as_secs();
        let challenge = format!(
            "Bearer realm=\"{REALM}\", error=\"insufficient_user_authentication\", \
             error_description=\"a more recent sign-in is needed\", max_age=\"{seconds}\""
        );
        Err(Problem::new(Kind::INSUFFICIENT_USER_AUTHENTICATION)
            .with_header(header::WWW_AUTHENTICATE, &challenge)
            .with_member("max_age", seconds)
            .into())
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiFault> {
        let context = RequestContext::of(parts);
        let mut headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        let authorization = headers
            .next()
            .map(|value| value.to_str().unwrap_or("Bearer "));
        if headers.next().is_some() {
            return Err(Denied::Request("more than one Authorization header was sent").into());
        }
        let token = presented(authorization, None)?;
        let (grant, _) = live_grant(app, token, ACCOUNT, context.now).await?;
        let client = app.clients.get(&grant.client_id).await?;
        let client = client.filter(|client| client.first_party);
        let client = client.ok_or_else(|| Problem::new(Kind::UNAUTHORIZED_CLIENT))?;
        let known = Known::of_parts(parts);
        known.told_by(grant.user.locale.as_deref());
        Ok(Self {
            locale: known.locale(),
            grant,
            client,
            context,
        })
    }
}
