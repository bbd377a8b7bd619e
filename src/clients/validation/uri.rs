//! URIs in general, and those members that are not redirection URIs.

use url::Url;

use super::MAX_ENTRIES;
use super::error::MetadataError;
use crate::clients::metadata::ClientMetadata;

/// The longest URI, in bytes.
const MAX_LENGTH: usize = 2000;

/// Hosts on which plain `http` is allowed: the machine itself.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Checks every URI member but the redirection URIs.
pub fn check(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    // Shown to people as links and images: never another scheme than http(s).
    for (name, uri) in [
        ("logo_uri", &metadata.logo_uri),
        ("client_uri", &metadata.client_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ] {
        named(name, uri.as_deref(), web_page)?;
    }
    for (member, tag, uri) in metadata.localized.iter() {
        if member != "client_name" {
            named(&format!("{member}#{tag}"), Some(uri), web_page)?;
        }
    }
    named(
        "sector_identifier_uri",
        metadata.sector_identifier_uri.as_deref(),
        https,
    )?;
    // OpenID Connect Registration 1.0, section 2: https.
    named(
        "initiate_login_uri",
        metadata.initiate_login_uri.as_deref(),
        https,
    )?;
    // On the machine itself for development: whether the server then talks to such an address is
    // the fetcher's rule, not the client's.
    for (name, uri) in [
        ("jwks_uri", &metadata.jwks_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
    ] {
        named(name, uri.as_deref(), |uri| {
            https_or_loopback(uri).map(|_| ())
        })?;
    }
    if metadata.request_uris.len() > MAX_ENTRIES {
        return Err(MetadataError::metadata("request_uris: too many entries"));
    }
    for (index, uri) in metadata.request_uris.iter().enumerate() {
        // A fragment is allowed here: it tells versions of the request object apart (OpenID
        // Connect Core 1.0, section 6.2).
        let without_fragment = uri.split('#').next().unwrap_or_default();
        let plain_fragment = check_characters(uri.replacen('#', "", 1).as_str());
        plain_fragment
            .and_then(|()| https(without_fragment))
            .map_err(|why| MetadataError::metadata(format!("request_uris[{index}] {why}")))?;
    }
    Ok(())
}

fn named(
    name: &str,
    uri: Option<&str>,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<(), MetadataError> {
    match uri.map(check) {
        Some(Err(why)) => Err(MetadataError::metadata(format!("{name} {why}"))),
        _ => Ok(()),
    }
}

/// An `http` or `https` address that a person may visit.
fn web_page(text: &str) -> Result<(), &'static str> {
    let text = text.split('#').next().unwrap_or_default();
    hierarchical(text).map(|_| ())
}

/// An `https` URI.
fn https(text: &str) -> Result<(), &'static str> {
    match hierarchical(text)?.scheme() {
        "https" => Ok(()),
        _ => Err("must be an https URI"),
    }
}

/// An `https` URI, or `http` on the machine itself.
pub fn https_or_loopback(text: &str) -> Result<Url, &'static str> {
    let url = hierarchical(text)?;
    if url.scheme() == "https" {
        return Ok(url);
    }
    // The host as it was written: `http://0x7f.1/` also means 127.0.0.1, but is compared as text.
    let rest = text.strip_prefix("http://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let loopback = LOOPBACK_HOSTS.iter().any(|host| {
        authority
            .strip_prefix(host)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    if loopback {
        Ok(url)
    } else {
        Err("must be an https URI; http is for loopback hosts only")
    }
}

/// An `http` or `https` URI with a host, written as RFC 3986 does. The URL parser alone also takes
/// `https:example.com` and the like.
fn hierarchical(text: &str) -> Result<Url, &'static str> {
    check_characters(text)?;
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or("must be an http or https URI")?;
    if rest.starts_with(['/', '?', ':']) || rest.is_empty() {
        return Err("has no host");
    }
    let url = Url::parse(text).map_err(|_| "is not a valid URI")?;
    check_url(&url)?;
    if url.host_str().is_none_or(|host| host.contains('*')) {
        return Err("has no valid host");
    }
    Ok(url)
}

/// RFC 3986 has visible ASCII only, and not all of it; a fragment is never allowed here
/// (RFC 6749, section 3.1.2).
pub fn check_characters(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_LENGTH {
        return Err("is too long");
    }
    if text.contains('#') {
        return Err("must not have a fragment");
    }
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if text.bytes().all(allowed) {
        Ok(())
    } else {
        Err("has a character that no URI has")
    }
}

/// No user information: it hides the real host from a reader.
pub fn check_url(url: &Url) -> Result<(), &'static str> {
    if url.username().is_empty() && url.password().is_none() {
        Ok(())
    } else {
        Err("must not have user information")
    }
}
