//! The pages of the account area with plausible data.

use axum::response::Response;
use time::macros::datetime;

use super::gallery::render;
use crate::i18n::Locale;
use crate::pages::FormProblems;
use crate::pages::account_area::*;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0";

pub(super) fn view() -> AreaView {
    AreaView {
        email: "jeanne@example.org".into(),
        ..AreaView::default()
    }
}

/// Every page with its name, as it looks in ordinary use.
pub(super) fn pages(locale: Locale) -> Vec<(String, Response)> {
    let mut pages: Vec<(String, Response)> = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    let it = Overview {
        view: view(),
        name: Some("Jeanne Moreau-Lefèvre".into()),
        role: Some("admin".into()),
        last_sign_in: Some(Visit {
            at: datetime!(2026-11-21 18:04 UTC),
            ip: Some("2001:db8:85a3::8a2e:370:7334".into()),
            user_agent: Some(FIREFOX.into()),
        }),
        sessions: 2,
        protected: Protected {
            password_changed_at: Some(datetime!(2026-03-01 9:00 UTC)),
            totp: true,
            passkey: true,
            email: true,
            recovery_codes_left: 8,
        },
        docs: Some("/docs".into()),
    };
    add("home", render(locale, |ctx| it.render(ctx)));
    let it = Overview {
        view: view(),
        sessions: 1,
        ..Overview::default()
    };
    add("home-first", render(locale, |ctx| it.render(ctx)));
    add("profile", render(locale, |ctx| profile().render(ctx)));
    let mut it = profile();
    let mut problems = FormProblems::at("birth_day", "Date of birth: enter a real date".into());
    problems.push(Some("website"), "Website: enter a whole address".into());
    it.view.problems = problems;
    add("profile-wrong", render(locale, |ctx| it.render(ctx)));
    let it = SignInAgain {
        confirm: false,
        sign_in: "/login?then=/account".into(),
        action: "/account/profile".into(),
        kept: vec![("name".into(), "Jeanne \"J\" <M>".into())],
    };
    add("sign-in-again-kept", render(locale, |ctx| it.render(ctx)));
    add("sessions", render(locale, |ctx| sessions().render(ctx)));
    let mut it = sessions();
    it.view.done = Some("The session has ended.".into());
    it.sessions.truncate(1);
    add("sessions-one", render(locale, |ctx| it.render(ctx)));
    let mut it = sessions();
    let mut other = it.sessions.remove(2);
    other.id = "45ed69b9-76e0-4b56-be65-9fda220e511f".into();
    it.sessions.resize(MOST_LISTED, other);
    it.total = 4_000;
    add("sessions-many", render(locale, |ctx| it.render(ctx)));
    let it = PasswordPage { view: view() };
    add("password", render(locale, |ctx| it.render(ctx)));
    let mut it = it;
    it.view.problems = FormProblems::at("old_password", "Not your password".into());
    add("password-wrong", render(locale, |ctx| it.render(ctx)));
    let it = EmailPage {
        view: view(),
        verified: true,
        pending: Some("new@example.org".into()),
        valid_for: 3600,
        entered: String::new(),
    };
    add("email", render(locale, |ctx| it.render(ctx)));
    let it = EmailPage {
        view: AreaView {
            problems: FormProblems::at("email", "Enter a whole address".into()),
            ..view()
        },
        entered: "new@".into(),
        ..EmailPage::default()
    };
    add("email-wrong", render(locale, |ctx| it.render(ctx)));
    let mut it = AppList {
        view: view(),
        total: 2,
        apps: vec![
            AppItem {
                disconnect: "/account/apps?disconnect=booking-app".into(),
                name: "Booking App".into(),
                verified: true,
                may: vec!["See your name".into(), "See your bookings".into()],
                since: datetime!(2026-11-01 8:00 UTC),
            },
            AppItem {
                disconnect: "/account/apps?disconnect=x".into(),
                name: "Donaudampfschifffahrtsgesellschaft\u{202e}kapitän <b>".into(),
                verified: false,
                may: vec!["openid".into()],
                since: datetime!(2025-11-01 8:00 UTC),
            },
        ],
    };
    add("apps", render(locale, |ctx| it.render(ctx)));
    let other = AppItem {
        disconnect: "/account/apps?disconnect=45ed69b9-76e0-4b56-be65-9fda220e511f".into(),
        ..it.apps[0].clone()
    };
    it.apps = vec![other; MOST_LISTED];
    it.total = 4_000;
    add("apps-many", render(locale, |ctx| it.render(ctx)));
    let it = DisconnectApp {
        view: view(),
        id: "x\"<b>".into(),
        name: "Donaudampfschifffahrtsgesellschaft\u{202e}kapitän <b>".into(),
    };
    add("apps-disconnect", render(locale, |ctx| it.render(ctx)));
    let it = AppList {
        view: view(),
        apps: Vec::new(),
        total: 0,
    };
    add("apps-none", render(locale, |ctx| it.render(ctx)));
    pages
}

fn profile() -> ProfilePage {
    let values = [
        ("name", "Jeanne Moreau-Lefèvre"),
        ("birth_day", "10"),
        ("birth_month", "12"),
        ("birth_year", "1990"),
        ("locale", "de"),
        ("street_address", "1 rue de la Paix\nBâtiment B"),
        ("phone_number", "+33123456789"),
        ("website", "https://jeanne.example/?a=\"<b>&c"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ProfilePage {
        view: view(),
        phone_verified: true,
        values: values.into_iter().collect(),
    }
}

fn sessions() -> SessionList {
    let item = |id: &str, current, app: Option<&str>| SessionItem {
        id: id.into(),
        current,
        app: app.map(str::to_owned),
        user_agent: Some(FIREFOX.into()),
        ip: Some("2001:db8:85a3::8a2e:370:7334".into()),
        signed_in_at: datetime!(2026-11-21 18:04 UTC),
        last_seen_at: datetime!(2026-11-22 9:30 UTC),
    };
    SessionList {
        view: view(),
        sessions: vec![
            item("a", true, None),
            item("b", false, None),
            item("c", false, Some("Booking App")),
        ],
        total: 3,
    }
}
