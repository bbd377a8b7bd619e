//! Every endpoint of the server, kept equal to `src/routes.rs` by a test.

use std::collections::BTreeMap;

/// The form in which an endpoint tells an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `{"error": …, "error_description": …}` (RFC 6749, section 5.2; RFC 7591, section 3.2.2).
    Json,
    /// A page with `id="error-code"` and the request id.
    Page,
}

/// What an endpoint reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing beside the path and headers.
    Nothing,
    /// Parameters in the query of GET.
    Query,
    /// A form in the body of POST.
    Form,
    /// Both.
    Both,
    /// A form, which may be absent: the token can stand in the header.
    OptionalForm,
    /// JSON in the body of POST or PUT.
    Json,
}

/// One endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The route's pattern.
    pub route: &'static str,
    /// A path that it matches.
    pub path: &'static str,
    pub methods: &'static [&'static str],
    pub form: Form,
    pub reads: Reads,
}

const fn endpoint(
    route: &'static str,
    methods: &'static [&'static str],
    form: Form,
    reads: Reads,
) -> Endpoint {
    Endpoint {
        route,
        path: route,
        methods,
        form,
        reads,
    }
}

const fn at(path: &'static str, endpoint: Endpoint) -> Endpoint {
    Endpoint { path, ..endpoint }
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const BOTH: &[&str] = &["GET", "POST"];

/// All of them.
pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(
        "/.well-known/openid-configuration",
        GET,
        Form::Json,
        Reads::Nothing,
    ),
    endpoint(
        "/.well-known/oauth-authorization-server",
        GET,
        Form::Json,
        Reads::Nothing,
    ),
    endpoint("/.well-known/jwks.json", GET, Form::Json, Reads::Nothing),
    endpoint("/openapi.json", GET, Form::Json, Reads::Nothing),
    at(
        "/static/auth.css",
        endpoint("/static/{file}", GET, Form::Json, Reads::Nothing),
    ),
    endpoint("/token", POST, Form::Json, Reads::Form),
    endpoint("/userinfo", BOTH, Form::Json, Reads::OptionalForm),
    endpoint("/introspect", POST, Form::Json, Reads::Form),
    endpoint("/revoke", POST, Form::Json, Reads::Form),
    endpoint("/register", POST, Form::Json, Reads::Json),
    at(
        "/register/booking-app",
        endpoint(
            "/register/{client_id}",
            &["GET", "PUT", "DELETE"],
            Form::Json,
            Reads::Json,
        ),
    ),
    endpoint("/", GET, Form::Page, Reads::Nothing),
    endpoint("/authorize", BOTH, Form::Page, Reads::Both),
    endpoint("/continue", GET, Form::Page, Reads::Query),
    endpoint("/login", BOTH, Form::Page, Reads::Both),
    endpoint("/login/cancel", POST, Form::Page, Reads::Form),
    endpoint("/select-account", BOTH, Form::Page, Reads::Both),
    endpoint("/consent", BOTH, Form::Page, Reads::Both),
    endpoint("/logout", BOTH, Form::Page, Reads::Both),
    endpoint("/logout/confirm", POST, Form::Page, Reads::Form),
    // Whatever stands in its query, it leads back.
    endpoint("/language", GET, Form::Page, Reads::Nothing),
    endpoint("/docs", GET, Form::Page, Reads::Nothing),
    endpoint("/login/factor", BOTH, Form::Page, Reads::Both),
    endpoint("/login/passkey", POST, Form::Page, Reads::Form),
    // A script asks for it.
    endpoint("/login/passkey/options", POST, Form::Json, Reads::Form),
    endpoint("/docs/accounts", GET, Form::Page, Reads::Nothing),
    endpoint("/docs/problems", GET, Form::Page, Reads::Nothing),
    endpoint("/create-account", BOTH, Form::Page, Reads::Both),
    endpoint("/create-account/sent", BOTH, Form::Page, Reads::Both),
    endpoint("/verify-email", BOTH, Form::Page, Reads::Both),
    endpoint("/verify-email/again", POST, Form::Page, Reads::Form),
    endpoint("/forgot-password", BOTH, Form::Page, Reads::Both),
    endpoint("/forgot-password/sent", BOTH, Form::Page, Reads::Both),
    endpoint("/reset-password", BOTH, Form::Page, Reads::Both),
    endpoint("/reset-password/again", POST, Form::Page, Reads::Form),
    endpoint("/confirm-email", BOTH, Form::Page, Reads::Both),
    endpoint("/confirm-email/done", GET, Form::Page, Reads::Nothing),
    endpoint("/undo-email-change", BOTH, Form::Page, Reads::Both),
    endpoint("/undo-email-change/done", GET, Form::Page, Reads::Nothing),
    endpoint("/restore-account", BOTH, Form::Page, Reads::Both),
    endpoint("/account/restored", GET, Form::Page, Reads::Nothing),
    endpoint("/account/deleted", GET, Form::Page, Reads::Nothing),
    // Behind a sign-in, to which they lead whatever stands in the query.
    endpoint("/account", GET, Form::Page, Reads::Nothing),
    endpoint("/account/profile", BOTH, Form::Page, Reads::Form),
    endpoint("/account/password", BOTH, Form::Page, Reads::Form),
    endpoint("/account/email", BOTH, Form::Page, Reads::Form),
    endpoint("/account/sessions", BOTH, Form::Page, Reads::Form),
    endpoint("/account/apps", BOTH, Form::Page, Reads::Form),
    endpoint("/account/history", GET, Form::Page, Reads::Nothing),
    endpoint("/account/audit", GET, Form::Page, Reads::Nothing),
    endpoint("/account/export", BOTH, Form::Page, Reads::Form),
    endpoint("/account/delete", BOTH, Form::Page, Reads::Form),
    endpoint("/account/factors", GET, Form::Page, Reads::Nothing),
    endpoint("/account/factors/totp", BOTH, Form::Page, Reads::Form),
    endpoint("/account/factors/passkeys", BOTH, Form::Page, Reads::Form),
    endpoint("/account/factors/email", BOTH, Form::Page, Reads::Form),
    endpoint(
        "/account/factors/recovery-codes",
        BOTH,
        Form::Page,
        Reads::Form,
    ),
    endpoint(
        "/account/factors/recovery-codes/new",
        BOTH,
        Form::Page,
        Reads::Form,
    ),
    at(
        "/account/factors/x/name",
        endpoint("/account/factors/{id}/name", BOTH, Form::Page, Reads::Form),
    ),
    at(
        "/account/factors/x/remove",
        endpoint(
            "/account/factors/{id}/remove",
            BOTH,
            Form::Page,
            Reads::Form,
        ),
    ),
    endpoint("/dev/mail", GET, Form::Page, Reads::Nothing),
    at(
        "/dev/mail/x",
        endpoint("/dev/mail/{id}", GET, Form::Page, Reads::Nothing),
    ),
    at(
        "/dev/mail/x/html",
        endpoint("/dev/mail/{id}/html", GET, Form::Page, Reads::Nothing),
    ),
    at(
        "/clients/booking-app/logo",
        endpoint("/clients/{client_id}/logo", GET, Form::Json, Reads::Nothing),
    ),
    endpoint("/healthz", GET, Form::Json, Reads::Nothing),
    endpoint("/readyz", GET, Form::Json, Reads::Nothing),
];

impl Endpoint {
    /// Whether POST takes a form that must be one.
    pub fn posts_form(&self) -> bool {
        matches!(self.reads, Reads::Form | Reads::Both)
    }

    /// Whether GET takes parameters.
    pub fn gets_query(&self) -> bool {
        matches!(self.reads, Reads::Query | Reads::Both)
    }
}

#[test]
fn the_table_has_every_route_with_its_methods() {
    let mut served = routes(&std::fs::read_to_string("src/routes.rs").unwrap());
    for file in std::fs::read_dir("src/routes").unwrap() {
        let file = file.unwrap().path();
        if file.ends_with("at_once.rs") {
            continue;
        }
        let mut more = routes(&std::fs::read_to_string(&file).unwrap());
        // The calls of the JSON API are tried by `api.rs`.
        more.retain(|route, _| !file.ends_with("api.rs") && !route.starts_with("/me/"));
        served.append(&mut more);
    }
    let listed: BTreeMap<String, Vec<&str>> = ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.route.to_owned(), endpoint.methods.to_vec()))
        .collect();
    assert_eq!(listed, served);
}

/// The routes of the source text: each pattern with the methods named after it. A handler that was
/// put into a variable is named `metadata` and answers GET.
fn routes(source: &str) -> BTreeMap<String, Vec<&'static str>> {
    let mut found = BTreeMap::new();
    for chunk in source.split(".route(").skip(1) {
        let Some(pattern) = chunk.trim_start().strip_prefix('"') else {
            // The metadata's second place, for an issuer with a path.
            assert!(chunk.starts_with("&inserted,"), "{chunk:.60}");
            continue;
        };
        let (pattern, rest) = pattern.split_once('"').unwrap();
        let end = rest.find("\n    }\n").unwrap_or(rest.len());
        let rest = rest[..end].split("\n}").next().unwrap();
        let rest = rest.split(".method_not_allowed").next().unwrap();
        let has = |name: &str| rest.contains(&format!("{name}("));
        let mut methods: Vec<&str> = [("get", "GET"), ("post", "POST")]
            .into_iter()
            .chain([("put", "PUT"), ("delete", "DELETE"), ("patch", "PATCH")])
            .filter(|(name, _)| has(name))
            .map(|(_, method)| method)
            .collect();
        if rest.starts_with(", metadata") {
            methods.push("GET");
        }
        found.insert(pattern.to_owned(), methods);
    }
    found
}
