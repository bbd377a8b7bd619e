//! Native TLS by rustls, with certificates that are renewed while the server runs.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;
use crate::foundation::secret::sha256;

/// How often the files are looked at.
const WATCH: Duration = Duration::from_mins(1);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// A file is not PEM of the right kind.
    #[error("{0} has no usable PEM: {1}")]
    Pem(PathBuf, rustls::pki_types::pem::Error),
    /// The certificate and key do not serve, or not together.
    #[error("the certificate cannot be used: {0}")]
    Use(#[from] rustls::Error),
}

/// A certificate that is served, and where it came from. Clones share it.
#[derive(Clone)]
pub struct Tls {
    config: RustlsConfig,
    certificate: PathBuf,
    private_key: PathBuf,
}

impl Tls {
    /// Reads the certificate chain and its key.
    pub fn load(files: TlsFiles<'_>) -> Result<Self, TlsError> {
        let (certificate, private_key) = (files.certificate.into(), files.private_key.into());
        let config = read(&certificate, &private_key)?;
        let config = RustlsConfig::from_config(Arc::new(config));
        Ok(Self {
            config,
            certificate,
            private_key,
        })
    }

    /// Reads the files again; new connections get what they hold now. After an error the former
    /// certificate stays.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = read(&self.certificate, &self.private_key)?;
        self.config.reload_from_config(Arc::new(config));
        Ok(())
    }

    /// Reloads at SIGHUP and when a file's content changes. Runs until dropped.
    pub async fn watch(self) {
        let mut hangup = Hangup::new();
        let mut ticks = tokio::time::interval(WATCH);
        let mut served = self.fingerprint();
        loop {
            tokio::select! {
                () = hangup.next() => {}
                _ = ticks.tick() => {
                    if self.fingerprint() == served {
                        continue;
                    }
                }
            }
            served = self.fingerprint();
            match self.reload() {
                Ok(()) => tracing::info!("the TLS certificate was read again"),
                Err(error) => tracing::error!(%error, "the former TLS certificate stays"),
            }
        }
    }

    pub(super) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    fn fingerprint(&self) -> Option<([u8; 32], [u8; 32])> {
        let hash = |path| fs::read(path).ok().map(|bytes| sha256(&bytes));
        Some((hash(&self.certificate)?, hash(&self.private_key)?))
    }
}

fn read(certificate: &PathBuf, private_key: &PathBuf) -> Result<ServerConfig, TlsError> {
    let load = |path: &PathBuf| fs::read(path).map_err(|error| TlsError::Read(path.clone(), error));
    let wrong = |path: &PathBuf| {
        let path = path.clone();
        move |error| TlsError::Pem(path, error)
    };
    let chain = CertificateDer::pem_slice_iter(&load(certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong(certificate))?;
    let key = PrivateKeyDer::from_pem_slice(&load(private_key)?).map_err(wrong(private_key))?;
    // The provider is named, since other crates in the process may bring another one.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(unix)]
struct Hangup(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Hangup {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(signal(SignalKind::hangup()).ok())
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct Hangup;

#[cfg(not(unix))]
impl Hangup {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
