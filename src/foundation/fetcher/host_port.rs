//! A host and a port, as on the allow-list.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// A host with its port, compared as URLs compare them (`LOCALHOST`, `127.1`, IDN forms).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    host: String,
    port: u16,
}

/// The text is not of the form `host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of the form host:port")]
pub struct InvalidHostPort;

impl HostPort {
    /// Whether `url` leads to this host and port.
    pub fn matches(&self, url: &Url) -> bool {
        url.host_str() == Some(&self.host) && url.port_or_known_default() == Some(self.port)
    }
}

impl FromStr for HostPort {
    type Err = InvalidHostPort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidHostPort)?;
        let port = port.parse().map_err(|_| InvalidHostPort)?;
        if host.contains(['/', '@', '?', '#', '\\']) {
            return Err(InvalidHostPort);
        }
        let url = Url::parse(&format!("http://{host}/")).map_err(|_| InvalidHostPort)?;
        match (url.host_str(), url.port()) {
            (Some(host), None) => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(InvalidHostPort),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_by_host_and_port() {
        let allowed: HostPort = "LocalHost:8443".parse().unwrap();
        assert!(allowed.matches(&Url::parse("https://localhost:8443/a").unwrap()));
        assert!(!allowed.matches(&Url::parse("https://localhost/a").unwrap()));
        assert!(!allowed.matches(&Url::parse("https://localhost.example:8443/").unwrap()));
        let v6: HostPort = "[::1]:443".parse().unwrap();
        assert!(v6.matches(&Url::parse("https://[0:0::1]/").unwrap()));
        for text in [
            "host",
            "host:",
            ":1",
            "host:99999",
            "a/b:1",
            "a@b:1",
            "http://a:1",
        ] {
            assert!(text.parse::<HostPort>().is_err(), "{text}");
        }
    }
}
