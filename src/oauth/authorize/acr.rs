//! How well a client wants its person to sign in: `acr_values`, the `acr` claim, and what it
//! registered.

use serde::{Deserialize, Serialize};

use crate::authn::assurance::Acr;
use crate::oauth::claims::ClaimsRequest;

/// The classes that were asked for, of those that this server knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AcrRequest {
    values: Vec<Acr>,
    /// Asked for as an essential claim: where none of the values is known, there is no way.
    essential: bool,
}

impl AcrRequest {
    /// Reads the claims request (OpenID Connect Core 1.0, section 5.5.1.1), else `acr_values`
    /// (section 3.1.2.1), else `default_acr_values` (Dynamic Client Registration 1.0, section 2).
    pub fn of(
        claims: Option<&ClaimsRequest>,
        acr_values: Option<&str>,
        default: &[String],
    ) -> Self {
        let claim = claims.and_then(ClaimsRequest::acr);
        if let Some(claim) = claim.filter(|claim| claim.value.is_some() || !claim.values.is_empty())
        {
            let named = claim.value.iter().chain(&claim.values);
            return Self {
                values: known(named.filter_map(serde_json::Value::as_str)),
                essential: claim.essential,
            };
        }
        let values = match acr_values {
            Some(text) => known(text.split(' ')),
            None => known(default.iter().map(String::as_str)),
        };
        Self {
            values,
            essential: false,
        }
    }

    /// Whether the client insists on classes that this server does not know.
    pub fn cannot_be_met(&self) -> bool {
        self.essential && self.values.is_empty()
    }

    /// The weakest class that satisfies the client. A known class is never voluntary here, although
    /// section 3.1.2.1 would allow that: who asks for a second factor gets one or an error.
    pub fn lowest(&self) -> Option<Acr> {
        self.values.iter().min().copied()
    }

    /// The class to report where `reached` was reached: of those that were asked for, the strongest
    /// that it includes. A client compares the claim as text.
    pub fn reported(&self, reached: Acr) -> Acr {
        let included = self.values.iter().filter(|value| **value <= reached);
        included.max().copied().unwrap_or(reached)
    }
}

fn known<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Acr> {
    values.filter_map(Acr::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_and_reported() {
        let default = ["mfa".to_owned()];
        let request = AcrRequest::of(None, Some("urn:other phr mfa"), &default);
        assert_eq!(request.lowest(), Some(Acr::MultiFactor));
        assert_eq!(
            request.reported(Acr::PhishingResistant),
            Acr::PhishingResistant
        );
        assert_eq!(
            AcrRequest::of(None, None, &default).lowest(),
            Some(Acr::MultiFactor)
        );
        assert_eq!(
            AcrRequest::of(None, Some("urn:other"), &default).lowest(),
            None
        );
        let essential = |values: &str| {
            let claims =
                format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":{values}}}}}}}"#);
            AcrRequest::of(ClaimsRequest::parse(&claims).as_ref(), Some("phr"), &[])
        };
        assert!(essential(r#"["urn:other"]"#).cannot_be_met());
        let mfa = essential(r#"["mfa"]"#);
        assert!(!mfa.cannot_be_met());
        assert_eq!(mfa.lowest(), Some(Acr::MultiFactor));
        assert_eq!(mfa.reported(Acr::PhishingResistant), Acr::MultiFactor);
        assert_eq!(AcrRequest::default().reported(Acr::Password), Acr::Password);
    }
}
