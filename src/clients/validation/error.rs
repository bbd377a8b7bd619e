//! The refusals of RFC 7591, section 3.2.2.

/// `error` of a refused registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataErrorCode {
    InvalidRedirectUri,
    InvalidClientMetadata,
}

impl MetadataErrorCode {
    /// The code on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
        }
    }
}

/// Why a registration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct MetadataError {
    code: MetadataErrorCode,
    description: String,
}

impl MetadataError {
    /// A redirection URI is not acceptable.
    pub fn redirect_uri(description: impl AsRef<str>) -> Self {
        Self::new(MetadataErrorCode::InvalidRedirectUri, description.as_ref())
    }

    /// Any other member is not acceptable.
    pub fn metadata(description: impl AsRef<str>) -> Self {
        Self::new(
            MetadataErrorCode::InvalidClientMetadata,
            description.as_ref(),
        )
    }

    /// Keeps the description inside the characters of RFC 6749, section 5.2: visible ASCII and
    /// space, without the quotation mark and the backslash.
    fn new(code: MetadataErrorCode, description: &str) -> Self {
        let allowed = |c: char| (c == ' ' || c.is_ascii_graphic()) && c != '"' && c != '\\';
        let description = description
            .chars()
            .map(|c| if allowed(c) { c } else { '?' })
            .collect();
        Self { code, description }
    }

    /// The `error` member.
    pub fn code(&self) -> MetadataErrorCode {
        self.code
    }

    /// The `error_description` member.
    pub fn description(&self) -> &str {
        &self.description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_plain_ascii_whatever_went_into_it() {
        let error = MetadataError::metadata("a \"b\" \\ é\n\u{7f}ok");
        assert_eq!(error.description(), "a ?b? ? ???ok");
    }
}
