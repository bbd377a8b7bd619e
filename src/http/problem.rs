//! Problem details (RFC 9457): how the JSON API says what went wrong. The texts stand in `locales/`;
//! whoever answers a request adds them in the caller's language.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The media type (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The page that explains every kind, below the issuer; a kind's `type` is its anchor there.
pub const DOCUMENTATION: &str = "/docs/problems";

/// A kind of problem: what `type` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The anchor in the documentation, and what a client compares: it never changes.
    pub code: &'static str,
    /// The status that goes with it.
    pub status: StatusCode,
    /// The key of its title; `<key>.detail` says what to do.
    pub text: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $text:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Self = Self {
                code: $code,
                status: StatusCode::$status,
                text: $text,
            };)*

            /// Every kind, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

kinds! {
    /// The body is no JSON object, a parameter cannot be read.
    INVALID_REQUEST = BAD_REQUEST, "invalid_request", "problem-invalid-request";
    /// Fields are missing or wrong: `errors` says which.
    INVALID_INPUT = UNPROCESSABLE_ENTITY, "invalid_input", "problem-invalid-input";
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type",
        "problem-unsupported-media-type";
    TOO_LARGE = PAYLOAD_TOO_LARGE, "too_large", "problem-too-large";
    TOO_SLOW = REQUEST_TIMEOUT, "too_slow", "problem-too-slow";
    NOT_FOUND = NOT_FOUND, "not_found", "problem-not-found";
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED, "method_not_allowed", "problem-method-not-allowed";
    /// RFC 6750, section 3.1: no access token, or one that is not good here.
    INVALID_TOKEN = UNAUTHORIZED, "invalid_token", "problem-invalid-token";
    /// RFC 6750, section 3.1.
    INSUFFICIENT_SCOPE = FORBIDDEN, "insufficient_scope", "problem-insufficient-scope";
    /// The person's role may not do this: `permission` says what it lacks.
    INSUFFICIENT_PERMISSION = FORBIDDEN, "insufficient_permission",
        "problem-insufficient-permission";
    /// RFC 9470, section 3: the sign-in is too old for what protects the account.
    INSUFFICIENT_USER_AUTHENTICATION = UNAUTHORIZED, "insufficient_user_authentication",
        "problem-insufficient-user-authentication";
    INVALID_CLIENT = UNAUTHORIZED, "invalid_client", "problem-invalid-client";
    /// Not a client that may use this API.
    UNAUTHORIZED_CLIENT = FORBIDDEN, "unauthorized_client", "problem-unauthorized-client";
    INVALID_SCOPE = BAD_REQUEST, "invalid_scope", "problem-invalid-scope";
    /// The refresh token is not good.
    INVALID_GRANT = BAD_REQUEST, "invalid_grant", "problem-invalid-grant";
    /// Email or password is wrong: which one is not told.
    INVALID_CREDENTIALS = UNAUTHORIZED, "invalid_credentials", "problem-invalid-credentials";
    /// The right password for an address that is not yet proved.
    EMAIL_UNVERIFIED = FORBIDDEN, "email_unverified", "problem-email-unverified";
    /// The right password of an account that was deleted and can still be restored.
    ACCOUNT_DELETED = FORBIDDEN, "account_deleted", "problem-account-deleted";
    /// A second factor is due: `mfa_token`, `methods`, `expires_in`.
    MFA_REQUIRED = FORBIDDEN, "mfa_required", "problem-mfa-required";
    /// The handle of a second step is unknown, used or too old.
    INVALID_MFA_TOKEN = UNAUTHORIZED, "invalid_mfa_token", "problem-invalid-mfa-token";
    /// The code or the passkey's answer is wrong.
    INVALID_CODE = UNAUTHORIZED, "invalid_code", "problem-invalid-code";
    /// The role demands a second factor and there is none: `sign_in` is where one is set up.
    FACTOR_ENROLMENT_REQUIRED = FORBIDDEN, "factor_enrolment_required",
        "problem-factor-enrolment-required";
    /// A mailed link or its token is used, withdrawn, too old or unknown: `reason` says which.
    INVALID_LINK = BAD_REQUEST, "invalid_link", "problem-invalid-link";
    /// It contradicts what is there: an address that is taken meanwhile, the last of something.
    CONFLICT = CONFLICT, "conflict", "problem-conflict";
    /// Nobody may create an account here.
    REGISTRATION_CLOSED = FORBIDDEN, "registration_closed", "problem-registration-closed";
    /// Too many attempts: `Retry-After` says how long to wait.
    TOO_MANY_REQUESTS = TOO_MANY_REQUESTS, "too_many_requests", "problem-too-many-requests";
    SERVER_ERROR = INTERNAL_SERVER_ERROR, "server_error", "problem-server-error";
    /// Busy: `Retry-After` says when to come again.
    TEMPORARILY_UNAVAILABLE = SERVICE_UNAVAILABLE, "temporarily_unavailable",
        "problem-temporarily-unavailable";
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name on the wire; below another one: `address.country`.
    pub field: String,
    /// For programs: never changes.
    pub code: &'static str,
    /// For people, in the caller's language.
    pub detail: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// A problem that the caller is told.
#[derive(Debug, Clone)]
pub struct Problem {
    pub kind: Kind,
    /// On the heap, for a problem is what most results hold in case they fail.
    said: Box<Said>,
}

#[derive(Debug, Clone, Default)]
struct Said {
    /// Instead of the kind's own detail, in the caller's language.
    detail: Option<String>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    headers: HeaderMap,
}

/// What the answer to a request adds to a problem.
pub struct Telling<'a> {
    /// The public URL of [`DOCUMENTATION`].
    pub documentation: &'a str,
    pub title: String,
    /// The kind's own.
    pub detail: String,
    pub request_id: uuid::Uuid,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            said: Box::default(),
        }
    }

    /// Invalid input, field by field.
    pub fn invalid(errors: impl IntoIterator<Item = FieldError>) -> Self {
        let mut problem = Self::new(Kind::INVALID_INPUT);
        problem.said.errors.extend(errors);
        problem
    }

    /// Too many attempts: wait so many seconds (RFC 6585, section 4).
    pub fn wait(seconds: u64) -> Self {
        Self::new(Kind::TOO_MANY_REQUESTS).retry_after(seconds)
    }

    /// Says more than the kind does, in the caller's language.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.said.detail = Some(detail.into());
        self
    }

    /// Adds what is wrong with a field.
    #[must_use]
    pub fn with_error(mut self, error: FieldError) -> Self {
        self.said.errors.push(error);
        self
    }

    /// Adds an extension member (RFC 9457, section 3.2).
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.said.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header; one whose value cannot be written is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.said.headers.insert(name, value);
        }
        self
    }

    /// Says after how many seconds to come again (RFC 9110, section 10.2.3).
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, &seconds.max(1).to_string())
            .with_member("retry_after", seconds.max(1))
    }

    /// The headers that go with it.
    pub fn headers(&self) -> &HeaderMap {
        &self.said.headers
    }

    /// The body (RFC 9457, section 3.1).
    pub fn body(&self, telling: Telling<'_>) -> Value {
        let mut body = self.said.members.clone();
        let kind = format!("{}#{}", telling.documentation, self.kind.code);
        let detail = self.said.detail.clone().unwrap_or(telling.detail);
        body.insert("type".into(), json!(kind));
        body.insert("title".into(), json!(telling.title));
        body.insert("status".into(), json!(self.kind.status.as_u16()));
        body.insert("detail".into(), json!(detail));
        body.insert("request_id".into(), json!(telling.request_id));
        if !self.said.errors.is_empty() {
            body.insert("errors".into(), json!(self.said.errors));
        }
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_kind_has_a_code_and_texts_of_its_own() {
        let codes: HashSet<&str> = Kind::ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(
                kind.text,
                format!("problem-{}", kind.code.replace('_', "-"))
            );
            assert!(kind.status.is_client_error() || kind.status.is_server_error());
        }
    }

    #[test]
    fn an_extension_member_never_replaces_a_standard_one() {
        let body = Problem::wait(0).with_member("status", 200).body(Telling {
            documentation: "https://id.example/docs/problems",
            title: "Wait".to_owned(),
            detail: "A while".to_owned(),
            request_id: uuid::Uuid::nil(),
        });
        assert_eq!(
            body,
            json!({
                "type": "https://id.example/docs/problems#too_many_requests",
                "title": "Wait",
                "status": 429,
                "detail": "A while",
                "retry_after": 1,
                "request_id": "00000000-0000-0000-0000-000000000000",
            })
        );
    }
}
