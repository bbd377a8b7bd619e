//! What the issuer says about itself: its endpoints and keys (OpenID Connect Discovery 1.0).

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, ProviderMetadata, RedirectUrl,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use crate::config::Config;
use crate::http_client::HttpClient;

/// How long a discovery is trusted: new keys and endpoints are seen within this time.
const MAX_AGE: Duration = Duration::from_mins(10);
/// How often at most an unknown key makes us ask again.
const MIN_AGE: Duration = Duration::from_secs(10);

/// The client as `openidconnect` builds it from discovered metadata.
pub type OidcClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Metadata beyond OpenID Connect Discovery.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    /// OpenID Connect RP-Initiated Logout 1.0, section 2.1.
    end_session_endpoint: Option<Url>,
    /// RFC 9207, section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}
impl AdditionalProviderMetadata for MoreMetadata {}

type Metadata = ProviderMetadata<
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

/// One discovery of the issuer.
pub struct Discovered {
    pub client: OidcClient,
    pub end_session_endpoint: Option<Url>,
    /// Whether every authorization response has to carry `iss`.
    pub sends_iss: bool,
    at: Instant,
}

/// The issuer could not be reached or does not describe itself rightly.
#[derive(Clone, Debug, thiserror::Error)]
#[error("discovery of the issuer failed: {0}")]
pub struct DiscoveryFailed(String);

/// The issuer, discovered when first needed and again when the knowledge is old.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_uri: RedirectUrl,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    discovered: Option<Arc<Discovered>>,
    /// The last failure, and when.
    failed: Option<(Instant, DiscoveryFailed)>,
}

impl Provider {
    pub fn new(config: &Config) -> Result<Self, url::ParseError> {
        Ok(Self {
            issuer: IssuerUrl::new(config.issuer.clone())?,
            client_id: ClientId::new(config.client_id.clone()),
            client_secret: ClientSecret::new(config.client_secret.clone()),
            redirect_uri: RedirectUrl::new(format!("{}/callback", config.public_url))?,
            known: Mutex::default(),
        })
    }

    /// The issuer's endpoints and keys. Where the issuer does not answer, the last known are used;
    /// where there are none, the next request tries again.
    pub async fn get(&self, http: &HttpClient) -> Result<Arc<Discovered>, DiscoveryFailed> {
        self.at_most(MAX_AGE, http).await
    }

    /// The same, discovered just now: for a token signed with a key that we have not seen.
    pub async fn get_fresh(&self, http: &HttpClient) -> Result<Arc<Discovered>, DiscoveryFailed> {
        self.at_most(MIN_AGE, http).await
    }

    async fn at_most(
        &self,
        age: Duration,
        http: &HttpClient,
    ) -> Result<Arc<Discovered>, DiscoveryFailed> {
        let asked = Instant::now();
        // The lock is held while asking, so that many requests ask the issuer once.
        let mut known = self.known.lock().await;
        if let Some(discovered) = known.discovered.as_ref().filter(|d| d.at.elapsed() < age) {
            return Ok(Arc::clone(discovered));
        }
        // Whoever waited while another asked in vain shares that answer: one waiting time for
        // all, not one after the other.
        let shared = known.failed.as_ref().filter(|(at, _)| *at >= asked);
        let error = if let Some((_, error)) = shared {
            error.clone()
        } else {
            match self.discover(http).await {
                Ok(discovered) => {
                    return Ok(Arc::clone(known.discovered.insert(discovered.into())));
                }
                Err(error) => {
                    known.failed = Some((Instant::now(), error.clone()));
                    error
                }
            }
        };
        known.discovered.as_ref().map(Arc::clone).ok_or(error)
    }

    async fn discover(&self, http: &HttpClient) -> Result<Discovered, DiscoveryFailed> {
        // This also checks that the document's issuer is the one asked for (Discovery, 4.3).
        let metadata = Metadata::discover_async(self.issuer.clone(), http)
            .await
            .map_err(|e| {
                let cause = std::error::Error::source(&e)
                    .map(|c| format!(": {c}"))
                    .unwrap_or_default();
                tracing::warn!(issuer = %self.issuer.as_str(), "discovery failed: {e}{cause}");
                DiscoveryFailed(e.to_string())
            })?;
        let more = metadata.additional_metadata().clone();
        let client = CoreClient::from_provider_metadata(
            metadata,
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        )
        .set_redirect_uri(self.redirect_uri.clone());
        Ok(Discovered {
            client,
            end_session_endpoint: more.end_session_endpoint,
            sends_iss: more.authorization_response_iss_parameter_supported,
            at: Instant::now(),
        })
    }
}
