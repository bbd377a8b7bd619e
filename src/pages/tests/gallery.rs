//! Every page with plausible data.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::i18n::Locale;
use crate::pages::*;

pub(super) const ORIGINS: &[&str] = &[
    "https://booking.example/cb",
    "com.example.app:/cb",
    "https://a;x",
];
pub(super) fn render(locale: Locale, page: impl FnOnce(&PageContext<'_>) -> Response) -> Response {
    let origins: Vec<String> = ORIGINS.iter().map(|origin| (*origin).to_owned()).collect();
    page(&PageContext {
        locale,
        brand: &Brand::default(),
        request_id: "0196f2c4-8d1e-7c3a-b5f0-2a9d64e1c7b8",
        csrf: Some("csrf-token"),
        path_and_query: "/login?continue=1&x=2",
        base_path: "",
        form_action_origins: &origins,
    })
}

pub(super) fn body(response: Response) -> String {
    let bytes = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(axum::body::to_bytes(response.into_body(), usize::MAX));
    String::from_utf8(bytes.unwrap().to_vec()).unwrap()
}

pub(super) fn policy(response: &Response) -> String {
    response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned()
}

pub(super) fn booking() -> AppView {
    AppView {
        name: Some("Booking App".into()),
        host: "booking.example".into(),
        policy_uri: Some("https://booking.example/privacy".into()),
        tos_uri: Some("https://booking.example/terms".into()),
        client_uri: Some("https://booking.example/".into()),
        verified: true,
        ..AppView::default()
    }
}

pub(super) fn sign_in(error: Option<SignInError>) -> SignIn {
    SignIn {
        app: Some(booking()),
        action: "/login".into(),
        username: if error.is_some() {
            "jeanne@example.org".into()
        } else {
            String::new()
        },
        error,
        cancel: Some("/login/cancel".into()),
        ..SignIn::default()
    }
}

pub(super) fn consent(locale: Locale) -> Consent {
    let item = |scope: &str, new| ConsentItem {
        text: scope_text(locale, scope).unwrap(),
        new,
    };
    Consent {
        app: AppView {
            verified: false,
            ..booking()
        },
        action: "/consent".into(),
        user_email: "jeanne@example.org".into(),
        items: vec![
            item("openid", false),
            item("profile", false),
            item("email", true),
            item("roles", true),
            item("offline_access", true),
        ],
        not_you: Some("/login".into()),
    }
}

pub(super) fn document() -> serde_json::Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Auth API", "description": "Sign-in for the <booking> platform." },
        "components": { "parameters": { "page": { "name": "cursor", "in": "query",
            "description": "Where the last answer ended" } } },
        "paths": {
            "/api/auth/login": { "post": { "tags": ["Accounts"], "summary": "Sign in",
                "requestBody": { "content": { "application/json": {} } },
                "responses": { "200": { "description": "Tokens" }, "401": { "description": "" } } } },
            "/api/auth/me/sessions/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true }],
                "get": { "tags": ["Accounts"], "summary": "One session",
                    "parameters": [{ "$ref": "#/components/parameters/page" }] },
                "delete": { "tags": ["Accounts"], "summary": "End a session" } },
            "/token": { "post": { "tags": ["OAuth"], "summary": "Tokens for a grant",
                "description": "RFC 6749, section 3.2." } }
        }
    })
}

/// Every page with its name, as it looks in ordinary use.
pub(super) fn gallery(locale: Locale) -> Vec<(String, Response)> {
    let mut pages: Vec<(String, Response)> = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    let it = sign_in(None);
    add("sign-in", render(locale, |ctx| it.render(ctx)));
    let errors = [
        ("wrong", SignInError::BadCredentials),
        (
            "empty",
            SignInError::Empty {
                username: true,
                password: true,
            },
        ),
        ("later", SignInError::TryLater { seconds: 30 }),
        ("expired", SignInError::SessionExpired),
    ];
    for (name, error) in errors {
        add(
            &format!("sign-in-{name}"),
            render(locale, |ctx| sign_in(Some(error)).render(ctx)),
        );
    }
    let it = SignIn {
        reauthenticate: true,
        username: "jeanne@example.org".into(),
        ..sign_in(None)
    };
    add("sign-in-again", render(locale, |ctx| it.render(ctx)));
    let it = SignIn {
        action: "/login".into(),
        ..SignIn::default()
    };
    add("sign-in-plain", render(locale, |ctx| it.render(ctx)));
    let it = SelectAccount {
        app: Some(booking()),
        action: "/select".into(),
        cancel: Some("/cancel".into()),
        name: Some("Jeanne Moreau-Lefèvre".into()),
        email: "jeanne@example.org".into(),
    };
    add("select-account", render(locale, |ctx| it.render(ctx)));
    add("consent", render(locale, |ctx| consent(locale).render(ctx)));
    let mut it = consent(locale);
    it.app.verified = true;
    it.items.iter_mut().for_each(|item| item.new = true);
    add("consent-first", render(locale, |ctx| it.render(ctx)));
    let mut it = consent(locale);
    it.app.name =
        Some("An Extraordinarily Long Application Name Donaudampfschifffahrtsgesellschaft".into());
    it.app.host =
        "a-very-long-subdomain-of-a-client.with-many-labels.booking-platform.example".into();
    it.user_email =
        "jeanne.antoinette.de-la-tour-du-pin-verclause@subdomain.university.example".into();
    add("consent-long", render(locale, |ctx| it.render(ctx)));
    let it = SignOut {
        app: Some(booking()),
        action: "/logout".into(),
        user_email: Some("jeanne@example.org".into()),
        hidden: vec![("state".into(), "a\"b".into())],
    };
    add("sign-out", render(locale, |ctx| it.render(ctx)));
    let it = SignedOut {
        app: Some(booking()),
        return_to: Some("https://booking.example/bye".into()),
        front_channel: vec!["https://booking.example/fc?iss=a&sid=b".into()],
    };
    add("signed-out", render(locale, |ctx| it.render(ctx)));
    add(
        "signed-out-plain",
        render(locale, |ctx| SignedOut::default().render(ctx)),
    );
    for message in ErrorMessage::ALL {
        let it = ErrorPage::new(StatusCode::BAD_REQUEST, "invalid_request", message)
            .with_detail("redirect_uri: not registered for this client")
            .with_way_on(WayOnLabel::Home, "/");
        let name = format!("error-{message:?}");
        add(
            name.split(' ').next().unwrap(),
            render(locale, |ctx| it.render(ctx)),
        );
    }
    add(
        "not-found",
        render(locale, |ctx| ErrorPage::not_found("").render(ctx)),
    );
    let it = Welcome {
        sign_in: "/login".into(),
        docs: Some("/docs".into()),
    };
    add("welcome", render(locale, |ctx| it.render(ctx)));
    let it = FormPost {
        action: "https://booking.example/cb?x=1".into(),
        fields: vec![("code".into(), "c".into()), ("state".into(), "<s>".into())],
    };
    add("form-post", render(locale, |ctx| it.render(ctx)));
    let reference = Reference::read(&document().to_string(), |_| true).unwrap();
    let it = ApiDocs {
        reference: &reference,
        source: "/openapi.json".into(),
        other: ("docs-accounts", "/docs/accounts".into()),
    };
    add("docs", render(locale, |ctx| it.render(ctx)));
    pages.extend(super::account::pages(locale));
    pages.extend(super::registration::gallery(locale));
    pages.extend(super::fate::gallery(locale));
    pages.extend(super::factors::gallery(locale));
    pages
}
