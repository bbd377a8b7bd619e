use super::*;
use crate::keys::model::signing_key;
use crate::keys::model::tests::{at, key};
use crate::keys::settings::KeySettingsError;

const ALG: Algorithm = Algorithm::EdDSA;

fn settings() -> KeySettings {
    KeySettings {
        rotation_interval: Duration::from_secs(10_000),
        publish_ahead: Duration::from_secs(2_000),
        jwks_max_age: Duration::from_mins(10),
        longest_token_ttl: Duration::from_hours(1),
        rsa_bits: 2048,
        hint_retention: Duration::from_secs(50_000),
    }
}

/// Does what the database does with a plan, checks included.
fn apply(keys: &mut Vec<SigningKey>, plan: &Plan, kid: &str, now: i64) {
    for moved in &plan.moved {
        let key = keys.iter_mut().find(|key| key.kid == moved.kid).unwrap();
        key.activates_at = moved.activates_at;
        key.retires_at = moved.retires_at;
        key.removes_at = moved.removes_at;
        key.withdrawn_at = moved.withdrawn_at;
    }
    if let Some(activates_at) = plan.create {
        let mut new = key(kid, now, now, None);
        new.activates_at = activates_at;
        keys.push(new);
    }
    for key in &*keys {
        assert!(key.activates_at >= key.created_at, "{key:?}");
        assert_eq!(
            key.retires_at.is_none(),
            key.removes_at.is_none(),
            "{key:?}"
        );
        assert!(
            key.retires_at.is_none_or(|at| at >= key.activates_at),
            "{key:?}"
        );
        assert!(key.removes_at >= key.retires_at, "{key:?}");
    }
    assert_eq!(
        keys.iter().filter(|key| key.retires_at.is_none()).count(),
        1
    );
}

fn signs(keys: &[SigningKey], now: i64) -> &str {
    &signing_key(keys, ALG, at(now)).unwrap().kid
}

#[test]
fn settings_must_fit_together() {
    assert_eq!(settings().check(), Ok(()));
    let late = KeySettings {
        publish_ahead: Duration::from_secs(610),
        ..settings()
    };
    assert!(matches!(
        late.check(),
        Err(KeySettingsError::PublishedTooLate { .. })
    ));
    let often = KeySettings {
        rotation_interval: Duration::from_secs(2_000),
        ..settings()
    };
    assert!(matches!(
        often.check(),
        Err(KeySettingsError::RotatesTooOften(_))
    ));
    let weak = KeySettings {
        rsa_bits: 1024,
        ..settings()
    };
    assert_eq!(weak.check(), Err(KeySettingsError::RsaBits(1024)));
}

#[test]
fn keys_follow_one_another_without_a_gap() {
    let mut keys = Vec::new();
    for now in (0..60_000).step_by(100) {
        let plan = ensure(&keys, ALG, &settings(), at(now));
        apply(&mut keys, &plan, &format!("made at {now:05}"), now);
        let active = keys
            .iter()
            .filter(|key| key.state(at(now)) == KeyState::Active)
            .count();
        assert_eq!(active, 1, "at {now}");
        let again = ensure(&keys, ALG, &settings(), at(now));
        assert!(again.is_empty(), "at {now}: {again:?}");
    }
    assert_eq!(signs(&keys, 0), "made at 00000");
    assert_eq!(signs(&keys, 9_999), "made at 00000");
    assert_eq!(signs(&keys, 10_000), "made at 08000");
    assert_eq!(signs(&keys, 20_000), "made at 18000");
    assert_eq!(keys.len(), 7);
    // The last token that it signed: at 9999, living 3600.
    let first = &keys[0];
    assert_eq!(first.removes_at, Some(at(10_000 + 3_600 + 600 + 300)));
}

#[test]
fn after_a_standstill_the_successor_is_still_published_ahead() {
    let keys = [key("old", 0, 0, None)];
    let plan = ensure(&keys, ALG, &settings(), at(50_000));
    assert_eq!(plan.create, Some(at(52_000)));
    assert_eq!(plan.moved[0].retires_at, Some(at(52_000)));
}

#[test]
fn rotation_by_command_publishes_first_and_is_not_repeated() {
    let mut keys = vec![key("old", 0, 0, None)];
    let lead = Lead::After(settings().minimum_lead());
    let plan = rotate(&keys, ALG, &settings(), at(100), lead);
    apply(&mut keys, &plan, "new", 100);
    assert_eq!(
        (signs(&keys, 100), signs(&keys, 714), signs(&keys, 715)),
        ("old", "old", "new")
    );
    assert!(rotate(&keys, ALG, &settings(), at(101), lead).is_empty());
    let plan = rotate(&keys, ALG, &settings(), at(200), Lead::Now);
    assert_eq!(plan.create, None, "the waiting successor is taken");
    apply(&mut keys, &plan, "", 200);
    assert_eq!(signs(&keys, 200), "new");
    assert_eq!(keys[0].removes_at, Some(at(200 + 3_600 + 600 + 300)));
}

#[test]
fn withdrawing_the_only_key_replaces_it_at_once() {
    let mut keys = vec![key("bad", 0, 0, None)];
    let plan = withdraw(&keys, "bad", &settings(), at(50)).unwrap();
    apply(&mut keys, &plan, "good", 50);
    assert_eq!(keys[0].state(at(50)), KeyState::Removed);
    assert_eq!(signs(&keys, 50), "good");
    assert!(
        withdraw(&keys, "bad", &settings(), at(51))
            .unwrap()
            .is_empty()
    );
    assert!(withdraw(&keys, "unknown", &settings(), at(51)).is_none());
}

#[test]
fn withdrawing_the_active_key_lets_its_successor_sign_at_once() {
    let mut keys = vec![
        key("bad", 0, 0, Some((10_000, 14_500))),
        key("next", 8_000, 10_000, None),
    ];
    let plan = withdraw(&keys, "bad", &settings(), at(9_000)).unwrap();
    apply(&mut keys, &plan, "", 9_000);
    assert_eq!(signs(&keys, 9_000), "next");
    assert_eq!(keys[0].state(at(9_000)), KeyState::Removed);
}

#[test]
fn withdrawing_a_waiting_key_keeps_the_active_one_until_another_is_known() {
    for (now, from) in [(8_100, 10_000), (9_900, 9_900 + 615)] {
        let mut keys = vec![
            key("old", 0, 0, Some((10_000, 14_500))),
            key("bad", 8_000, 10_000, None),
        ];
        let plan = withdraw(&keys, "bad", &settings(), at(now)).unwrap();
        apply(&mut keys, &plan, "good", now);
        assert_eq!(keys[1].state(at(now)), KeyState::Removed);
        assert_eq!(
            (signs(&keys, from - 1), signs(&keys, from)),
            ("old", "good")
        );
    }
}

#[test]
fn withdrawing_a_retired_key_only_removes_it() {
    let mut keys = vec![
        key("bad", 0, 0, Some((100, 5_000))),
        key("new", 50, 100, None),
    ];
    let plan = withdraw(&keys, "bad", &settings(), at(200)).unwrap();
    apply(&mut keys, &plan, "", 200);
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0].retires_at, Some(at(100)));
    assert_eq!(keys[0].state(at(200)), KeyState::Removed);
    assert_eq!(signs(&keys, 200), "new");
}

#[test]
fn a_clock_that_lags_breaks_no_rule() {
    let mut keys = vec![key("ahead", 100, 100, None)];
    let plan = rotate(&keys, ALG, &settings(), at(90), Lead::Now);
    apply(&mut keys, &plan, "", 90);
    let plan = withdraw(&keys, "ahead", &settings(), at(90)).unwrap();
    apply(&mut keys, &plan, "good", 90);
}
