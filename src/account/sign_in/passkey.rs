//! `/login/passkey`: signing in without a password, by a discoverable credential (Web
//! Authentication Level 3, section 5.1.4; `mediation: "conditional"` for autofill).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use super::onward::Onward;
use super::refuse;
use crate::app::{App, Fault, Posted, Visitor};
use crate::audit::{self, Event, Reason};
use crate::authn::assurance::{Authentication, Proof};
use crate::authn::ceremony::Bound;
use crate::authn::device;
use crate::authn::factors::passkey::{Answer, Asserted};
use crate::authn::throttle::{self, Bucket, Gate};
use crate::http::form::{Form, Params};
use crate::oauth::error::{self, EndpointError};
use crate::pages::SignInError;
use crate::users::store;

/// `POST /login/passkey/options`: a challenge for whoever answers it in this browser. The page's
/// script asks for it. Each is a row of `ceremony`, so that they are limited by who asks.
pub async fn options(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form) -> Response {
    let refused = |status, description| error::json(status, "invalid_request", description);
    match &form {
        Ok(params) if visitor.owns_form(params) => {}
        Ok(_) => return refused(StatusCode::BAD_REQUEST, "the form is not this browser's"),
        Err(error) => return refused(error.status(), error.description()),
    }
    let answer = challenge(&app, &visitor).await;
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn challenge(app: &App, visitor: &Visitor) -> Result<Response, EndpointError> {
    let now = visitor.context.now;
    let buckets = counted_by(app, visitor).await?;
    if let Gate::Wait { seconds } = throttle::try_pass(&app.pool, &buckets, now).await? {
        let refused = error::json(
            StatusCode::TOO_MANY_REQUESTS,
            "temporarily_unavailable",
            "too many challenges were asked for: try again later",
        );
        return Ok(([(header::RETRY_AFTER, seconds.to_string())], refused).into_response());
    }
    let kek = app.keys.key_encryption_key();
    let bound = Bound::browser(&visitor.browser);
    let begun = app
        .passkeys
        .begin_discoverable(&app.pool, kek, &bound, now)
        .await
        .map_err(EndpointError::internal)?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(begun.to_json())).into_response())
}

/// Neighbours behind the same address do not hold up a browser in which somebody has signed in.
async fn counted_by<'a>(app: &App, visitor: &'a Visitor) -> Result<Vec<Bucket<'a>>, sqlx::Error> {
    let now = visitor.context.now;
    if let Some(device) = &visitor.device
        && device::is_anybodys(&app.pool, device, now).await?
    {
        return Ok(vec![Bucket::PasskeyDevice { device }]);
    }
    Ok(visitor
        .context
        .ip
        .map(Bucket::Passkey)
        .into_iter()
        .collect())
}

/// `POST /login/passkey`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let onward = Onward::of(app, visitor, query).await?;
    let refuse = |error| refuse(app, visitor, &onward, String::new(), error);
    if !visitor.owns_form(params) {
        return refuse(SignInError::SessionExpired).await;
    }
    let ceremony = params
        .get("ceremony")
        .and_then(|id| Uuid::parse_str(id).ok());
    let credential = params.get("credential");
    let credential: Option<PublicKeyCredential> =
        credential.and_then(|text| serde_json::from_str(text).ok());
    let (Some(ceremony), Some(credential)) = (ceremony, credential) else {
        return refuse(SignInError::PasskeyRefused).await;
    };
    let kek = app.keys.key_encryption_key();
    let bound = Bound::browser(&visitor.browser);
    let context = &visitor.context;
    let found = app
        .passkeys
        .finish_discoverable(&app.pool, kek, ceremony, &bound, &credential, context)
        .await?;
    let Answer::Proved(Asserted {
        id_user,
        factor,
        proof,
    }) = found
    else {
        return refuse(SignInError::PasskeyRefused).await;
    };
    let Some(mut user) = store::find(&app.pool, id_user).await? else {
        return refuse(SignInError::PasskeyRefused).await;
    };
    let is_verified = matches!(
        proof,
        Proof::Passkey {
            user_verified: true,
            ..
        }
    );
    let reason = if user.restorable {
        Some(Reason::AccountDeleted)
    } else if user.disabled {
        Some(Reason::AccountDisabled)
    } else if user.unverified {
        Some(Reason::EmailUnverified)
    } else if is_verified {
        None
    } else {
        // Without a password, the authenticator must have checked who holds it.
        Some(Reason::PasskeyRefused)
    };
    if reason.is_some() {
        let event = Event::SignInRefused { reason };
        audit::record(&app.pool, &event, Some(user.sub), None, context).await?;
        return refuse(SignInError::PasskeyRefused).await;
    }
    user.verified_passkey = Some(factor);
    // Only challenges that nobody answers count.
    let buckets = counted_by(app, visitor).await?;
    throttle::forgive(&app.pool, &buckets, context.now).await?;
    let authentication = Authentication::of(&[proof]);
    onward.complete(app, visitor, &user, &authentication).await
}
