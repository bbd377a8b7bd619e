//! The relying party: its HTTP adapter, its discovery, its client.

use openidconnect::core::{
    CoreApplicationType, CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreRegisterErrorResponseType, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::registration::{
    AdditionalClientMetadata, ClientRegistrationRequest, EmptyAdditionalClientRegistrationResponse,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, ClientId, ClientName, ClientSecret, CsrfToken,
    EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IntrospectionUrl, IssuerUrl, LocalizedClaim, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, RevocationUrl, Scope,
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

pub const CALLBACK: &str = "http://localhost:4000/callback";
pub const AFTER_LOGOUT: &str = "http://localhost:4000/bye";

/// Metadata that the crate's own type has no member for, named as on the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(clippy::struct_field_names)]
pub struct MoreMetadata {
    pub end_session_endpoint: EndSessionUrl,
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
}
impl AdditionalProviderMetadata for MoreMetadata {}

pub type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Client metadata that the crate's own type has no member for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct MoreClientMetadata {
    pub scope: String,
    pub post_logout_redirect_uris: Vec<String>,
}
impl AdditionalClientMetadata for MoreClientMetadata {}

pub type Registration = ClientRegistrationRequest<
    MoreClientMetadata,
    EmptyAdditionalClientRegistrationResponse,
    CoreApplicationType,
    CoreClientAuthMethod,
    CoreRegisterErrorResponseType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The adapter between the crate's requests and reqwest.
pub struct Http(reqwest::Client);

impl Http {
    pub fn new(server: &TestServer) -> Self {
        Self(server.http.clone())
    }

    /// Sends a request. The crate refuses a revocation endpoint without TLS, which this server has
    /// on loopback: an https address of localhost goes to the plain one.
    pub async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        let plain = request
            .uri()
            .to_string()
            .replace("https://localhost", "http://localhost");
        *request.uri_mut() = plain.parse().unwrap();
        let response = self.0.execute(request.try_into()?).await?;
        let mut answer = openidconnect::http::Response::builder().status(response.status());
        *answer.headers_mut().unwrap() = response.headers().clone();
        Ok(answer.body(response.bytes().await?.to_vec()).unwrap())
    }
}

/// What a registered client knows.
pub struct Party {
    pub metadata: Metadata,
    pub client: Client,
}

/// What a party keeps while the person is away.
pub struct Pending {
    pub verifier: PkceCodeVerifier,
    pub state: CsrfToken,
    pub nonce: Nonce,
    pub page: Page,
}

/// Discovers the server.
pub async fn discover(server: &TestServer) -> Metadata {
    let http = Http::new(server);
    let issuer = IssuerUrl::new(server.issuer.clone()).unwrap();
    Metadata::discover_async(issuer, &async |request| http.send(request).await)
        .await
        .unwrap()
}

/// A registration of a native client that may do everything.
pub fn registration(algorithm: &CoreJwsSigningAlgorithm) -> Registration {
    let more = MoreClientMetadata {
        scope: "openid profile email offline_access".into(),
        post_logout_redirect_uris: vec![AFTER_LOGOUT.into()],
    };
    let mut name = LocalizedClaim::new();
    name.insert(None, ClientName::new("Independent party".into()));
    Registration::new(vec![RedirectUrl::new(CALLBACK.into()).unwrap()], more)
        .set_application_type(Some(CoreApplicationType::Native))
        .set_client_name(Some(name))
        .set_grant_types(Some(vec![
            CoreGrantType::AuthorizationCode,
            CoreGrantType::RefreshToken,
        ]))
        .set_id_token_signed_response_alg(Some(algorithm.clone()))
}

impl Party {
    /// Discovers and registers.
    pub async fn register(server: &TestServer, registration: Registration) -> Self {
        let metadata = discover(server).await;
        let http = Http::new(server);
        let endpoint = metadata.registration_endpoint().unwrap();
        let registered = registration
            .register_async(endpoint, &async |request| http.send(request).await)
            .await
            .unwrap();
        let method = registered.token_endpoint_auth_method();
        let auth_type = match method {
            Some(CoreClientAuthMethod::ClientSecretPost) => AuthType::RequestBody,
            _ => AuthType::BasicAuth,
        };
        let secret = registered.client_secret().cloned();
        let client = client(&metadata, registered.client_id().clone(), secret);
        Self {
            client: client.set_auth_type(auth_type),
            metadata,
        }
    }

    /// Sends a person with a browser through the server, to the party's callback.
    pub async fn sign_in(&self, browser: &Browser) -> Pending {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(
                ["profile", "email", "offline_access"].map(|scope| Scope::new(scope.into())),
            )
            .set_pkce_challenge(challenge)
            .url();
        let mut page = browser.visit(url.as_str()).await;
        if page.url.path() == "/login" {
            page = browser.sign_in(&page, CUSTOMER).await;
        }
        if page.url.path() == "/consent" {
            let next = browser.submit(&page, &[("decision", "allow")]).await;
            page = browser.follow(next).await;
        }
        Pending {
            verifier,
            state,
            nonce,
            page,
        }
    }
}

/// The crate's client with every endpoint set.
fn client(metadata: &Metadata, id: ClientId, secret: Option<ClientSecret>) -> Client {
    let more = metadata.additional_metadata();
    let mut revocation: Url = more.revocation_endpoint.url().clone();
    revocation.set_scheme("https").unwrap();
    CoreClient::from_provider_metadata(metadata.clone(), id, secret)
        .set_redirect_uri(RedirectUrl::new(CALLBACK.into()).unwrap())
        .set_introspection_url(more.introspection_endpoint.clone())
        .set_revocation_url(RevocationUrl::from_url(revocation))
}
