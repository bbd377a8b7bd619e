//! Who calls: the person behind the access token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use uuid::Uuid;

use super::language::Known;
use super::{ApiFault, Kind, Problem, REALM};
use crate::account::acting::Acting;
use crate::app::App;
use crate::authn::assurance::Acr;
use crate::authn::factors::store::enrolled;
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
    /// The person's own language, else what the request asks for.
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

    /// By what the client acts for the person.
    pub fn acting(&self) -> Acting {
        Acting::Grant {
            id: self.grant.id,
            sid: self.grant.sid,
        }
    }

    /// Asks for a recent sign-in, by all that the account has, before what protects the account is
    /// changed (RFC 9470): what `guard::confirmed` asks for on pages.
    ///
    /// # Errors
    /// `insufficient_user_authentication` with `max_age` where the sign-in is older than
    /// `account.confirmation_ttl`, or was made without the second factor that the account has by now.
    pub async fn confirmed(&self, app: &App) -> Result<(), ApiFault> {
        let max_age = app.config.account.confirmation_ttl;
        let is_recent = self.context.now - self.grant.auth_time <= max_age;
        let is_whole = self.acr() > Acr::Password
            || !enrolled(&app.pool, self.grant.user.id_user)
                .await?
                .has_any();
        if is_recent && is_whole {
            return Ok(());
        }
        Err(insufficient(
            "a more recent sign-in is needed",
            ("max_age", max_age.as_secs().to_string()),
        ))
    }

    fn acr(&self) -> Acr {
        Acr::parse(&self.grant.acr).unwrap_or(Acr::Password)
    }
}

/// RFC 9470, section 3: the challenge names what the sign-in lacks.
fn insufficient(description: &str, (name, value): (&'static str, String)) -> ApiFault {
    let challenge = format!(
        "Bearer realm=\"{REALM}\", error=\"insufficient_user_authentication\", \
         error_description=\"{description}\", {name}=\"{value}\""
    );
    let problem = Problem::new(Kind::INSUFFICIENT_USER_AUTHENTICATION)
        .with_header(header::WWW_AUTHENTICATE, &challenge);
    match value.parse::<u64>() {
        Ok(number) => problem.with_member(name, number).into(),
        Err(_) => problem.with_member(name, value).into(),
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
        let caller = Self {
            locale: known.locale(),
            grant,
            client,
            context,
        };
        // A role that demands a second factor demands it here as it does on pages.
        if caller.user().second_factor_required && caller.acr() < Acr::MultiFactor {
            let wanted = Acr::MultiFactor.as_str().to_owned();
            let description = "the person's role demands a second factor";
            return Err(insufficient(description, ("acr_values", wanted)));
        }
        Ok(caller)
    }
}
