use super::*;
use crate::oauth::authorize::acr::AcrRequest;
use crate::oauth::authorize::request::{Prompt, ReturnAddress};
use crate::oauth::claims::ClaimsRequest;

fn request(prompt: &str) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: "app".into(),
        return_address: serde_json::from_value::<ReturnAddress>(serde_json::json!({
            "redirect_uri": "https://app.example/", "sent": true, "response_mode": "query",
            "state": null,
        }))
        .unwrap(),
        scope: Scope::parse("openid email").unwrap(),
        resource: vec![],
        nonce: None,
        code_challenge: None,
        prompt: Prompt::parse(prompt).unwrap(),
        max_age: None,
        acr: AcrRequest::default(),
        login_hint: None,
        wanted_sub: None,
        ui_locales: None,
        claims: None,
    }
}

fn decide(
    request: &AuthorizationRequest,
    signed_in_for: Option<i64>,
    consented: Option<&str>,
    progress: Progress,
) -> Step {
    decide_for(request, signed_in_for, consented, progress, false)
}

fn decide_for(
    request: &AuthorizationRequest,
    signed_in_for: Option<i64>,
    consented: Option<&str>,
    progress: Progress,
    may_enrol: bool,
) -> Step {
    let now = OffsetDateTime::from_unix_timestamp(1_000_000).unwrap();
    let consented = consented.map(|scope| Consented {
        scope: Scope::parse(scope).unwrap(),
        ..Consented::default()
    });
    next(&Situation {
        request,
        signed_in: signed_in_for.map(|age| SignedIn {
            auth_time: now - time::Duration::seconds(age),
            acr: Acr::Password,
            second_factor_required: false,
            may_enrol,
            sub: "alice",
        }),
        consented: consented.as_ref(),
        at_apis: &AtApis::new(),
        progress,
        first_party: false,
        now,
    })
}

fn refused(code: ErrorCode, step: &Step) -> bool {
    matches!(step, Step::Refuse(error) if error.code == code)
}

#[test]
fn walks_from_sign_in_over_consent_to_grant() {
    let asked = request("");
    let none = Progress::default();
    assert_eq!(
        decide(&asked, None, None, none),
        Step::SignIn { again: false }
    );
    assert_eq!(decide(&asked, Some(0), None, none), Step::Consent);
    assert_eq!(decide(&asked, Some(0), Some("openid"), none), Step::Consent);
    assert_eq!(
        decide(&asked, Some(0), Some("openid email"), none),
        Step::Grant
    );
    let consented = Progress {
        consented: true,
        ..none
    };
    assert_eq!(decide(&asked, Some(0), None, consented), Step::Grant);
}

#[test]
fn prompt_none_never_shows_a_page() {
    let asked = request("none");
    let none = Progress::default();
    assert!(refused(
        ErrorCode::LoginRequired,
        &decide(&asked, None, None, none)
    ));
    assert!(refused(
        ErrorCode::ConsentRequired,
        &decide(&asked, Some(0), None, none)
    ));
    assert_eq!(
        decide(&asked, Some(0), Some("openid email"), none),
        Step::Grant
    );
    let other = AuthorizationRequest {
        wanted_sub: Some("bob".into()),
        ..request("none")
    };
    let step = decide(&other, Some(0), Some("openid email"), none);
    assert!(refused(ErrorCode::LoginRequired, &step));
}

#[test]
fn login_and_max_age_ask_once_more() {
    let all = Some("openid email");
    let none = Progress::default();
    let signed_in = Progress {
        signed_in: true,
        ..none
    };
    let login = request("login");
    assert_eq!(
        decide(&login, Some(0), all, none),
        Step::SignIn { again: true }
    );
    assert_eq!(decide(&login, Some(0), all, signed_in), Step::Grant);
    let aged = AuthorizationRequest {
        max_age: Some(1),
        ..request("")
    };
    assert_eq!(
        decide(&aged, Some(2), all, none),
        Step::SignIn { again: true }
    );
    assert_eq!(decide(&aged, Some(1), all, none), Step::Grant);
    assert_eq!(decide(&aged, Some(2), all, signed_in), Step::Grant);
    let always = AuthorizationRequest {
        max_age: Some(0),
        ..request("")
    };
    assert_eq!(
        decide(&always, Some(0), all, none),
        Step::SignIn { again: true }
    );
    assert_eq!(decide(&always, Some(0), all, signed_in), Step::Grant);
}

#[test]
fn what_somebody_else_did_does_not_count() {
    let done = Progress {
        signed_in: true,
        consented: true,
        user: Some(1),
        ..Progress::default()
    };
    assert_eq!(done.of(1), done);
    assert_eq!(done.of(2), Progress::default());
}

#[test]
fn another_account_must_sign_in_and_be_the_wanted_one() {
    let all = Some("openid email");
    let none = Progress::default();
    let select = request("select_account");
    assert_eq!(decide(&select, Some(0), all, none), Step::SelectAccount);
    let other = Progress {
        other_account: true,
        ..none
    };
    assert_eq!(
        decide(&select, Some(0), all, other),
        Step::SignIn { again: false }
    );
    let chosen = Progress {
        account_selected: true,
        ..none
    };
    assert_eq!(decide(&select, Some(0), all, chosen), Step::Grant);
    let wanted = AuthorizationRequest {
        wanted_sub: Some("bob".into()),
        ..request("")
    };
    assert_eq!(
        decide(&wanted, Some(0), all, none),
        Step::SignIn { again: false }
    );
    let signed_in = Progress {
        signed_in: true,
        ..none
    };
    assert!(refused(
        ErrorCode::LoginRequired,
        &decide(&wanted, Some(0), all, signed_in)
    ));
}

#[test]
fn offline_access_and_essential_acr_are_never_skipped() {
    let none = Progress::default();
    let offline = AuthorizationRequest {
        scope: Scope::parse("openid offline_access").unwrap(),
        ..request("")
    };
    assert_eq!(
        decide(&offline, Some(0), Some("openid"), none),
        Step::Consent
    );
    let unknown = r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#;
    let acr = AuthorizationRequest {
        acr: AcrRequest::of(ClaimsRequest::parse(unknown).as_ref(), None, &[]),
        ..request("")
    };
    let step = decide(&acr, Some(0), Some("openid email"), none);
    assert!(refused(ErrorCode::UnmetAuthenticationRequirements, &step));
}

#[test]
fn a_second_factor_that_is_asked_for_is_proved_or_enrolled() {
    let none = Progress::default();
    let signed_in = Progress {
        signed_in: true,
        ..none
    };
    for (value, passkey) in [("mfa", false), ("phr", true)] {
        let asked = |prompt| AuthorizationRequest {
            acr: AcrRequest::of(None, Some(value), &[]),
            ..request(prompt)
        };
        let decide =
            |prompt, progress| decide(&asked(prompt), Some(0), Some("openid email"), progress);
        assert_eq!(decide("", none), Step::SignIn { again: true });
        assert_eq!(decide("", signed_in), Step::EnrolFactor { passkey });
        assert!(refused(ErrorCode::LoginRequired, &decide("none", none)));
        // Whoever has nothing to prove it with, and may add it, does not sign in for nothing.
        let enrolling = |prompt| decide_for(&asked(prompt), Some(0), None, none, true);
        assert_eq!(enrolling(""), Step::EnrolFactor { passkey });
        assert_eq!(enrolling("login"), Step::SignIn { again: true });
        assert!(refused(ErrorCode::InteractionRequired, &enrolling("none")));
    }
}

#[test]
fn who_is_to_make_an_account_is_asked_until_somebody_signed_in() {
    let create = request("create");
    let none = Progress::default();
    let all = Some("openid email");
    assert_eq!(decide(&create, None, all, none), Step::CreateAccount);
    assert_eq!(decide(&create, Some(0), all, none), Step::CreateAccount);
    let signed_in = Progress {
        signed_in: true,
        ..none
    };
    assert_eq!(decide(&create, Some(0), all, signed_in), Step::Grant);
}
