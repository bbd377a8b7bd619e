//! One pure function decides what comes next in an authorization request.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::request::AuthorizationRequest;
use crate::authn::assurance::Acr;
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
    pub acr: Acr,
    /// The person's role demands a second factor.
    pub second_factor_required: bool,
    /// Nothing that the account has reaches the class that is wanted, and this sign-in is good enough
    /// to add what does: to ask for it once more would lead nowhere.
    pub may_enrol: bool,
    /// The `sub` as the client knows it.
    pub sub: &'a str,
}

/// What the person allowed this client earlier.
#[derive(Debug, Clone, Default)]
pub struct Consented {
    pub scope: Scope,
    pub resource: Vec<String>,
    /// Which scope values at which APIs: to allow one at one API allows it nowhere else.
    pub at_apis: AtApis,
    pub claims: Vec<String>,
}

/// Pairs of an API's resource indicator and a scope value.
pub type AtApis = BTreeSet<(String, String)>;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask who it is; `again` when somebody is signed in and has to prove it anew.
    SignIn { again: bool },
    /// Ask whoever it is to make an account, or to sign in.
    CreateAccount,
    /// Have the person enrol what this sign-in lacks: a passkey, or any second factor.
    EnrolFactor { passkey: bool },
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
    /// What the request would let the client do at which APIs.
    pub at_apis: &'a AtApis,
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
        Step::SignIn { .. } | Step::CreateAccount => {
            (ErrorCode::LoginRequired, "the person must sign in")
        }
        Step::EnrolFactor { .. } => (
            ErrorCode::InteractionRequired,
            "the person must enrol a second factor",
        ),
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
    // Initiating User Registration via OpenID Connect 1.0, section 4.1: whoever is signed in.
    if request.prompt.create && !progress.signed_in {
        return Step::CreateAccount;
    }
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
    if request.acr.cannot_be_met() {
        let description = "the essential acr cannot be reached";
        return Step::Refuse(OAuthError::new(
            ErrorCode::UnmetAuthenticationRequirements,
            description,
        ));
    }
    let wanted = wanted_acr(request, signed_in.second_factor_required);
    if wanted.is_some_and(|wanted| signed_in.acr < wanted) {
        // The sign-in has asked for all that the person has, or there is nothing to ask for.
        return if progress.signed_in || signed_in.may_enrol {
            Step::EnrolFactor {
                passkey: wanted == Some(Acr::PhishingResistant),
            }
        } else {
            Step::SignIn { again: true }
        };
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

/// The class that the sign-in must reach for this request and person, if any is demanded.
pub fn wanted_acr(request: &AuthorizationRequest, second_factor_required: bool) -> Option<Acr> {
    let by_role = second_factor_required.then_some(Acr::MultiFactor);
    request.acr.lowest().max(by_role)
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
    // RFC 8252, section 8.6: any program of the person's machine can answer at such an address, so a
    // code is not sent there without them.
    let interacted = progress.signed_in || progress.account_selected;
    if request.return_address.is_unassured() && !interacted {
        return true;
    }
    if situation.first_party {
        return false;
    }
    !is_covered(request, situation.at_apis, given)
}

/// Whether an earlier consent covers all that is asked for.
fn is_covered(request: &AuthorizationRequest, at_apis: &AtApis, given: &Consented) -> bool {
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
        && at_apis.is_subset(&given.at_apis)
        && claims_covered
}

#[cfg(test)]
mod tests;
