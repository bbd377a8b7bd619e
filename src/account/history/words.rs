//! Security events in the words of a person.

use serde_json::Value;

use crate::audit::Reason;
use crate::i18n::{FluentValue, Locale, t, t_args};

/// What happened. `app` is the name of the app that had part in it.
pub(super) fn event(locale: Locale, kind: &str, app: Option<&str>, detail: &Value) -> String {
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let some_app = || t(locale, "history-some-app");
    let app = app.map_or_else(some_app, str::to_owned);
    let role = text("role").map_or_else(|| t(locale, "history-no-role"), str::to_owned);
    let method = t(locale, factor(text("method").unwrap_or_default()));
    let left = detail.get("left").and_then(Value::as_u64).unwrap_or(0);
    let args: [(&'static str, FluentValue<'_>); 4] = [
        ("app", app.into()),
        ("method", method.into()),
        ("role", role.into()),
        ("n", left.into()),
    ];
    let key = match reason(detail) {
        Some(reason) if kind == "sign_in_refused" => refused(reason),
        _ => key(kind),
    };
    t_args(locale, key, &args)
}

/// Why a sign-in was refused, where it was not the password. Earlier versions noted none.
pub(super) fn reason(detail: &Value) -> Option<Reason> {
    let reason = detail.get("reason").and_then(Value::as_str)?;
    Reason::parse(reason)
}

fn refused(reason: Reason) -> &'static str {
    match reason {
        Reason::AccountDisabled => "history-refused-account_disabled",
        Reason::AccountDeleted => "history-refused-account_deleted",
        Reason::EmailUnverified => "history-refused-email_unverified",
        Reason::FactorEnrolmentRequired => "history-refused-factor_enrolment_required",
        Reason::PasskeyRefused => "history-refused-passkey_refused",
    }
}

/// How somebody signed in or tried to: `password, one-time code`.
pub(super) fn methods(locale: Locale, methods: &[String]) -> Option<String> {
    let known = methods.iter().filter_map(|method| {
        Some(match method.as_str() {
            "pwd" => "history-method-password",
            "otp" => "history-method-code",
            "hwk" | "swk" => "history-method-passkey",
            "totp" | "passkey" | "email" | "recovery_code" => factor(method),
            // `user` and `mfa` say how much the others prove.
            _ => return None,
        })
    });
    let words: Vec<String> = known.map(|key| t(locale, key)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn factor(method: &str) -> &'static str {
    match method {
        "totp" => "history-method-totp",
        "passkey" => "history-method-passkey",
        "email" => "history-method-email",
        "recovery_code" => "history-method-recovery",
        _ => "history-method-other",
    }
}

/// The text that tells a kind. A later version may have noted kinds that this one does not know.
fn key(kind: &str) -> &'static str {
    match kind {
        "signed_in" => "history-signed_in",
        "sign_in_refused" => "history-sign_in_refused",
        "second_factor_asked" => "history-second_factor_asked",
        "second_factor_refused" => "history-second_factor_refused",
        "sign_in_delayed" => "history-sign_in_delayed",
        "second_factor_delayed" => "history-second_factor_delayed",
        "signed_out" => "history-signed_out",
        "consent_given" => "history-consent_given",
        "grant_revoked_by_replay" => "history-grant_revoked_by_replay",
        "token_revoked" => "history-token_revoked",
        "client_registered" => "history-client_registered",
        "client_replaced" => "history-client_replaced",
        "client_deleted" => "history-client_deleted",
        "registered" => "history-registered",
        "email_verified" => "history-email_verified",
        "profile_changed" => "history-profile_changed",
        "password_changed" => "history-password_changed",
        "password_reset_asked" => "history-password_reset_asked",
        "password_reset" => "history-password_reset",
        "password_voided" => "history-password_voided",
        "email_change_asked" => "history-email_change_asked",
        "email_changed" => "history-email_changed",
        "email_change_undone" => "history-email_change_undone",
        "passkey_copied" => "history-passkey_copied",
        "factor_added" => "history-factor_added",
        "factor_renamed" => "history-factor_renamed",
        "factor_removed" => "history-factor_removed",
        "recovery_codes_made" => "history-recovery_codes_made",
        "recovery_code_used" => "history-recovery_code_used",
        "recovery_codes_removed" => "history-recovery_codes_removed",
        "session_ended" => "history-session_ended",
        "app_disconnected" => "history-app_disconnected",
        "data_exported" => "history-data_exported",
        "account_deleted" => "history-account_deleted",
        "account_restored" => "history-account_restored",
        "account_purged" => "history-account_purged",
        "user_added" => "history-user_added",
        "user_disabled" => "history-user_disabled",
        "user_enabled" => "history-user_enabled",
        "role_changed" => "history-role_changed",
        "factors_reset" => "history-factors_reset",
        "role_set" => "history-role_set",
        "resource_set" => "history-resource_set",
        "resource_removed" => "history-resource_removed",
        "registration_token_made" => "history-registration_token_made",
        "keys_rotated" => "history-keys_rotated",
        "key_withdrawn" => "history-key_withdrawn",
        "keys_reencrypted" => "history-keys_reencrypted",
        _ => "history-other",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::Event;

    #[test]
    fn every_kind_of_event_has_words_in_every_language() {
        for kind in Event::KINDS {
            let key = key(kind);
            assert_eq!(key, format!("history-{kind}"));
            for locale in Locale::ALL {
                let told = event(locale, kind, Some("The app"), &json!({}));
                assert_ne!(told, key, "{}", locale.tag());
                assert_ne!(told, t(locale, "history-other"), "{kind}");
            }
        }
        assert_eq!(key("made_up"), "history-other");
        for reason in Reason::ALL {
            assert_eq!(
                refused(reason),
                format!("history-refused-{}", reason.as_str())
            );
            let told = event(
                Locale::En,
                "sign_in_refused",
                None,
                &json!({"reason": reason.as_str()}),
            );
            assert_eq!(told, t(Locale::En, refused(reason)));
        }
    }

    #[test]
    fn details_stand_in_the_words() {
        let told = |kind, detail| event(Locale::En, kind, Some("Booking"), &detail);
        assert_eq!(
            told("factor_added", json!({"method": "totp"})),
            "Second factor added: authenticator app"
        );
        assert!(told("app_disconnected", json!({})).contains("Booking"));
        assert!(told("recovery_code_used", json!({"left": 7})).contains('7'));
        assert!(told("role_changed", json!({"role": "manager"})).contains("manager"));
        assert!(told("role_changed", json!({"role": null})).contains("none"));
    }

    #[test]
    fn methods_are_named_in_the_order_in_which_they_were_used() {
        let amr = |amr: &[&str]| {
            let amr: Vec<String> = amr.iter().map(ToString::to_string).collect();
            methods(Locale::En, &amr)
        };
        assert_eq!(amr(&["pwd"]).as_deref(), Some("password"));
        assert_eq!(
            amr(&["pwd", "otp", "mfa"]).as_deref(),
            Some("password, one-time code")
        );
        assert_eq!(amr(&["hwk", "user", "mfa"]).as_deref(), Some("passkey"));
        assert_eq!(amr(&[]), None);
    }
}
