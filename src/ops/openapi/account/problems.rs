//! Refusals of the JSON API: problem details (RFC 9457).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

use crate::http::problem::{DOCUMENTATION, FieldError, Kind, MEDIA_TYPE, Problem, Telling};
use crate::i18n::{Locale, t};
use crate::ops::openapi::parts::{empty, header};

/// The answers that calls have, each once.
pub fn all(
    components: ComponentsBuilder,
    refusals: impl Iterator<Item = Vec<Kind>>,
    issuer: &str,
) -> ComponentsBuilder {
    let named: BTreeMap<String, Vec<Kind>> = refusals.map(|kinds| (name(&kinds), kinds)).collect();
    named
        .into_iter()
        .fold(components, |components, (name, kinds)| {
            components.response(name, response(&kinds, issuer))
        })
}

/// The name of an answer among the components: `InvalidTokenOrInvalidCodeProblem`.
pub fn name(kinds: &[Kind]) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    let names: Vec<String> = kinds
        .iter()
        .map(|kind| kind.code.split('_').map(capital).collect())
        .collect();
    format!("{}Problem", names.join("Or"))
}

/// An answer that is one of several kinds of the same status.
fn response(kinds: &[Kind], issuer: &str) -> ResponseBuilder {
    let titles: Vec<String> = kinds.iter().map(|kind| t(Locale::En, kind.text)).collect();
    let examples = kinds.iter().map(|kind| {
        let example = ExampleBuilder::new().value(Some(example(*kind, issuer)));
        (kind.code, example.build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples);
    let response = empty(&format!("{}.", titles.join(". "))).content(MEDIA_TYPE, content.build());
    let response = match kinds.first().map(|kind| kind.status.as_u16()) {
        Some(401) => response.header(
            "WWW-Authenticate",
            header(
                "What the API takes (RFC 6750, section 3; RFC 9470, section 3)",
                "Bearer realm=\"api/auth\"",
            ),
        ),
        Some(405) => response.header("Allow", header("The methods that work", "POST")),
        Some(429 | 503) => response.header("Retry-After", header("Seconds to wait", "30")),
        _ => response,
    };
    response.header(
        "Content-Language",
        header("The language of title and details", "en"),
    )
}

fn example(kind: Kind, issuer: &str) -> Value {
    let problem = match kind {
        Kind::INVALID_INPUT => {
            let detail = t(Locale::En, "problem-field-missing");
            Problem::invalid([FieldError::new("email", "missing", detail)])
        }
        Kind::MFA_REQUIRED => Problem::new(kind)
            .with_member("mfa_token", "o3Jz0WXxk8Yd5Q2nV7bT")
            .with_member("methods", json!(["totp", "recovery_code"]))
            .with_member("expires_in", 600),
        Kind::FACTOR_ENROLMENT_REQUIRED => {
            Problem::new(kind).with_member("sign_in", format!("{issuer}/account/factors"))
        }
        Kind::ACCOUNT_DELETED => Problem::new(kind).with_member("purge_at", "2027-02-14T08:30:00Z"),
        Kind::INSUFFICIENT_USER_AUTHENTICATION => Problem::new(kind).with_member("max_age", 600),
        Kind::INSUFFICIENT_PERMISSION => Problem::new(kind).with_member("permission", "audit:read"),
        Kind::INVALID_LINK => Problem::new(kind).with_member("reason", "expired"),
        Kind::TOO_MANY_REQUESTS | Kind::TEMPORARILY_UNAVAILABLE => {
            Problem::new(kind).retry_after(30)
        }
        _ => Problem::new(kind),
    };
    problem.body(Telling {
        documentation: &format!("{issuer}{DOCUMENTATION}"),
        title: t(Locale::En, kind.text),
        detail: t(Locale::En, &format!("{}.detail", kind.text)),
        request_id: uuid::Uuid::nil(),
    })
}
