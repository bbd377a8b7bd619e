//! Sign-in with any OpenID Provider in one file, quoted by docs/guides/sign-in-to-your-app.md:
//! `cargo run -p booking-app --example minimal`, then <http://localhost:3002>. One person at a time;
//! the booking app itself shows sessions, refreshing, and words for people.

use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use axum::{Router, routing::get};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};

const ISSUER: &str = "http://localhost:3001";

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

struct App {
    client: Client,
    /// In a real app in the browser's session: who began an attempt must be who ends it.
    attempt: Mutex<Option<(CsrfToken, Nonce, PkceCodeVerifier)>>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = IssuerUrl::new(ISSUER.to_owned())?;
    let metadata = CoreProviderMetadata::discover_async(issuer, &send).await?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new("booking-app".to_owned()),
        Some(ClientSecret::new("booking-app-secret".to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(
        "http://localhost:3002/callback".to_owned(),
    )?);
    let attempt = Mutex::default();
    let app = Arc::new(App { client, attempt });
    let router = Router::new()
        .route("/", get(|| async { Redirect::to("/sign-in") }))
        .route("/sign-in", get(sign_in))
        .route("/callback", get(callback))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3002").await?;
    axum::serve(listener, router).await?;
    Ok(())
}

async fn sign_in(State(app): State<Arc<App>>) -> Result<Redirect, StatusCode> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = app
        .client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["profile", "email", "roles"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let mut attempt = app.attempt.lock().map_err(failed)?;
    *attempt = Some((state, nonce, verifier));
    Ok(Redirect::to(url.as_str()))
}

#[derive(serde::Deserialize)]
struct Callback {
    code: String,
    state: String,
    iss: String,
}

async fn callback(
    State(app): State<Arc<App>>,
    Query(answer): Query<Callback>,
) -> Result<Html<String>, StatusCode> {
    let attempt = app.attempt.lock().map_err(failed)?.take();
    let (state, nonce, verifier) = attempt.ok_or(StatusCode::BAD_REQUEST)?;
    // RFC 9207: the answer is from whom we asked.
    if answer.state != *state.secret() || answer.iss != ISSUER {
        return Err(StatusCode::BAD_REQUEST);
    }
    let tokens = app
        .client
        .exchange_code(AuthorizationCode::new(answer.code))
        .map_err(failed)?
        .set_pkce_verifier(verifier)
        .request_async(&send)
        .await
        .map_err(failed)?;
    let id_token = tokens.id_token().ok_or(StatusCode::BAD_GATEWAY)?;
    // Signature, issuer, audience, times and nonce.
    let claims = id_token
        .claims(&app.client.id_token_verifier(), &nonce)
        .map_err(failed)?;
    let person: CoreUserInfoClaims = app
        .client
        .user_info(
            tokens.access_token().clone(),
            Some(claims.subject().clone()),
        )
        .map_err(failed)?
        .request_async(&send)
        .await
        .map_err(failed)?;
    let name = person.name().and_then(|name| name.get(None));
    let name = name.map_or("you", |name| name.as_str());
    Ok(Html(format!("Hello {}", name.replace(['<', '&'], ""))))
}

/// In a crate of your own, `openidconnect` with its feature `reqwest` brings this.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    // Following a redirect would let whoever answers aim our requests at other hosts.
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

fn failed(error: impl std::fmt::Display) -> StatusCode {
    eprintln!("{error}");
    StatusCode::BAD_GATEWAY
}
