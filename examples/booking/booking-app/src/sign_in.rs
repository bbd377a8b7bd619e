//! Sign-in: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1).

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreIdToken, CoreIdTokenClaims,
    CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, CsrfToken,
    LanguageTag, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse,
    TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::app::{ATTEMPT_LIFETIME, App, SESSION_LIFETIME};
use crate::http_client::HttpError;
use crate::page::Failure;
use crate::provider::Discovered;
use crate::session::{Attempt, Session, Tokens, random_id};
use crate::words::Language;

/// Beside `openid`, which the library adds.
const SCOPES: [&str; 5] = [
    "profile",
    "email",
    "roles",
    "offline_access",
    "bookings:read",
];

/// `GET /sign-in`: sends the browser to the issuer.
pub async fn start(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let discovered = app
        .provider
        .get(&app.http)
        .await
        .map_err(|_| Failure::Unavailable(language))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = discovered
        .client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            || CsrfToken::new_random_len(32),
            || Nonce::new_random_len(32),
        )
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .add_ui_locale(LanguageTag::new(language.tag().to_owned()));
    for resource in app.resources() {
        request = request.add_extra_param("resource", resource);
    }
    let (url, state, nonce) = request.url();

    // One id per browser and not per attempt, so that sign-ins in two tabs both succeed.
    let browser = app.cookies.browser(&headers).filter(|id| id.len() == 43);
    let browser = browser.map_or_else(random_id, str::to_owned);
    let mut response = Redirect::to(url.as_str()).into_response();
    app.cookies
        .set_browser(response.headers_mut(), &browser, ATTEMPT_LIFETIME);
    let pkce_verifier = verifier.into_secret();
    app.attempts.insert(
        state.into_secret(),
        Attempt {
            browser,
            pkce_verifier,
            nonce,
        },
    );
    Ok(response)
}

/// The authorization response (RFC 6749, section 4.1.2, and RFC 9207). A repeated parameter makes
/// it unreadable, as section 3.1 demands.
#[derive(Deserialize)]
pub struct Callback {
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// `GET /callback`: the browser comes back from the issuer.
pub async fn callback(
    State(app): State<Arc<App>>,
    language: Language,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Result<Response, Failure> {
    let Ok(Query(answer)) = query else {
        return Err(Failure::NotStarted(language));
    };
    let browser = app
        .cookies
        .browser(&headers)
        .ok_or(Failure::NotStarted(language))?;
    let attempt = app
        .attempts
        .take_if(&answer.state, |attempt| attempt.browser == browser)
        .ok_or(Failure::NotStarted(language))?;
    let discovered = app
        .provider
        .get(&app.http)
        .await
        .map_err(|_| Failure::Unavailable(language))?;

    // RFC 9207, section 2.4: an answer of another issuer is not looked at, not even its error.
    match &answer.iss {
        Some(iss) if *iss == app.config.issuer => {}
        None if !discovered.sends_iss => {}
        _ => {
            tracing::warn!("an authorization response with a missing or foreign iss");
            return Err(Failure::Refused(language));
        }
    }
    let code = match (answer.error.as_deref(), answer.code) {
        (None, Some(code)) => AuthorizationCode::new(code),
        (Some("access_denied"), _) => return Err(Failure::Denied(language)),
        (Some("temporarily_unavailable"), _) => return Err(Failure::Unavailable(language)),
        _ => return Err(Failure::Refused(language)),
    };

    let session = match sign_in(&app, discovered, attempt, code).await {
        Ok(session) => session,
        Err(error) => {
            tracing::warn!("sign-in failed: {error}");
            return Err(match error {
                SignInError::Unavailable(_) => Failure::Unavailable(language),
                SignInError::Refused(_) => Failure::Refused(language),
            });
        }
    };
    // A new id for the new session; an earlier one of this browser ends here.
    if let Some(earlier) = app.cookies.session(&headers) {
        app.sessions.remove(earlier);
    }
    let id = random_id();
    let mut response = Redirect::to("/").into_response();
    app.cookies
        .set_session(response.headers_mut(), &id, SESSION_LIFETIME);
    app.sessions.insert(id, Arc::new(session));
    Ok(response)
}

/// Why the code did not become a session. Words for the log: no token, no code, no claim in them.
#[derive(Debug, thiserror::Error)]
enum SignInError {
    #[error("{0}")]
    Unavailable(String),
    #[error("{0}")]
    Refused(String),
}

async fn sign_in(
    app: &App,
    discovered: Arc<Discovered>,
    attempt: Attempt,
    code: AuthorizationCode,
) -> Result<Session, SignInError> {
    let refused = |what: &str| SignInError::Refused(what.to_owned());
    let mut request = discovered
        .client
        .exchange_code(code)
        .map_err(|_| refused("the issuer has no token endpoint"))?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.pkce_verifier));
    for resource in app.resources() {
        request = request.add_extra_param("resource", resource);
    }
    let answer = request
        .request_async(&app.http)
        .await
        .map_err(|error| match error {
            RequestTokenError::Request(_) => SignInError::Unavailable(describe(&error)),
            _ => SignInError::Refused(describe(&error)),
        })?;

    let id_token = answer.id_token().ok_or_else(|| refused("no ID token"))?;
    let claims = verified_claims(app, &discovered, &answer, id_token, &attempt.nonce).await?;

    // The subject of UserInfo has to be that of the ID token (Core 1.0, section 5.3.2).
    let profile: UserInfoClaims<RolesClaim, CoreGenderClaim> = discovered
        .client
        .user_info(
            answer.access_token().clone(),
            Some(claims.subject().clone()),
        )
        .map_err(|_| refused("the issuer has no UserInfo endpoint"))?
        .request_async(&app.http)
        .await
        .map_err(|_| refused("UserInfo gives no claims of this subject"))?;

    let name = profile
        .name()
        .and_then(|name| name.get(None))
        .map(|name| name.to_string())
        .or_else(|| profile.preferred_username().map(|name| name.to_string()))
        .or_else(|| profile.email().map(|email| email.to_string()))
        .unwrap_or_else(|| claims.subject().to_string());
    Ok(Session {
        name,
        roles: profile.additional_claims().roles.clone(),
        id_token: id_token.to_string(),
        form_token: random_id(),
        tokens: Mutex::new(Tokens::new(&answer, None)),
    })
}

/// Verifies the ID token: signature, issuer, audience, time and nonce (Core 1.0, section
/// 3.1.3.7), and that it goes with the access token (section 3.1.3.8).
async fn verified_claims(
    app: &App,
    discovered: &Arc<Discovered>,
    answer: &CoreTokenResponse,
    id_token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, SignInError> {
    let refused = |what: &str| SignInError::Refused(format!("ID token: {what}"));
    let verifier = discovered.client.id_token_verifier();
    let (fresh, verifier, claims) = match id_token.claims(&verifier, nonce) {
        // The issuer may have rotated its keys since the last discovery.
        Err(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        )) => {
            let fresh = app
                .provider
                .get_fresh(&app.http)
                .await
                .map_err(|e| SignInError::Unavailable(e.to_string()))?;
            let claims = id_token
                .claims(&fresh.client.id_token_verifier(), nonce)
                .map_err(|e| refused(&e.to_string()))?
                .clone();
            (Some(fresh), None, claims)
        }
        Err(error) => return Err(refused(&error.to_string())),
        Ok(claims) => (None, Some(&verifier), claims.clone()),
    };
    if let Some(expected) = claims.access_token_hash() {
        let fresh_verifier = fresh.as_ref().map(|fresh| fresh.client.id_token_verifier());
        let verifier = fresh_verifier.as_ref().or(verifier);
        let actual = verifier.and_then(|verifier| {
            let key = id_token.signing_key(verifier).ok()?;
            let alg = id_token.signing_alg().ok()?;
            AccessTokenHash::from_token(answer.access_token(), alg, key).ok()
        });
        if actual.as_ref() != Some(expected) {
            return Err(refused("at_hash does not fit the access token"));
        }
    }
    Ok(claims)
}

/// The `roles` claim of UserInfo.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct RolesClaim {
    #[serde(default)]
    roles: Vec<String>,
}
impl AdditionalClaims for RolesClaim {}

/// What went wrong at the token endpoint, in words that hold no token: an answer that could not
/// be parsed may contain one, so its text is left out.
pub fn describe(
    error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> String {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            format!("the token endpoint answers {}", answer.error().as_ref())
        }
        RequestTokenError::Request(_) => "the token endpoint does not answer".to_owned(),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            "the token endpoint answers in another form".to_owned()
        }
    }
}
