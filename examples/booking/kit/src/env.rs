//! Configuration from the environment: every variable has a default that fits `cargo run -- dev`.

use std::net::SocketAddr;

use url::Url;

/// A variable of the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} is not {expected}: {value:?}")]
pub struct EnvError {
    name: &'static str,
    expected: &'static str,
    value: String,
}

/// The variable's value, or `default` where it is unset or empty.
pub fn text(name: &'static str, default: &str) -> String {
    optional(name).unwrap_or_else(|| default.to_owned())
}

/// The variable's value; `None` where it is unset or empty.
pub fn optional(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable as `address:port` to listen on.
pub fn listen(name: &'static str, default: &str) -> Result<SocketAddr, EnvError> {
    let value = text(name, default);
    value.parse().map_err(|_| EnvError {
        name,
        expected: "an address such as 127.0.0.1:80",
        value,
    })
}

/// The variable as an http or https URL without the slash at its end: identifiers such as the
/// issuer are compared as text, and a path is appended to them.
pub fn base_url(name: &'static str, default: &str) -> Result<String, EnvError> {
    let value = text(name, default);
    match Url::parse(&value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(value.trim_end_matches('/').to_owned())
        }
        _ => Err(EnvError {
            name,
            expected: "an http or https URL",
            value,
        }),
    }
}

/// The variable as a switch: `on` or `off`.
pub fn switch(name: &'static str, default: bool) -> Result<bool, EnvError> {
    let value = text(name, if default { "on" } else { "off" });
    match value.as_str() {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err(EnvError {
            name,
            expected: "on or off",
            value,
        }),
    }
}
