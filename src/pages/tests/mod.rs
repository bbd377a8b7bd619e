//! Every page in every language: what must stand in it, and what must not get into it.
//!
//! With `PAGES_GALLERY=<folder>` in the environment the pages are also written there, to be looked
//! at in a browser.

mod account;
mod factors;
mod fate;
mod gallery;
mod policy;
mod registration;

use std::fs;
use std::path::PathBuf;

use axum::http::StatusCode;

use super::*;
use crate::i18n::Locale;
use gallery::{body, booking, consent, gallery, policy, render, sign_in};

#[test]
fn every_page_is_whole_small_and_guarded() {
    let folder = std::env::var_os("PAGES_GALLERY").map(PathBuf::from);
    for locale in Locale::ALL {
        for (name, response) in gallery(locale) {
            let name = format!("{name}.{}", locale.tag());
            let headers = response.headers().clone();
            let html = body(response);
            if let Some(folder) = &folder {
                fs::create_dir_all(folder).unwrap();
                fs::write(folder.join(format!("{name}.html")), &html).unwrap();
                let lines: Vec<String> = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                    .collect();
                fs::write(folder.join(format!("{name}.headers")), lines.join("\n")).unwrap();
            }
            assert!(
                html.len() < 20_000,
                "{name}: {} bytes without the style sheet",
                html.len()
            );
            assert_eq!(html.matches("<h1>").count(), 1, "{name}");
            assert!(
                html.contains(&format!("<html lang=\"{}\"", locale.tag())),
                "{name}"
            );
            assert!(html.contains("/language?to="), "{name}");
            assert!(
                !html.contains("style=\"") && !html.contains(" onclick"),
                "{name}"
            );
            let (inline, files) = (html.matches("<script>"), html.matches("<script src="));
            let form_post = name.starts_with("form-post");
            assert_eq!(inline.count(), usize::from(form_post), "{name}");
            let files = files.count();
            let ours = html.matches("<script src=\"/static/").count();
            assert_eq!(files, ours, "{name}");
            let scripted = files > 0;
            let csrf = html.matches("name=\"csrf\"").count();
            let forms = html.matches("<form").count();
            // A form that only asks carries no secret into the address.
            let posts = html.matches("<form method=\"post\"").count();
            assert_eq!(csrf, if form_post { 0 } else { posts }, "{name}");
            assert_eq!(headers["content-language"], locale.tag(), "{name}");
            assert_eq!(headers["cache-control"], "no-store", "{name}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{name}");
            assert_eq!(headers["x-frame-options"], "DENY", "{name}");
            let opener = "cross-origin-opener-policy";
            assert!(!headers.contains_key(opener), "{name}: popups break");
            assert!(headers.contains_key("permissions-policy"), "{name}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            let start = "default-src 'none'; style-src 'self'; img-src 'self'; form-action ";
            assert!(policy.starts_with(start), "{name}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'; base-uri 'none'"),
                "{name}: {policy}"
            );
            let scripts = match (scripted, form_post) {
                (true, _) => Some("script-src 'self'"),
                (_, true) => Some("script-src 'sha256-"),
                _ => None,
            };
            assert_eq!(policy.contains("script-src"), scripts.is_some(), "{name}");
            assert!(policy.contains(scripts.unwrap_or_default()), "{name}");
            let referrer = match (forms, form_post) {
                (0, _) => "no-referrer",
                (_, false) => "same-origin",
                _ => "strict-origin",
            };
            assert_eq!(headers["referrer-policy"], referrer, "{name}");
        }
    }
    if let Some(folder) = folder {
        let brand = Brand::default();
        let assets = brand.assets();
        for path in [
            assets.style_path(),
            assets.icon_path(),
            assets.script_path(),
        ] {
            let name = path.strip_prefix("/static/").unwrap();
            fs::create_dir_all(folder.join("static")).unwrap();
            let content = body(assets.serve(name).unwrap());
            fs::write(folder.join("static").join(name), content).unwrap();
        }
    }
}

#[test]
fn ids_that_scripts_rely_on_are_there() {
    let expected = [
        (
            "sign-in",
            &["username", "password", "login-submit", "cancel"][..],
        ),
        ("sign-in-plain", &["username", "password", "login-submit"]),
        ("consent", &["consent-allow", "consent-deny"]),
        (
            "select-account",
            &["account-continue", "account-other", "cancel"],
        ),
        ("sign-out", &["logout-confirm", "logout-stay"]),
        ("not-found", &["error-code", "request-id"]),
        (
            "error-BadRequest",
            &["error-code", "request-id", "error-detail"],
        ),
        ("home", &["sign-out", "not-you"]),
        ("welcome", &["sign-in"]),
        ("form-post", &["form-post-submit"]),
    ];
    let mut pages: std::collections::HashMap<_, _> = gallery(Locale::Fr).into_iter().collect();
    for (name, ids) in expected {
        let html = body(pages.remove(name).unwrap());
        for id in ids {
            assert_eq!(
                html.matches(&format!("id=\"{id}\"")).count(),
                1,
                "{id} in {name}"
            );
        }
    }
}

#[test]
fn a_hostile_client_writes_neither_markup_nor_policy_nor_order() {
    let hostile = "<script>alert(1)</script>\u{202e}\"'&\u{2066}";
    let app = AppView {
        name: Some(hostile.into()),
        logo_url: Some("https://evil.example/pixel.png".into()),
        host: "evil.example\"><script>".into(),
        policy_uri: Some("javascript:alert(1)".into()),
        tos_uri: Some("data:text/html,<script>".into()),
        client_uri: Some("https://evil.example/\"><script>".into()),
        verified: false,
    };
    let item = ConsentItem {
        text: hostile.into(),
        new: true,
    };
    let mut it = consent(Locale::En);
    (it.app, it.items) = (app.clone(), vec![item]);
    let signing = SignIn {
        app: Some(app.clone()),
        username: hostile.into(),
        ..sign_in(None)
    };
    let out = SignedOut {
        app: Some(app.clone()),
        return_to: Some("javascript:alert(1)".into()),
        front_channel: vec!["javascript:alert(1)".into()],
    };
    let error = ErrorPage::new(StatusCode::BAD_REQUEST, hostile, ErrorMessage::BadRequest)
        .with_detail(hostile)
        .with_way_on(WayOnLabel::BackToApp, "javascript:alert(1)");
    let pages = [
        render(Locale::En, |ctx| it.render(ctx)),
        render(Locale::En, |ctx| signing.render(ctx)),
        render(Locale::Fr, |ctx| out.render(ctx)),
        render(Locale::En, |ctx| error.render(ctx)),
    ];
    for (index, page) in pages.into_iter().enumerate() {
        assert!(!policy(&page).contains("evil"), "{}", policy(&page));
        let html = body(page);
        assert!(
            !html.contains("<script>") && !html.contains("javascript:"),
            "{index}: {html}"
        );
        assert!(
            !html.contains("data:text") && !html.contains("pixel.png"),
            "{index}: {html}"
        );
        let title = html.split("</title>").next().unwrap();
        assert!(
            !title.contains('\u{202e}') && !title.contains('\u{2066}'),
            "{index}: {title}"
        );
    }
}

#[test]
fn an_error_keeps_the_address_never_the_password_and_leads_to_the_field() {
    let it = sign_in(Some(SignInError::Empty {
        username: false,
        password: true,
    }));
    let page = render(Locale::En, |ctx| it.render(ctx));
    assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = body(page);
    assert!(
        html.contains("<title>Error: Sign in to Booking App"),
        "{html}"
    );
    assert!(html.contains("value=\"jeanne@example.org\""), "{html}");
    assert!(
        html.contains("<a href=\"#password\">Enter your password</a>"),
        "{html}"
    );
    assert_eq!(
        html.matches("aria-invalid=\"true\" aria-describedby=\"password-problem\"")
            .count(),
        1
    );
    let page = render(Locale::En, |ctx| {
        sign_in(Some(SignInError::TryLater { seconds: 30 })).render(ctx)
    });
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers()["retry-after"], "30");
}

#[test]
fn every_error_has_its_own_words_in_both_languages() {
    for locale in Locale::ALL {
        let mut seen = std::collections::HashSet::new();
        for message in ErrorMessage::ALL {
            let it = ErrorPage::new(StatusCode::BAD_REQUEST, "x", message);
            let html = body(render(locale, |ctx| it.render(ctx)));
            let heading = html
                .split("<h1>")
                .nth(1)
                .unwrap()
                .split("</h1>")
                .next()
                .unwrap();
            assert!(!heading.starts_with("error-"), "{heading}");
            assert!(seen.insert(heading.to_owned()), "{heading}");
        }
        for label in WayOnLabel::ALL {
            let it = ErrorPage::not_found("").with_way_on(label, "/");
            assert!(!body(render(locale, |ctx| it.render(ctx))).contains("way-on-"));
        }
    }
}

#[test]
fn a_client_without_a_name_is_its_host() {
    for name in [None, Some("\u{200b}\u{202e}".to_owned())] {
        let mut it = sign_in(None);
        it.app = Some(AppView { name, ..booking() });
        let html = body(render(Locale::En, |ctx| it.render(ctx)));
        assert!(
            html.contains("<h1>Sign in to booking.example</h1>"),
            "{html}"
        );
    }
}

#[test]
fn an_issuer_with_a_path_keeps_its_addresses_under_it() {
    let page = render(Locale::En, |ctx| {
        let ctx = PageContext {
            base_path: "/id",
            path_and_query: "/id/login",
            ..*ctx
        };
        SignedOut::default().render(&ctx)
    });
    let html = body(page);
    for expected in [
        "href=\"/id/static/auth.",
        "href=\"/id/static/icon.",
        "href=\"/id/language?to=fr&#38;return=/id/login\"",
        "href=\"/id/\"",
    ] {
        assert!(html.contains(expected), "{expected} in {html}");
    }
}

#[test]
fn scopes_of_ours_have_words() {
    for scope in [
        "openid",
        "profile",
        "email",
        "phone",
        "address",
        "roles",
        "offline_access",
    ] {
        let (english, french) = (scope_text(Locale::En, scope), scope_text(Locale::Fr, scope));
        assert!(english.is_some() && english != french, "{scope}");
    }
    assert_eq!(scope_text(Locale::En, "bookings:read"), None);
}
