//! Client assertions (RFC 7523, section 3; OpenID Connect Core 1.0, section 9).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use crate::clients::metadata::{ClientMetadata, ClientSigningAlg, SigningAlg};

/// The one supported `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest assertion, in bytes.
const MAX_LENGTH: usize = 8192;
/// The longest `jti`, in bytes.
const MAX_JTI: usize = 512;
/// How far ahead `exp` may lie. RFC 7523 leaves the bound to the server; libraries choose from one
/// minute to an hour (Authlib), and it is how long a `jti` must be remembered.
const MAX_LIFETIME: Duration = Duration::hours(1);
/// How far ahead the client's clock may be: above the 8 seconds that FAPI 2.0 demands to accept,
/// below the 60 that it demands to refuse.
const CLOCK_SKEW: Duration = Duration::seconds(30);

/// What is read of a JOSE header (RFC 7515, section 4.1). jsonwebtoken's own knows no `Ed25519`.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// `null` is there, too.
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// An assertion that was read and not yet verified.
pub struct Assertion<'a> {
    jwt: &'a str,
    pub algorithm: SigningAlg,
    pub key_id: Option<String>,
    client_id: String,
}

/// The claims of an assertion whose signature is good.
#[derive(Debug, Deserialize)]
pub struct Claims(Map<String, Value>);

/// What has to be remembered of an accepted assertion.
pub struct Spent<'a> {
    pub jti: &'a str,
    /// From then on `exp` refuses it.
    pub until: OffsetDateTime,
}

impl<'a> Assertion<'a> {
    /// Reads the header and, to find the client, the subject.
    pub fn read(jwt: &'a str) -> Result<Self, &'static str> {
        const MALFORMED: &str = "the client assertion is malformed";
        if jwt.len() > MAX_LENGTH {
            return Err("the client assertion is too long");
        }
        let header = read_header(jwt).ok_or(MALFORMED)?;
        // None where it is no signature by a public key, like `none` and `HS256`.
        let algorithm = ClientSigningAlg::named(&header.alg)
            .ok_or("the algorithm of the client assertion is not supported")?;
        // RFC 7515, section 4.1.11: no critical extension is understood here, and a list of none is
        // as malformed as one that is no list.
        if header.crit.is_some() {
            return Err("the client assertion has critical header parameters");
        }
        let claims: Claims =
            jsonwebtoken::dangerous::insecure_decode_claims(jwt).map_err(|_| MALFORMED)?;
        let client_id = claims
            .text("sub")
            .ok_or("the client assertion has no sub")?
            .to_owned();
        Ok(Self {
            jwt,
            algorithm,
            key_id: header.kid,
            client_id,
        })
    }

    /// Whom the assertion claims to be about. Not to be believed before the signature is checked.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// A client that registered an algorithm uses no other.
    pub fn check_algorithm(&self, metadata: &ClientMetadata) -> Result<(), &'static str> {
        match metadata.token_endpoint_auth_signing_alg {
            Some(registered) if registered.algorithm() != self.algorithm => {
                Err("the client assertion has another algorithm than registered")
            }
            _ => Ok(()),
        }
    }

    /// The claims, if one of the keys verifies the signature.
    pub fn verify(&self, keys: &[DecodingKey]) -> Option<Claims> {
        let (signed, signature) = self.jwt.rsplit_once('.')?;
        let algorithm = self.algorithm.into();
        let good = |key| {
            let verified =
                jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm);
            matches!(verified, Ok(true))
        };
        // Claims are checked by `Claims::check`, by the request's own time.
        let claims = || jsonwebtoken::dangerous::insecure_decode_claims(self.jwt).ok();
        keys.iter().any(good).then(claims).flatten()
    }
}

/// The header of a JWS in the compact form: three parts.
fn read_header(jwt: &str) -> Option<Header> {
    let mut parts = jwt.split('.');
    let header = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    (parts.count() == 2)
        .then(|| serde_json::from_slice(&header).ok())
        .flatten()
}

impl Claims {
    /// Checks everything that RFC 7523, section 3, asks of the claims.
    pub fn check(
        &self,
        client_id: &str,
        audiences: &[String],
        now: OffsetDateTime,
    ) -> Result<Spent<'_>, &'static str> {
        if self.text("iss") != Some(client_id) || self.text("sub") != Some(client_id) {
            return Err("iss and sub of the client assertion must be the client_id");
        }
        if !self.is_for(audiences) {
            return Err("aud of the client assertion must be the issuer");
        }
        let until = self.time("exp")?.ok_or("the client assertion has no exp")?;
        if until <= now {
            return Err("the client assertion has expired");
        }
        if until > now + MAX_LIFETIME + CLOCK_SKEW {
            return Err("exp of the client assertion is too far ahead");
        }
        for name in ["nbf", "iat"] {
            if self.time(name)?.is_some_and(|time| time > now + CLOCK_SKEW) {
                return Err("the client assertion is not valid yet");
            }
        }
        match self.text("jti") {
            Some(jti) if (1..=MAX_JTI).contains(&jti.len()) => Ok(Spent { jti, until }),
            _ => Err("the client assertion has no valid jti"),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// `aud` is a string, or an array that holds one of ours.
    fn is_for(&self, audiences: &[String]) -> bool {
        let ours = |value: &Value| audiences.iter().any(|own| value.as_str() == Some(own));
        match self.0.get("aud") {
            Some(Value::Array(values)) => values.iter().any(ours),
            Some(value) => ours(value),
            None => false,
        }
    }

    /// A NumericDate (RFC 7519, section 2), which may have a fraction.
    fn time(&self, name: &str) -> Result<Option<OffsetDateTime>, &'static str> {
        const NOT_A_TIME: &str = "a time in the client assertion is not a NumericDate";
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let seconds = match (value.as_i64(), value.as_f64()) {
            (Some(whole), _) => whole,
            // Within the range of both types and far beyond any date.
            #[allow(clippy::cast_possible_truncation)]
            (None, Some(fraction)) if fraction.abs() < 1e15 => fraction.floor() as i64,
            _ => return Err(NOT_A_TIME),
        };
        OffsetDateTime::from_unix_timestamp(seconds)
            .map(Some)
            .map_err(|_| NOT_A_TIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AUDIENCES: [&str; 2] = ["https://op.example", "https://op.example/token"];

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    /// Good claims with `changes` laid over them; `null` takes a claim away.
    fn check(changes: &Value) -> Result<String, &'static str> {
        let second = now().unix_timestamp();
        let mut claims = json!({"iss": "app", "sub": "app", "aud": "https://op.example",
            "exp": second + 60, "iat": second, "jti": "once"});
        let object = claims.as_object_mut().unwrap();
        object.extend(changes.as_object().unwrap().clone());
        object.retain(|_, value| !value.is_null());
        let claims = Claims(object.clone());
        let spent = claims.check("app", &AUDIENCES.map(str::to_owned), now())?;
        Ok(spent.jti.to_owned())
    }

    #[test]
    fn good_claims_are_accepted() {
        let second = now().unix_timestamp();
        for changes in [
            json!({}),
            json!({"aud": "https://op.example/token"}),
            json!({"aud": ["https://other.example", "https://op.example"]}),
            json!({"iat": null}),
            json!({"nbf": second + 8, "iat": second + 8}),
            json!({"exp": second + 3600}),
            json!({"exp": 1_800_000_001.5}),
        ] {
            assert_eq!(check(&changes).as_deref(), Ok("once"), "{changes}");
        }
    }

    #[test]
    fn wrong_claims_are_refused() {
        let second = now().unix_timestamp();
        for changes in [
            json!({"iss": "other"}),
            json!({"iss": null}),
            json!({"sub": "other"}),
            json!({"aud": null}),
            json!({"aud": "https://op.example/"}),
            json!({"aud": []}),
            json!({"aud": ["https://other.example"]}),
            json!({"aud": {"https://op.example": 1}}),
            json!({"exp": null}),
            json!({"exp": second}),
            json!({"exp": second - 300}),
            json!({"exp": second + 3631}),
            json!({"exp": (second + 60).to_string()}),
            json!({"exp": 1e300}),
            json!({"nbf": second + 61}),
            json!({"iat": second + 61}),
            json!({"nbf": "soon"}),
            json!({"jti": null}),
            json!({"jti": ""}),
            json!({"jti": 7}),
            json!({"jti": "x".repeat(513)}),
        ] {
            assert!(check(&changes).is_err(), "{changes}");
        }
    }

    #[test]
    fn what_is_no_assertion_is_refused_early() {
        for jwt in ["", "a.b", "a.b.c", "....", &"x".repeat(9000)] {
            assert!(Assertion::read(jwt).is_err());
        }
    }

    /// RFC 7515, section 4.1.11: whatever its value.
    #[test]
    fn a_header_with_critical_parameters_is_refused() {
        let jwt = |crit: &str| {
            let part = |text: String| URL_SAFE_NO_PAD.encode(text);
            let header = part(format!(r#"{{"alg":"ES256"{crit}}}"#));
            format!("{header}.{}.c2ln", part(r#"{"sub":"app"}"#.to_owned()))
        };
        assert!(Assertion::read(&jwt("")).is_ok());
        for crit in [
            "null",
            "[]",
            "[\"exp\"]",
            "[\"b64\"]",
            "\"exp\"",
            "false",
            "{}",
        ] {
            let jwt = jwt(&format!(r#","crit":{crit}"#));
            let why = Assertion::read(&jwt).err();
            assert_eq!(
                why,
                Some("the client assertion has critical header parameters"),
                "{crit}"
            );
        }
    }
}
