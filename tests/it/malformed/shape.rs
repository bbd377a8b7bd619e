//! What an error must look like.

use super::endpoints::Form;
use super::raw::Answer;

/// Checks that an answer is an error with that status in the endpoint's own form.
pub fn is_error(answer: &Answer, status: u16, form: Form, case: &str) {
    assert_eq!(
        answer.status,
        status,
        "{case}: {}\n{}",
        answer.head,
        answer.text()
    );
    match form {
        Form::Json => is_json_error(answer, case),
        Form::Page => is_error_page(answer, case),
    }
}

/// RFC 6749, section 5.2: the members, their characters, never cached.
pub fn is_json_error(answer: &Answer, case: &str) {
    has_request_id(answer, case);
    let context = || format!("{case}: {}\n{}", answer.head, answer.text());
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{}", context());
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{}",
        context()
    );
    let body: serde_json::Value =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", context()));
    let error = body["error"].as_str().unwrap_or_default();
    let code = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    assert!(
        !error.is_empty() && error.bytes().all(code),
        "{}",
        context()
    );
    let description = body["error_description"].as_str().unwrap_or_default();
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(
        !description.is_empty() && description.chars().all(allowed),
        "{}",
        context()
    );
}

/// The page says the code and the request id, and is safe to show.
pub fn is_error_page(answer: &Answer, case: &str) {
    let context = || format!("{case}: {}\n{}", answer.head, answer.text());
    let request_id = has_request_id(answer, case);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/html"), "{}", context());
    let body = answer.text();
    assert!(body.contains("id=\"error-code\""), "{}", context());
    assert!(body.contains(&request_id), "{}", context());
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{}",
        context()
    );
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{}", context());
    assert_eq!(answer.header("location"), None, "{}", context());
}

/// The id that the log holds.
pub fn has_request_id(answer: &Answer, case: &str) -> String {
    let id = answer.header("x-request-id").unwrap_or_default();
    assert_eq!(id.len(), 36, "{case}: no request id: {}", answer.head);
    id.to_owned()
}
