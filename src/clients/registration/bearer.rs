//! The bearer token of a registration request (RFC 6750, section 2.1).

use axum::http::{HeaderMap, header};

use crate::foundation::secret::Secret;

/// What the Authorization header holds.
pub enum Bearer {
    Absent,
    Token(Secret),
    /// Another scheme, several headers, or an ill-formed token.
    Malformed,
}

impl Bearer {
    /// Reads the header.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else {
            return Self::Absent;
        };
        if values.next().is_some() {
            return Self::Malformed;
        }
        let token = value.to_str().ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            let token = token.trim();
            let well_formed = !token.is_empty()
                && token.len() <= 512
                && token.bytes().all(|b| b.is_ascii_graphic());
            (scheme.eq_ignore_ascii_case("bearer") && well_formed).then(|| Secret::new(token))
        });
        token.map_or(Self::Malformed, Self::Token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(values: &[&'static str]) -> Bearer {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        Bearer::of(&headers)
    }

    #[test]
    fn one_bearer_token_is_read() {
        assert!(matches!(of(&[]), Bearer::Absent));
        for good in ["Bearer abc", "bearer abc"] {
            assert!(matches!(of(&[good]), Bearer::Token(token) if token.expose() == "abc"));
        }
        for bad in ["Bearer", "Bearer ", "Basic abc", "Bearer a b"] {
            assert!(matches!(of(&[bad]), Bearer::Malformed), "{bad}");
        }
        assert!(matches!(of(&["Bearer a", "Bearer a"]), Bearer::Malformed));
    }
}
