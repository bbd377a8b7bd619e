//! `/openapi.json` and its page `/docs`: the HTTP interface, described by code beside the handlers.
//!
//! The description is built, not annotated onto the handlers: an annotation as long as these would
//! hide what a handler does. That it misses no route and tells no lies is tested
//! (`tests/it/openapi.rs`).

mod account;
mod authorization;
mod client_objects;
mod components;
mod documents;
mod member;
mod objects;
mod parts;
mod registration;
mod tokens;

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathsBuilder, ServerBuilder,
};

use crate::account::json::BASE_PATH;
use crate::app::{App, Visitor};
use crate::http::document::Document;
use crate::pages::{ApiDocs, Reference};

/// The issuer of `auth-api dev`, which the committed document names.
const DEV_ISSUER: &str = "http://localhost:3001";

/// Routes that are left out: pages for people between an authorization request and its answer, and
/// what belongs to pages. Programs follow redirects to them, and call none by its address.
pub const PAGES: [&str; 15] = [
    "/",
    "/continue",
    "/login",
    "/login/cancel",
    "/login/factor",
    "/login/passkey",
    "/login/passkey/options",
    "/select-account",
    "/consent",
    "/logout/confirm",
    "/language",
    "/docs",
    "/docs/accounts",
    "/docs/problems",
    "/static/{file}",
];

const DESCRIPTION: &str = "OAuth 2.0 and OpenID Connect for the booking platform.\n\nGive any OpenID \
    Connect library the issuer, and it finds the rest by discovery. Errors of the endpoints that \
    programs call are JSON with `error` and `error_description` (RFC 6749, section 5.2). The examples \
    work as they stand against `cargo run -- dev`, codes and tokens excepted.";

const ACCOUNTS: &str = "What people do with their account, for the platform's own clients. They \
    sign in by `login` and send the access token as bearer token; `docs/auth-api.md` goes through it \
    with curl. Errors are problem details (RFC 9457) in the language of the person (`locale`), \
    else of `Accept-Language`; `/docs/problems` explains each `type`.";

/// Groups of operations, in the order in which a client meets them.
#[derive(Clone, Copy)]
enum Tag {
    Discovery,
    Browser,
    Tokens,
    Registration,
    Accounts,
    Operations,
}

impl Tag {
    const ALL: [(Self, &str); 6] = [
        (Self::Discovery, "What the server can do, and its keys."),
        (Self::Browser, "Where a person's browser is sent."),
        (Self::Tokens, "What a client calls."),
        (Self::Registration, "Clients that register themselves."),
        (
            Self::Accounts,
            "What people do with their account, for the platform's own clients. Errors are problem \
             details (RFC 9457) in the caller's language.",
        ),
        (Self::Operations, "For whoever runs or explores the server."),
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "Discovery",
            Self::Browser => "Sign-in and sign-out",
            Self::Tokens => "Tokens",
            Self::Registration => "Registration",
            Self::Accounts => "Accounts",
            Self::Operations => "Operations",
        }
    }
}

/// The document of a server with an issuer.
pub fn document(issuer: &str) -> OpenApi {
    let info = InfoBuilder::new()
        .title("auth-api")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ));
    let paths = documents::paths(PathsBuilder::new(), issuer);
    let paths = authorization::paths(paths);
    let paths = tokens::paths(paths, issuer);
    let paths = registration::paths(paths, issuer);
    let paths = account::paths(paths);
    let tags = Tag::ALL.map(|(tag, description)| {
        TagBuilder::new()
            .name(tag.as_str())
            .description(Some(description))
            .build()
    });
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([ServerBuilder::new().url(issuer).build()]))
        .tags(Some(tags))
        .components(Some(components::components(issuer)))
        .paths(paths.build())
        .build()
}

/// The committed document. It is made from the code ([`generate`]), a test holds them together;
/// to build it takes megabytes, which the allocator would keep.
const COMMITTED: &str = include_str!("../../../docs/openapi.json");

/// `GET /openapi.json`: with this server's own address.
pub async fn json(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let text = COMMITTED.replace(DEV_ISSUER, app.issuer.as_str());
    Document::new(text.into(), "application/json", "public, max-age=3600").answer(&headers)
}

/// `GET /docs`: OAuth 2 and OpenID Connect. Heavier than pages for people may be (about 45 KB): it is a reference, which
/// developers open on purpose and search in, and not a step on anybody's way.
pub async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    static PROTOCOL: LazyLock<Reference> =
        LazyLock::new(|| reference(|path| !path.starts_with(BASE_PATH)));
    let other = ("docs-accounts", "/docs/accounts");
    show(&app, &visitor, &PROTOCOL, other).await
}

/// `GET /docs/accounts`: the JSON API of accounts.
pub async fn accounts(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    static API: LazyLock<Reference> = LazyLock::new(|| Reference {
        title: Some(format!("auth-api {BASE_PATH}")),
        description: Some(ACCOUNTS.to_owned()),
        ..reference(|path| path.starts_with(BASE_PATH))
    });
    show(&app, &visitor, &API, ("docs-protocol", "/docs")).await
}

/// The operations at some of the paths. The document is ours, and tested to be one.
fn reference(wanted: impl Fn(&str) -> bool) -> Reference {
    Reference::read(COMMITTED, wanted).unwrap_or_else(|_| Reference {
        title: None,
        description: None,
        groups: Vec::new(),
    })
}

async fn show(
    app: &App,
    visitor: &Visitor,
    reference: &Reference,
    (text, path): (&'static str, &str),
) -> Response {
    visitor.recognise(app).await;
    let page = ApiDocs {
        reference,
        source: app.issuer.path("/openapi.json"),
        other: (text, app.issuer.path(path)),
    };
    let facts = visitor.page(app, None, None);
    visitor.answer(app, Ok(page.render(&facts.context(app))))
}

/// The committed document, as text.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn generate() -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(&document(DEV_ISSUER))?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_document_with_another_issuer_is_that_issuers() {
        let issuer = "https://auth.example.com/fr";
        let committed = COMMITTED.replace(DEV_ISSUER, issuer);
        let made = serde_json::to_string_pretty(&document(issuer)).unwrap();
        for (committed, made) in committed.lines().zip(made.lines()) {
            assert_eq!(committed, made);
        }
        assert_eq!(committed.lines().count(), made.lines().count());
    }

    #[test]
    fn the_reference_shows_every_operation_with_what_it_refers_to() {
        let all = reference(|_| true);
        let operations = all.groups.iter().flat_map(|group| &group.operations);
        let document: serde_json::Value = serde_json::from_str(COMMITTED).unwrap();
        let items = document["paths"].as_object().unwrap().values();
        let methods = items.flat_map(|item| item.as_object().unwrap().keys());
        let methods = methods.filter(|name| *name != "parameters").count();
        assert_eq!(operations.clone().count(), methods);
        let login = operations
            .clone()
            .find(|it| it.path == format!("{BASE_PATH}/login"))
            .unwrap();
        assert_eq!(
            (login.method.as_str(), &login.bodies[..]),
            ("POST", &["application/json".to_owned()][..])
        );
        let required = |name| login.fields.iter().any(|it| it.name == name && it.required);
        assert!(required("email") && required("password"), "{login:?}");
        for operation in operations {
            assert!(!operation.answers.is_empty(), "{operation:?}");
            for (status, description) in &operation.answers {
                assert!(description.is_some(), "{status} of {operation:?}");
            }
        }
    }
}
