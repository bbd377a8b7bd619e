//! The rules for a token's header and claims (RFC 9068 §4, RFC 8725), without any I/O.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::Header;

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::rejection::InvalidToken;

/// A token longer than this is refused unread. Headers of 16 KiB are beyond what servers take.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What a token must match.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Duration,
}

/// What the header says about the signature.
#[derive(Debug)]
pub(crate) struct SignedBy {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
}

/// Reads a token and checks all that can be checked before its signature. The claims are to be
/// believed only once the signature is verified too.
pub(crate) fn read(
    token: &str,
    rules: &Rules,
    now: SystemTime,
) -> Result<(SignedBy, Claims), InvalidToken> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(InvalidToken::TooLong);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| {
        // An algorithm that the library does not know, `none` among them, stops it right here.
        tracing::debug!(%error, "unreadable token header");
        InvalidToken::Malformed
    })?;
    let signed_by = check_header(header, rules)?;
    let claims: Claims =
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|error| {
            tracing::debug!(%error, "unreadable token claims");
            InvalidToken::Malformed
        })?;
    check_claims(&claims, rules, now)?;
    Ok((signed_by, claims))
}

fn check_header(header: Header, rules: &Rules) -> Result<SignedBy, InvalidToken> {
    // RFC 9068 §4: the type keeps ID tokens and other JWTs of the issuer out.
    let typ = header.typ.as_deref().unwrap_or_default();
    if !typ.eq_ignore_ascii_case("at+jwt") && !typ.eq_ignore_ascii_case("application/at+jwt") {
        return Err(InvalidToken::Type);
    }
    // RFC 7515 §4.1.11: no extension is understood here, so none may be critical.
    if header.crit.is_some() {
        return Err(InvalidToken::Critical);
    }
    let algorithm = Algorithm::from_jose(header.alg)
        .filter(|algorithm| rules.algorithms.contains(algorithm))
        .ok_or(InvalidToken::Algorithm)?;
    let kid = header
        .kid
        .filter(|kid| !kid.is_empty())
        .ok_or(InvalidToken::UnknownKey)?;
    Ok(SignedBy { kid, algorithm })
}

fn check_claims(claims: &Claims, rules: &Rules, now: SystemTime) -> Result<(), InvalidToken> {
    if claims.iss != rules.issuer {
        return Err(InvalidToken::Issuer);
    }
    if !claims.aud.contains(&rules.audience) {
        return Err(InvalidToken::Audience);
    }
    // RFC 9068 §2.2: required, and an empty one identifies nobody.
    if claims.sub.is_empty() || claims.client_id.is_empty() || claims.jti.is_empty() {
        return Err(InvalidToken::Malformed);
    }
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let leeway = rules.leeway.as_secs();
    // RFC 7519 §4.1.4: the current time must be before `exp`.
    if claims.exp.saturating_add(leeway) <= now {
        return Err(InvalidToken::Expired);
    }
    let latest = now.saturating_add(leeway);
    if claims.nbf.is_some_and(|nbf| nbf > latest) || claims.iat > latest {
        return Err(InvalidToken::NotYetValid);
    }
    // RFC 7800, RFC 9449 §7.1: a token bound to a key is worthless without proof of that key, and
    // a bearer request carries none.
    if claims.extra.contains_key("cnf") {
        return Err(InvalidToken::SenderConstrained);
    }
    Ok(())
}
