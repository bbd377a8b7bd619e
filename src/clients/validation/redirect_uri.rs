//! Redirection URIs (RFC 6749, section 3.1.2; OpenID Connect Registration 1.0, section 2;
//! RFC 8252, section 7).

use url::Url;

use super::MAX_ENTRIES;
use super::error::MetadataError;
use super::uri;
use crate::clients::metadata::{ApplicationType, ClientMetadata, GrantType};

/// Checks `redirect_uris`, `post_logout_redirect_uris`, and the front-channel logout URI that must
/// share their origin.
pub fn check(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let kind = metadata.application_type;
    let needs_one = metadata.allows_grant(GrantType::AuthorizationCode);
    if needs_one && metadata.redirect_uris.is_empty() {
        return Err(MetadataError::redirect_uri(
            "redirect_uris is missing or empty",
        ));
    }
    if metadata.redirect_uris.len() > MAX_ENTRIES {
        return Err(MetadataError::redirect_uri(
            "redirect_uris: too many entries",
        ));
    }
    for (index, uri) in metadata.redirect_uris.iter().enumerate() {
        check_one(uri, kind)
            .map_err(|why| MetadataError::redirect_uri(format!("redirect_uris[{index}] {why}")))?;
    }
    // RP-Initiated Logout 1.0, section 3.1: the same kind of URI, compared the same way.
    if metadata.post_logout_redirect_uris.len() > MAX_ENTRIES {
        return Err(MetadataError::metadata(
            "post_logout_redirect_uris: too many entries",
        ));
    }
    for (index, uri) in metadata.post_logout_redirect_uris.iter().enumerate() {
        check_one(uri, kind).map_err(|why| {
            MetadataError::metadata(format!("post_logout_redirect_uris[{index}] {why}"))
        })?;
    }
    check_front_channel(metadata)
}

/// Front-Channel Logout 1.0, section 2: scheme, host and port are those of a redirection URI.
fn check_front_channel(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let Some(logout) = &metadata.frontchannel_logout_uri else {
        return Ok(());
    };
    let name = "frontchannel_logout_uri";
    let logout = uri::https_or_loopback(logout)
        .map_err(|why| MetadataError::metadata(format!("{name} {why}")))?;
    let shares_origin = metadata
        .redirect_uris
        .iter()
        .filter_map(|uri| Url::parse(uri).ok())
        .any(|uri| uri.origin() == logout.origin());
    if shares_origin {
        Ok(())
    } else {
        Err(MetadataError::metadata(format!(
            "{name} has the origin of no redirection URI"
        )))
    }
}

fn check_one(text: &str, kind: ApplicationType) -> Result<(), &'static str> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    match (scheme, kind) {
        ("https" | "http", _) => uri::https_or_loopback(text).map(|_| ()),
        (_, ApplicationType::Native) => private_use(text, scheme),
        (_, ApplicationType::Web) => Err("must be an https URI"),
    }
}

/// RFC 8252, section 7.1: a private-use scheme is a reversed domain name. The dot that it must
/// have also keeps out `javascript`, `data`, `file` and every other scheme that a browser or a
/// system handles itself.
fn private_use(text: &str, scheme: &str) -> Result<(), &'static str> {
    uri::check_characters(text)?;
    let labels = scheme.split('.');
    let reversed_domain = scheme.contains('.')
        && scheme.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-'
        })
        && labels.into_iter().all(|label| !label.is_empty());
    if !reversed_domain {
        return Err("must have a private-use scheme with a dot, or be https or a loopback URI");
    }
    let url = Url::parse(text).map_err(|_| "is not an absolute URI")?;
    uri::check_url(&url)
}

/// Whether a registered redirection URI is a loopback address by number, whose port may differ
/// between requests (RFC 8252, section 7.3). `localhost` is a name, and is compared as it is.
pub fn is_loopback_redirect(registered: &str) -> bool {
    Url::parse(registered).is_ok_and(|url| {
        url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]"))
    })
}
