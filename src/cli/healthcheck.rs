//! `auth-api healthcheck`.

use std::time::Duration;

use super::CommandError;
use crate::config::Config;

/// Asks this machine's server whether it answers.
///
/// # Errors
/// When it does not.
pub async fn run(config: &Config) -> Result<(), CommandError> {
    let address = config
        .server
        .listen
        .first()
        .ok_or("server.listen names no address")?;
    let scheme = if config.server.tls().is_some() {
        "https"
    } else {
        "http"
    };
    // The certificate is for the public name; over loopback there is nobody to impersonate it.
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(3))
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .build()?;
    let url = format!("{scheme}://localhost:{}/healthz", address.port());
    client.get(url).send().await?.error_for_status()?;
    Ok(())
}
