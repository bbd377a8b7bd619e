//! The pages of second factors.

use axum::response::Response;
use time::macros::datetime;

use super::gallery::{body, booking, render};
use crate::foundation::secret::Secret;
use crate::i18n::{Locale, t};
use crate::pages::FormProblems;
use crate::pages::account_area::AreaView;
use crate::pages::factors::{
    EmailEnrolment, Errand, FactorLine, FactorList, NewCodes, PasskeyEnrolment, RecoveryCodes,
    RemoveFactor, RenameFactor, TotpEnrolment,
};

fn view() -> AreaView {
    AreaView {
        email: "jeanne@example.org".to_owned(),
        ..AreaView::default()
    }
}

fn line(kind: &'static str, name: &str) -> FactorLine {
    FactorLine {
        id: "5aec4661-be68-4da0-adde-5b09b5b83629".to_owned(),
        kind,
        name: name.to_owned(),
        created_at: datetime!(2026-11-01 09:30 UTC),
        last_used_at: (kind == "totp").then_some(datetime!(2026-11-20 18:05 UTC)),
    }
}

fn list() -> FactorList {
    FactorList {
        view: view(),
        factors: vec![line("totp", "Phone"), line("passkey", "Blue key")],
        recovery_codes_left: 9,
        passkeys: true,
        ..FactorList::default()
    }
}

fn totp() -> TotpEnrolment {
    let key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    TotpEnrolment {
        view: view(),
        errand: Errand::default(),
        enrolment: "8b1f".to_owned(),
        key: Secret::new(key),
        url: Secret::new(format!(
            "otpauth://totp/Booking:jeanne%40example.org?secret={key}&issuer=Booking"
        )),
        name: "Phone".to_owned(),
    }
}

/// All of them.
pub(super) fn gallery(locale: Locale) -> Vec<(String, Response)> {
    let mut pages = Vec::new();
    let mut add = |name: &str, response: Response| pages.push((name.to_owned(), response));
    add("factors", render(locale, |ctx| list().render(ctx)));
    let none = FactorList {
        view: view(),
        passkeys: true,
        demanded: true,
        errand: Errand {
            app: Some(booking()),
            continuation: Some("c0ffee".to_owned()),
            cancel: Some("/login/cancel?continuation=c0ffee".to_owned()),
            passkey_only: false,
        },
        ..FactorList::default()
    };
    add("factors-none", render(locale, |ctx| none.render(ctx)));
    let mut asked = none.clone();
    asked.errand.passkey_only = true;
    add("factors-passkey", render(locale, |ctx| asked.render(ctx)));
    add("factor-totp", render(locale, |ctx| totp().render(ctx)));
    let mut it = totp();
    it.view.problems = FormProblems::at("code", t(locale, "factors-code-wrong"));
    add("factor-totp-wrong", render(locale, |ctx| it.render(ctx)));
    let mut it = PasskeyEnrolment {
        view: view(),
        challenge: Some(("8b1f".to_owned(), r#"{"challenge":"x"}"#.to_owned())),
        name: "Firefox on Linux".to_owned(),
        ..PasskeyEnrolment::default()
    };
    add("factor-passkey", render(locale, |ctx| it.render(ctx)));
    it.errand = asked.errand;
    add("factor-passkey-app", render(locale, |ctx| it.render(ctx)));
    it.challenge = None;
    add(
        "factor-passkey-nowhere",
        render(locale, |ctx| it.render(ctx)),
    );
    let mut it = EmailEnrolment {
        view: view(),
        ..EmailEnrolment::default()
    };
    add("factor-email", render(locale, |ctx| it.render(ctx)));
    it.enrolment = Some("8b1f".to_owned());
    add("factor-email-code", render(locale, |ctx| it.render(ctx)));
    let it = RecoveryCodes {
        view: view(),
        left: 3,
        possible: true,
    };
    add("recovery-codes", render(locale, |ctx| it.render(ctx)));
    let it = NewCodes {
        made_at: time::macros::datetime!(2026-11-22 9:30 UTC),
        view: view(),
        codes: vec![Secret::new("0123-4567-89ab-cdef"); 10],
        errand: Errand::default(),
    };
    add("new-recovery-codes", render(locale, |ctx| it.render(ctx)));
    let it = RenameFactor {
        view: view(),
        action: "/account/factors/5aec/name".to_owned(),
        name: "Phone".to_owned(),
    };
    add("factor-rename", render(locale, |ctx| it.render(ctx)));
    let it = RemoveFactor {
        view: view(),
        action: "/account/factors/5aec/remove".to_owned(),
        name: "Phone".to_owned(),
        kind: "totp",
        last: true,
    };
    add("factor-remove", render(locale, |ctx| it.render(ctx)));
    pages
}

#[test]
fn a_hostile_name_stays_a_name() {
    let mut it = list();
    let name = "<script>x</script>\u{202e}\"onclick=\"x";
    it.factors = vec![line("totp", name)];
    let html = body(render(Locale::En, |ctx| it.render(ctx)));
    assert!(
        !html.contains("<script") && !html.contains('\u{202e}'),
        "{html}"
    );
    let it = RemoveFactor {
        name: name.to_owned(),
        kind: "totp",
        ..RemoveFactor::default()
    };
    let html = body(render(Locale::En, |ctx| it.render(ctx)));
    assert!(
        !html.contains("<script") && !html.contains('\u{202e}'),
        "{html}"
    );
}

#[test]
fn what_an_app_needs_is_on_the_page() {
    let html = body(render(Locale::En, |ctx| totp().render(ctx)));
    assert!(html.contains("JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"));
    assert!(html.contains("href=\"otpauth://totp/Booking:jeanne%40example.org?secret="));
    assert!(html.contains("role=\"img\" aria-label=\"QR code"));
}
