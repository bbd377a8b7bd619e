//! Everything in turn: discovery, registration, sign-in, validation, UserInfo, refresh,
//! introspection, revocation, sign-out.

use openidconnect::core::{
    CoreClientAuthMethod, CoreErrorResponseType, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, CsrfToken, LogoutRequest, OAuth2TokenResponse,
    PostLogoutRedirectUrl, RequestTokenError, SubjectIdentifier, TokenIntrospectionResponse,
    TokenResponse,
};

use super::party::{AFTER_LOGOUT, Http, Party, Pending, registration};
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_party_with_rs256() {
    Box::pin(every_step(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256)).await;
}

#[tokio::test]
async fn a_party_with_ps256() {
    Box::pin(every_step(CoreJwsSigningAlgorithm::RsaSsaPssSha256)).await;
}

#[tokio::test]
async fn a_party_with_es256() {
    Box::pin(every_step(CoreJwsSigningAlgorithm::EcdsaP256Sha256)).await;
}

#[tokio::test]
async fn a_party_with_eddsa() {
    Box::pin(every_step(CoreJwsSigningAlgorithm::EdDsa)).await;
}

/// The crate verifies signed UserInfo answers with RS256 only.
#[tokio::test]
async fn signed_userinfo_with_client_secret_post() {
    let server = TestServer::start().await;
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let registration = registration(&algorithm)
        .set_userinfo_signed_response_alg(Some(algorithm.clone()))
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::ClientSecretPost));
    let party = Party::register(&server, registration).await;
    let http = Http::new(&server);
    let browser = Browser::new(&server);
    let pending = party.sign_in(&browser).await;
    let (tokens, sub) = redeem(&server, &party, pending, &algorithm).await;
    let claims: CoreUserInfoClaims = party
        .client
        .user_info(tokens.access_token().clone(), Some(sub))
        .unwrap()
        .require_signed_response(true)
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    assert_eq!(claims.email().unwrap().as_str(), CUSTOMER);
}

async fn every_step(algorithm: CoreJwsSigningAlgorithm) {
    let server = TestServer::start().await;
    let party = Party::register(&server, registration(&algorithm)).await;
    let supported = party.metadata.id_token_signing_alg_values_supported();
    assert!(supported.contains(&algorithm));
    let browser = Browser::new(&server);
    let pending = party.sign_in(&browser).await;
    let (tokens, sub) = redeem(&server, &party, pending, &algorithm).await;
    let claims = userinfo(&server, &party, tokens.access_token(), &sub)
        .await
        .unwrap();
    assert_eq!(claims.email().unwrap().as_str(), CUSTOMER);
    let refreshed = refresh(&server, &party, &tokens, &sub, &algorithm).await;
    assert_eq!(
        introspect(&server, &party, refreshed.access_token()).await,
        (true, Some(sub.to_string()))
    );
    revoke(&server, &party, &refreshed).await;
    assert_eq!(
        introspect(&server, &party, refreshed.access_token()).await,
        (false, None)
    );
    let refused = userinfo(&server, &party, refreshed.access_token(), &sub).await;
    assert!(refused.is_err(), "revoked with its family");
    sign_out(&party, &browser, &tokens).await;
}

/// Checks the answer at the callback as RFC 9207 says, redeems the code, validates the ID token.
async fn redeem(
    server: &TestServer,
    party: &Party,
    pending: Pending,
    algorithm: &CoreJwsSigningAlgorithm,
) -> (CoreTokenResponse, SubjectIdentifier) {
    let http = Http::new(server);
    let page = &pending.page;
    assert_eq!(page.answer("state").as_ref(), Some(pending.state.secret()));
    let issuer = party.metadata.issuer().as_str();
    assert_eq!(page.answer("iss").as_deref(), Some(issuer));
    let code = AuthorizationCode::new(page.answer("code").unwrap());
    let tokens: CoreTokenResponse = party
        .client
        .exchange_code(code)
        .unwrap()
        .set_pkce_verifier(pending.verifier)
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    let id_token = tokens.id_token().unwrap();
    assert_eq!(id_token.signing_alg().unwrap(), algorithm);
    let verifier = party.client.id_token_verifier();
    let verifier = verifier.set_allowed_algs([algorithm.clone()]);
    let claims = id_token.claims(&verifier, &pending.nonce).unwrap();
    let key = id_token.signing_key(&verifier).unwrap();
    let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).unwrap();
    assert_eq!(claims.access_token_hash(), Some(&hash));
    let sub = claims.subject().clone();
    (tokens, sub)
}

async fn userinfo(
    server: &TestServer,
    party: &Party,
    token: &AccessToken,
    sub: &SubjectIdentifier,
) -> Result<CoreUserInfoClaims, String> {
    let http = Http::new(server);
    party
        .client
        .user_info(token.clone(), Some(sub.clone()))
        .unwrap()
        .request_async(&async |request| http.send(request).await)
        .await
        .map_err(|error| error.to_string())
}

/// OpenID Connect Core 1.0, section 12.2: the new ID token is about the same person, without nonce.
async fn refresh(
    server: &TestServer,
    party: &Party,
    before: &CoreTokenResponse,
    sub: &SubjectIdentifier,
    algorithm: &CoreJwsSigningAlgorithm,
) -> CoreTokenResponse {
    let http = Http::new(server);
    let old = before.refresh_token().unwrap();
    let tokens: CoreTokenResponse = party
        .client
        .exchange_refresh_token(old)
        .unwrap()
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    assert_ne!(tokens.refresh_token().unwrap().secret(), old.secret());
    let verifier = party.client.id_token_verifier();
    let verifier = verifier.set_allowed_algs([algorithm.clone()]);
    let no_nonce = |nonce: Option<&openidconnect::Nonce>| match nonce {
        None => Ok(()),
        Some(_) => Err("a nonce at a refresh".to_owned()),
    };
    let claims = tokens.id_token().unwrap().claims(&verifier, no_nonce);
    assert_eq!(claims.unwrap().subject(), sub);
    tokens
}

async fn introspect(
    server: &TestServer,
    party: &Party,
    token: &AccessToken,
) -> (bool, Option<String>) {
    let http = Http::new(server);
    let answer = party
        .client
        .introspect(token)
        .set_token_type_hint("access_token")
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    (answer.active(), answer.sub().map(str::to_owned))
}

/// Revokes the refresh token; it is good for nothing afterwards.
async fn revoke(server: &TestServer, party: &Party, tokens: &CoreTokenResponse) {
    let http = Http::new(server);
    let token = tokens.refresh_token().unwrap();
    party
        .client
        .revoke_token(CoreRevocableToken::from(token))
        .unwrap()
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    let again = party
        .client
        .exchange_refresh_token(token)
        .unwrap()
        .request_async(&async |request| http.send(request).await)
        .await;
    match again {
        Err(RequestTokenError::ServerResponse(error)) => {
            assert_eq!(error.error(), &CoreErrorResponseType::InvalidGrant);
        }
        other => panic!("{other:?}"),
    }
}

/// RP-initiated logout: back with `state`, and the person has to sign in again.
async fn sign_out(party: &Party, browser: &Browser, tokens: &CoreTokenResponse) {
    let endpoint = party
        .metadata
        .additional_metadata()
        .end_session_endpoint
        .clone();
    let url = LogoutRequest::from(endpoint)
        .set_id_token_hint(tokens.id_token().unwrap())
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(AFTER_LOGOUT.into()).unwrap())
        .set_state(CsrfToken::new("bye".into()))
        .http_get_url();
    let page = browser.visit(url.as_str()).await;
    let location = page.location().map(String::from);
    assert_eq!(location, Some(format!("{AFTER_LOGOUT}?state=bye")));
    let page = browser.visit("/").await;
    assert!(!page.body.contains(CUSTOMER), "signed out");
}
