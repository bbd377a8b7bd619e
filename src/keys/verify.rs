//! Verifying our own tokens: access tokens at UserInfo and introspection, `id_token_hint`.

use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::Keys;
use super::snapshot::{Snapshot, Verifier};

/// The claims of a token that this server signed. Issuer, audience and meaning are the caller's to
/// check.
#[derive(Clone, Debug)]
pub struct VerifiedClaims {
    /// The header's `typ`.
    pub typ: String,
    /// The payload.
    pub claims: Map<String, Value>,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a compact JWS with the header that ours have and claims that are a JSON object.
    #[error("the token is malformed")]
    Malformed,
    /// Signed by another, or by a key that was removed.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The key is none that this replica knows, and it could not look for it in the database: the token
    /// may be good.
    #[error("the signing keys cannot be read")]
    Unavailable,
    /// A token of another kind (RFC 8725, section 3.11).
    #[error("the token is of another type")]
    WrongType,
    /// Altered, or of another algorithm than its key's.
    #[error("the token's signature is invalid")]
    Signature,
    /// Past its `exp`, or without one.
    #[error("the token has expired")]
    Expired,
    /// Before its `nbf`.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl Keys {
    /// Verifies a token of ours whose `typ` is one of `typ_allowed`. A `kid` that is unknown, because
    /// another replica has just begun to sign with it, makes this one read the keys again, once a
    /// second at most.
    pub async fn verify(
        &self,
        token: &str,
        typ_allowed: &[&str],
        now: OffsetDateTime,
    ) -> Result<VerifiedClaims, VerifyError> {
        let verified = self
            .verify_signature(token, typ_allowed, now, Snapshot::for_tokens)
            .await?;
        check_times(&verified.claims, now)?;
        Ok(verified)
    }

    /// Verifies an `id_token_hint`: the token may have expired, and its key may have been removed
    /// meanwhile, though not withdrawn (OpenID Connect RP-Initiated Logout 1.0, section 4).
    pub async fn verify_hint(
        &self,
        token: &str,
        typ_allowed: &[&str],
        now: OffsetDateTime,
    ) -> Result<VerifiedClaims, VerifyError> {
        let verified = self
            .verify_signature(token, typ_allowed, now, Snapshot::for_hints)
            .await?;
        // An ID token has an `exp`: a signed UserInfo answer, which has the same `typ`, has none and is
        // not to be taken for one (RFC 8725, section 2.8).
        if !verified.claims.get("exp").is_some_and(Value::is_i64) {
            return Err(VerifyError::Expired);
        }
        Ok(verified)
    }

    async fn verify_signature(
        &self,
        token: &str,
        typ_allowed: &[&str],
        now: OffsetDateTime,
        find: for<'k> fn(&'k Snapshot, &str, OffsetDateTime) -> Option<Verifier<'k>>,
    ) -> Result<VerifiedClaims, VerifyError> {
        let header = decode_header(token).map_err(|_| VerifyError::Malformed)?;
        let kid = header.kid.as_deref().ok_or(VerifyError::Malformed)?;
        // RFC 7515, section 4.1.11: extensions that we don't know must be refused; we know none.
        if header.crit.is_some() {
            return Err(VerifyError::Malformed);
        }
        let typ = header.typ.as_deref().ok_or(VerifyError::WrongType)?;
        if !typ_allowed.iter().any(|allowed| same_type(typ, allowed)) {
            return Err(VerifyError::WrongType);
        }
        let mut snapshot = self.fresh_snapshot(now).await;
        if find(&snapshot, kid, now).is_none() {
            let knows = |snapshot: &Snapshot| find(snapshot, kid, now).is_some();
            let read = self.snapshot_with(knows, now).await;
            snapshot = read.ok_or(VerifyError::Unavailable)?;
        }
        let verifier = find(&snapshot, kid, now).ok_or(VerifyError::UnknownKey)?;
        let claims = check_signature(verifier, token, &header)?;
        Ok(VerifiedClaims {
            typ: typ.to_owned(),
            claims,
        })
    }
}

fn check_signature(
    verifier: Verifier<'_>,
    token: &str,
    header: &Header,
) -> Result<Map<String, Value>, VerifyError> {
    // RFC 8725, section 3.1: a key is used with one algorithm, its own.
    let alg = jsonwebtoken::Algorithm::from(verifier.alg);
    if header.alg != alg {
        return Err(VerifyError::Signature);
    }
    let mut validation = Validation::new(alg);
    // The times are compared with the caller's clock, the audience with what the caller expects.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode(token, verifier.key, &validation)
        .map(|data| data.claims)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => VerifyError::Signature,
            _ => VerifyError::Malformed,
        })
}

/// RFC 7519, sections 4.1.4 and 4.1.5. No leeway: the same servers wrote these times.
fn check_times(claims: &Map<String, Value>, now: OffsetDateTime) -> Result<(), VerifyError> {
    let now = now.unix_timestamp();
    let expires = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or(VerifyError::Expired)?;
    if now >= expires {
        return Err(VerifyError::Expired);
    }
    match claims.get("nbf").map(Value::as_i64) {
        None => Ok(()),
        Some(Some(not_before)) if not_before <= now => Ok(()),
        Some(_) => Err(VerifyError::NotYetValid),
    }
}

/// RFC 7515, section 4.1.9: media types, compared without case, `application/` left out.
fn same_type(typ: &str, allowed: &str) -> bool {
    let short = match typ.split_at_checked(12) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    };
    short.eq_ignore_ascii_case(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_as_media_types() {
        for (typ, same) in [
            ("at+jwt", true),
            ("AT+JWT", true),
            ("application/at+jwt", true),
            ("Application/At+Jwt", true),
            ("JWT", false),
            ("text/at+jwt", false),
            ("application/application/at+jwt", false),
            ("", false),
        ] {
            assert_eq!(same_type(typ, "at+jwt"), same, "{typ}");
        }
    }

    #[test]
    fn times_are_compared_to_the_second() {
        let now = OffsetDateTime::from_unix_timestamp(1_000).unwrap();
        for (claims, expected) in [
            (serde_json::json!({ "exp": 1_001 }), Ok(())),
            (
                serde_json::json!({ "exp": 1_000 }),
                Err(VerifyError::Expired),
            ),
            (serde_json::json!({}), Err(VerifyError::Expired)),
            (
                serde_json::json!({ "exp": "1001" }),
                Err(VerifyError::Expired),
            ),
            (serde_json::json!({ "exp": 1_001, "nbf": 1_000 }), Ok(())),
            (
                serde_json::json!({ "exp": 1_002, "nbf": 1_001 }),
                Err(VerifyError::NotYetValid),
            ),
            (
                serde_json::json!({ "exp": 1_002, "nbf": null }),
                Err(VerifyError::NotYetValid),
            ),
        ] {
            assert_eq!(
                check_times(claims.as_object().unwrap(), now),
                expected,
                "{claims}"
            );
        }
    }
}
