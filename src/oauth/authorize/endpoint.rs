//! `GET` and `POST /authorize`, and `GET /continue`, which takes the request up again after each
//! page. Parse, vet, decide; then a page, an error to the client, or the code.

use axum::http::StatusCode;
use axum::response::Response;

use super::checks::{self, Refusal};
use super::decide::{self, Progress, SignedIn, Situation, Step};
use super::interaction::{self, Continuation, page_path};
use super::request::AuthorizationRequest;
use super::{consent, respond};
use crate::app::{App, Asked, Fault, Sent, Visitor, see_other};
use crate::authn::factors::store::enrolled;
use crate::authn::session::Session;
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::http::form::Params;
use crate::oauth::claims::subject;
use crate::oauth::grant::model::{NewCode, NewGrant};
use crate::oauth::grant::store;
use crate::pages::ErrorMessage;

/// `GET` and `POST /authorize`.
pub async fn request(sent: Sent) -> Response {
    sent.answer(authorize).await
}

async fn authorize(app: &App, visitor: &Visitor, params: &Params) -> Result<Response, Fault> {
    let (client, request) = match checks::vet(app, params, visitor.context.now).await {
        Ok(vetted) => vetted,
        Err(Refusal::Page(fault)) => return Err(fault),
        Err(Refusal::Client(to, error)) => return respond::with_error(app, visitor, &to, &error),
    };
    let session = visitor.session(app).await?;
    let step = decide(
        app,
        visitor,
        &client,
        &request,
        session.as_ref(),
        Progress::default(),
    )
    .await?;
    match (step, session) {
        (Step::Refuse(error), _) => {
            respond::with_error(app, visitor, &request.return_address, &error)
        }
        (Step::Grant, Some(session)) => grant(app, visitor, &request, &session, None).await,
        (step, _) => {
            let id = interaction::begin(app, visitor, &request).await?;
            Ok(see_other(app, &page_path(page_of(&step), id)))
        }
    }
}

/// `GET /continue`: what comes next in a continuation.
pub async fn resume(asked: Asked) -> Response {
    asked.answer(next_step).await
}

async fn next_step(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let Some(continuation) = interaction::named(app, visitor, query).await? else {
        return Ok(see_other(app, "/"));
    };
    let Continuation {
        id,
        request,
        progress,
        client,
    } = continuation;
    let session = visitor.session(app).await?;
    let step = decide(app, visitor, &client, &request, session.as_ref(), progress).await?;
    match (step, session) {
        (Step::Refuse(error), _) => {
            interaction::end(&app.pool, id).await?;
            respond::with_error(app, visitor, &request.return_address, &error)
        }
        (Step::Grant, Some(session)) => grant(app, visitor, &request, &session, Some(id)).await,
        (step, _) => Ok(see_other(app, &page_path(page_of(&step), id))),
    }
}

/// What comes next for this person and client.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    app: &App,
    visitor: &Visitor,
    client: &Client,
    request: &AuthorizationRequest,
    session: Option<&Session>,
    progress: Progress,
) -> Result<Step, Fault> {
    let (consented, sub, may_enrol) = match session {
        Some(session) => (
            consent::find(&app.pool, session.user.id_user, &client.client_id).await?,
            subject(app, client, session.user.sub).await?,
            may_enrol(app, visitor, request, session).await?,
        ),
        None => (None, String::new(), false),
    };
    let at_apis = consent::at_apis(&*app.resources.get().await?, request);
    Ok(decide::next(&Situation {
        request,
        signed_in: session.map(|session| SignedIn {
            auth_time: session.auth_time,
            acr: session.acr,
            second_factor_required: session.user.second_factor_required,
            may_enrol,
            sub: &sub,
        }),
        consented: consented.as_ref(),
        at_apis: &at_apis,
        progress: session.map_or(progress, |session| progress.of(session.user.id_user)),
        first_party: client.first_party,
        now: visitor.context.now,
    }))
}

/// Whether the account lacks what would reach the wanted class, and the session may add it at once:
/// what the guard of those pages would say.
async fn may_enrol(
    app: &App,
    visitor: &Visitor,
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<bool, sqlx::Error> {
    let wanted = decide::wanted_acr(request, session.user.second_factor_required);
    let Some(wanted) = wanted.filter(|wanted| session.acr < *wanted) else {
        return Ok(false);
    };
    let enrolled = enrolled(&app.pool, session.user.id_user).await?;
    let ttl = app.config.account.confirmation_ttl;
    Ok(!enrolled.reaches(wanted) && session.confirms(enrolled, ttl, visitor.context.now))
}

fn page_of(step: &Step) -> &'static str {
    match step {
        Step::SignIn { .. } => "/login",
        Step::CreateAccount => "/create-account",
        Step::EnrolFactor { passkey: false } => "/account/factors",
        Step::EnrolFactor { passkey: true } => "/account/factors/passkeys",
        Step::SelectAccount => "/select-account",
        Step::Consent | Step::Refuse(_) | Step::Grant => "/consent",
    }
}

/// Makes the grant and its code, and sends the code.
async fn grant(
    app: &App,
    visitor: &Visitor,
    request: &AuthorizationRequest,
    session: &Session,
    continuation: Option<uuid::Uuid>,
) -> Result<Response, Fault> {
    let now = visitor.context.now;
    let tokens = &app.config.tokens;
    let code = Secret::generate();
    let lifetime = if request.scope.contains("offline_access") {
        tokens.refresh_absolute_ttl
    } else {
        tokens.code_ttl + tokens.access_token_ttl
    };
    let new = NewGrant {
        client_id: &request.client_id,
        id_user: session.user.id_user,
        sid: session.sid,
        scope: &request.scope,
        resource: &request.resource,
        claims: request.claims.as_ref(),
        nonce: request.nonce.as_deref(),
        auth_time: session.auth_time,
        acr: request.acr.reported(session.acr).as_str(),
        amr: &session.amr,
        expires_at: now + lifetime,
        code: NewCode {
            code: &code,
            redirect_uri: request.return_address.redirect_uri(),
            redirect_uri_sent: request.return_address.was_sent(),
            code_challenge: request.code_challenge.as_deref(),
            expires_at: now + tokens.code_ttl,
        },
    };
    if store::issue_code(&app.pool, &new, continuation, now).await? {
        respond::with_code(app, visitor, &request.return_address, &code)
    } else {
        let status = StatusCode::BAD_REQUEST;
        Err(Fault::told(
            status,
            "request_expired",
            ErrorMessage::RequestExpired,
        ))
    }
}
