//! The pages for those who cannot sign in yet.

use axum::response::Response;

use super::gallery::{booking, render};
use crate::i18n::Locale;
use crate::pages::*;

const LONG: &str = "jeanne.antoinette.de-la-tour-du-pin-verclause@subdomain.university.example";

/// Every one with its name.
pub(super) fn gallery(locale: Locale) -> Vec<(String, Response)> {
    let mut pages: Vec<(String, Response)> = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    let mut it = CreateAccount {
        app: Some(booking()),
        action: "/create-account".into(),
        sign_in: "/login".into(),
        cancel: Some("/login/cancel".into()),
        ..CreateAccount::default()
    };
    add("create-account", render(locale, |ctx| it.render(ctx)));
    it.app = None;
    it.cancel = None;
    it.email = LONG.into();
    it.given_name = "Jeanne \"Jo\" <b>".into();
    it.problems.push(Some("email"), "The address.".into());
    it.problems.push(Some("password"), "The password.".into());
    add("create-account-wrong", render(locale, |ctx| it.render(ctx)));
    for (name, topic) in [
        ("check-mail", MailTopic::Verification),
        ("check-mail-reset", MailTopic::Reset),
    ] {
        let mut it = CheckMail {
            topic,
            app: Some(booking()),
            email: Some(LONG.into()),
            valid_for: 86_400,
            again: true,
            action: "/create-account/sent".into(),
            other: "/create-account".into(),
            sign_in: "/login".into(),
            ..CheckMail::default()
        };
        add(name, render(locale, |ctx| it.render(ctx)));
        it.email = None;
        it.problems.push(Some("email"), "The address.".into());
        let name = format!("{name}-anywhere");
        add(&name, render(locale, |ctx| it.render(ctx)));
    }
    let mut it = ForgotPassword {
        app: Some(booking()),
        action: "/forgot-password".into(),
        email: LONG.into(),
        sign_in: "/login".into(),
        ..ForgotPassword::default()
    };
    add("forgot-password", render(locale, |ctx| it.render(ctx)));
    it.problems.push(Some("email"), "The address.".into());
    add(
        "forgot-password-wrong",
        render(locale, |ctx| it.render(ctx)),
    );
    let mut it = ResetPassword {
        action: "/reset-password".into(),
        token: "secret".into(),
        email: LONG.into(),
        email_uncounted: true,
        ..ResetPassword::default()
    };
    add("reset-password", render(locale, |ctx| it.render(ctx)));
    it.problems
        .push(Some("new_password"), "The password.".into());
    add("reset-password-wrong", render(locale, |ctx| it.render(ctx)));
    for kind in LinkKind::ALL {
        for state in LinkState::ALL {
            let ready = state == LinkState::Ready;
            let it = MailedLink {
                kind,
                state,
                action: "/verify-email".into(),
                token: "secret".into(),
                email: ready.then(|| LONG.into()),
                again: (state == LinkState::Expired).then(|| "/verify-email/again".into()),
                way_on: (!ready).then(|| WayOn {
                    label: WayOnLabel::SignIn,
                    url: "/login".into(),
                }),
                problems: FormProblems::default(),
            };
            let name = format!("link-{kind:?}-{state:?}");
            add(&name, render(locale, |ctx| it.render(ctx)));
        }
    }
    pages
}

#[test]
fn forms_keep_what_was_typed_but_no_password() {
    let it = CreateAccount {
        email: "a\"b".into(),
        ..CreateAccount::default()
    };
    let html = super::gallery::body(render(Locale::En, |ctx| it.render(ctx)));
    assert!(html.contains("value=\"a&#34;b\""), "{html}");
    for (name, autocomplete) in [
        ("email", "username"),
        ("password", "new-password"),
        ("given_name", "given-name"),
        ("family_name", "family-name"),
    ] {
        let input = html
            .split("<input ")
            .find(|input| input.contains(&format!("name=\"{name}\"")));
        let input = input.unwrap().split('>').next().unwrap();
        assert!(
            input.contains(&format!("autocomplete=\"{autocomplete}\"")),
            "{input}"
        );
        assert_eq!(input.contains("value="), name != "password", "{input}");
    }
}
