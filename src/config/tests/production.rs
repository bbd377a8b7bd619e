//! What a server for real people refuses to run with.

use super::*;

#[test]
fn production_refuses_keys_that_can_be_guessed() {
    let counting = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    for key in [
        "short",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        &"ab".repeat(32),
        &"0123456789abcdef".repeat(2),
        counting,
        "booking-app-secret-booking-app-secret",
    ] {
        let config = load("", &[("AUTH_KEYS__ENCRYPTION_KEY", key)]).unwrap();
        let text = config.check_production().expect_err(key).to_string();
        assert!(
            text.contains("keys.encryption_key (AUTH_KEYS__ENCRYPTION_KEY)"),
            "{text}"
        );
        assert!(!text.contains(key), "{text}");
    }
    let config = load("", &[("AUTH_KEYS__ENCRYPTION_KEY", STRONG)]).unwrap();
    config.check_production().unwrap();
    let file = Scratch::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    let path = file.0.to_str().unwrap();
    let config = load("", &[("AUTH_KEYS__ENCRYPTION_KEY_FILE", path)]).unwrap();
    assert!(config.check_production().is_err());
}

#[test]
fn production_refuses_database_passwords_that_can_be_guessed() {
    let check = |url| {
        load("", &[("DATABASE_URL", url)])
            .unwrap()
            .check_production()
    };
    for url in [
        "postgres://postgres:postgres@db/auth",
        "postgres://auth:Password@db.example.com/auth",
        "postgres://team:team@10.0.0.1/auth",
        "postgres://auth:Demo-booking-2026@db/auth",
    ] {
        assert!(check(url).is_err(), "{url}");
    }
    for url in [
        "postgres://postgres:postgres@localhost/auth",
        "postgres://postgres:postgres@[::1]:5432/auth",
        "postgres://auth:v0Kp3-9xQ@db/auth",
        "postgres://auth@db/auth",
        "postgres:///auth?host=/run/postgresql",
        "postgres://auth:auth@%2Frun%2Fpostgresql/auth",
    ] {
        assert!(check(url).is_ok(), "{url}");
    }
}

#[test]
fn production_wants_open_registration_said_aloud() {
    let mut config = load("", &[]).unwrap();
    config.registration.mode = RegistrationMode::Open;
    let text = config.check_production().unwrap_err().to_string();
    assert!(text.contains("registration.mode"), "{text}");

    let config = load("", &[("AUTH_REGISTRATION__MODE", "open")]).unwrap();
    config.check_production().unwrap();
    assert_eq!(config.warnings().len(), 1);
    let variables = [
        ("AUTH_FETCH__ALLOW", "intranet:8080"),
        ("AUTH_SERVER__TRUSTED_PROXIES", "0.0.0.0/0"),
        ("AUTH_SERVER__ISSUER", "http://localhost:3001"),
    ];
    assert_eq!(load("", &variables).unwrap().warnings().len(), 3);
}

#[test]
fn production_wants_a_server_for_mail() {
    let refused = |variables: &[(&str, &str)]| {
        let config = load("", variables).unwrap();
        config.check_production().unwrap_err().to_string()
    };
    // An empty variable counts as unset.
    let text = refused(&[("AUTH_MAIL__SMTP_HOST", ""), ("AUTH_MAIL__FROM", "")]);
    assert!(text.contains("mail.smtp_host: is required"), "{text}");
    assert!(text.contains("mail.from: is required"), "{text}");
    let text = refused(&[("AUTH_MAIL__TRANSPORT", "catch")]);
    assert!(
        text.contains("mail.transport (AUTH_MAIL__TRANSPORT): is catch"),
        "{text}"
    );
    let dev = Config::dev().check_production().unwrap_err().to_string();
    assert!(dev.contains("mail.transport"), "{dev}");
}

#[test]
fn mail_settings_that_do_not_fit_together_are_refused() {
    let user = ("AUTH_MAIL__SMTP_USER", "auth");
    let password = ("AUTH_MAIL__SMTP_PASSWORD", "q7Zk2mXv9Rb4");
    let none = ("AUTH_MAIL__SMTP_TLS", "none");
    for (variables, words) in [
        (&[user][..], "set together"),
        (&[user, password, none], "would cross the network in plain"),
        (&[("AUTH_MAIL__FROM", "nobody")], "is no mail address"),
        (
            &[("AUTH_MAIL__SMTP_TLS", "maybe")],
            "starttls, implicit, none",
        ),
        (&[("AUTH_MAIL__SMTP_PORT", "70000")], "mail.smtp_port"),
        (&[("AUTH_MAIL__CONCURRENCY", "0")], "mail.concurrency"),
    ] {
        let text = refused(load("", variables));
        assert!(text.contains(words), "{words}: {text}");
        assert!(!text.contains(password.1), "{text}");
    }
    let here = ("AUTH_MAIL__SMTP_HOST", "localhost");
    assert!(
        load("", &[user, password, none, here])
            .unwrap()
            .warnings()
            .is_empty()
    );
    assert_eq!(load("", &[none]).unwrap().warnings().len(), 1);
    for (tls, port) in [("none", 25), ("starttls", 587), ("implicit", 465)] {
        assert_eq!(
            load("", &[("AUTH_MAIL__SMTP_TLS", tls)])
                .unwrap()
                .mail
                .port(),
            port
        );
    }
}
