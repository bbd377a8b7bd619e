//! One pure function decides what comes next in an authorization request.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::request::AuthorizationRequest;
use crate::oauth::claims::scope_of;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;

/// What was done in this very request, so that it is not asked for again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The person proved who they are.
    pub signed_in: bool,
    /// The person said which account to go on with.
    pub account_selected: bool,
    /// The person wants another account than the one signed in.
    pub other_account: bool,
    /// The person allowed what is asked for.
    pub consented: bool,
    /// Who did all that (`id_user`); nobody yet where absent.
    pub user: Option<i32>,
}

impl Progress {
    /// What of it counts for the person who is signed in now. What somebody else did in this
    /// browser, before an account was changed in another tab, does not.
    #[must_use]
    pub fn of(self, id_user: i32) -> Self {
        match self.user {
            Some(user) if user != id_user => Self::default(),
            _ => self,
        }
    }
}

/// The signed-in person, as far as the decision goes.
#[derive(Debug, Clone)]
pub struct SignedIn<'a> {
    pub auth_time: OffsetDateTime,
    pub acr: &'a str,
    /// The `sub` as the client knows it.
    pub sub: &'a str,
}

/// What the person allowed this client earlier.
#[derive(Debug, Clone, Default)]
pub struct Consented {
    pub scope: Scope,
    pub resource: Vec<String>,
    pub claims: Vec<String>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask who it is; `again` when somebody is signed in and has to prove it anew.
    SignIn { again: bool },
    /// Ask which account.
    SelectAccount,
    /// Ask whether the client may have what it asks for.
    Consent,
    /// Tell the client no.
    Refuse(OAuthError),
    /// Issue the code.
    Grant,
}

/// Everything the decision depends on.
pub struct Situation<'a> {
    pub request: &'a AuthorizationRequest,
    pub signed_in: Option<SignedIn<'a>>,
    pub consented: Option<&'a Consented>,
    pub progress: Progress,
    /// An administrator vouches for the client: it is not asked about, except for offline access.
    pub first_party: bool,
    pub now: OffsetDateTime,
}

/// Decides (OpenID Connect Core 1.0, section 3.1.2.3 and 3.1.2.4).
pub fn next(situation: &Situation<'_>) -> Step {
    let step = interactive_step(situation);
    if !situation.request.prompt.none {
        return step;
    }
    // Section 3.1.2.6: with prompt=none no page is shown; the client is told which one it would be.
    let (code, description) = match step {
        Step::Grant | Step::Refuse(_) => return step,
        Step::SignIn { .. } => (ErrorCode::LoginRequired, "the person must sign in"),
        Step::SelectAccount => (
            ErrorCode::AccountSelectionRequired,
            "the person must select an account",
        ),
        Step::Consent => (ErrorCode::ConsentRequired, "the person must consent"),
    };
    Step::Refuse(OAuthError::new(code, description))
}

fn interactive_step(situation: &Situation<'_>) -> Step {
    let Situation {
        request, progress, ..
    } = situation;
    let Some(signed_in) = &situation.signed_in else {
        return Step::SignIn { again: false };
    };
    if progress.other_account && !progress.signed_in {
        return Step::SignIn { again: false };
    }
    if !progress.signed_in && (request.prompt.login || is_too_old(situation, signed_in)) {
        return Step::SignIn { again: true };
    }
    if request.prompt.select_account && !progress.account_selected && !progress.signed_in {
        return Step::SelectAccount;
    }
    if request
        .wanted_sub
        .as_deref()
        .is_some_and(|wanted| wanted != signed_in.sub)
    {
        return if progress.signed_in {
            let description = "another person signed in than the client asked for";
            Step::Refuse(OAuthError::new(ErrorCode::LoginRequired, description))
        } else {
            Step::SignIn { again: false }
        };
    }
    if !reaches_essential_acr(request, signed_in.acr) {
        let description = "the essential acr cannot be reached";
        return Step::Refuse(OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            description,
        ));
    }
    if needs_consent(situation) {
        return Step::Consent;
    }
    Step::Grant
}

/// `max_age` (section 3.1.2.1). Both times are whole seconds for the client, so are they here.
/// `max_age=0` means `prompt=login` (same section), however short ago the sign-in was.
fn is_too_old(situation: &Situation<'_>, signed_in: &SignedIn<'_>) -> bool {
    let age = situation.now.unix_timestamp() - signed_in.auth_time.unix_timestamp();
    situation
        .request
        .max_age
        .is_some_and(|max_age| max_age == 0 || age > i64::from(max_age))
}

/// Section 5.5.1.1: an essential `acr` with values must be one of them.
fn reaches_essential_acr(request: &AuthorizationRequest, acr: &str) -> bool {
    let essential = request
        .claims
        .as_ref()
        .and_then(|claims| claims.essential_acr());
    essential.is_none_or(|requested| requested.accepts(&Value::String(acr.to_owned())))
}

fn needs_consent(situation: &Situation<'_>) -> bool {
    let Situation {
        request, progress, ..
    } = situation;
    if progress.consented {
        return false;
    }
    if request.prompt.consent {
        return true;
    }
    let nothing = Consented::default();
    let given = situation.consented.unwrap_or(&nothing);
    // Section 11: offline access is never granted without having been asked about.
    if request.scope.contains("offline_access") && !given.scope.contains("offline_access") {
        return true;
    }
    if situation.first_party {
        return false;
    }
    !is_covered(request, given)
}

/// Whether an earlier consent covers all that is asked for.
fn is_covered(request: &AuthorizationRequest, given: &Consented) -> bool {
    let claims_covered = request.claims.as_ref().is_none_or(|claims| {
        claims.personal().all(|claim| {
            scope_of(claim).is_some_and(|scope| given.scope.contains(scope))
                || given.claims.iter().any(|known| known == claim)
        })
    });
    request.scope.is_subset(&given.scope)
        && request
            .resource
            .iter()
            .all(|resource| given.resource.contains(resource))
        && claims_covered
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let now = OffsetDateTime::from_unix_timestamp(1_000_000).unwrap();
        let consented = consented.map(|scope| Consented {
            scope: Scope::parse(scope).unwrap(),
            ..Consented::default()
        });
        next(&Situation {
            request,
            signed_in: signed_in_for.map(|age| SignedIn {
                auth_time: now - time::Duration::seconds(age),
                acr: "pwd",
                sub: "alice",
            }),
            consented: consented.as_ref(),
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
        let acr = AuthorizationRequest {
            claims: ClaimsRequest::parse(
                r#"{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}"#,
            ),
            ..request("")
        };
        let step = decide(&acr, Some(0), Some("openid email"), none);
        assert!(refused(ErrorCode::UnmetAuthenticationRequirements, &step));
    }
}
