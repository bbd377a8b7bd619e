mod production;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::foundation::secret::Secret;

const STRONG: &str = "q7Zk2mXv9Rb4TnL0sWcY8pHdJ6fGaE1uKoQ3iN5xVrM";

/// A file of this test's own, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("auth-api-{}", uuid::Uuid::now_v7()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

const NEEDED: [(&str, &str); 4] = [
    ("AUTH_SERVER__ISSUER", "https://auth.example.com"),
    ("AUTH_MAIL__FROM", "no-reply@example.com"),
    ("AUTH_MAIL__SMTP_HOST", "smtp.example.com"),
    ("DATABASE_URL", "postgres://auth:n8Lq0@db.example.com/auth"),
];

fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let file = Scratch::new(toml);
    Config::load(Some(&file.0), env(&[&NEEDED, variables].concat()))
}

#[track_caller]
fn refused(result: Result<Config, ConfigErrors>) -> String {
    result.expect_err("should be refused").to_string()
}

#[test]
fn defaults_are_those_of_a_server() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.server.issuer, "https://auth.example.com");
    assert_eq!(config.server.listen, ["0.0.0.0:3001".parse().unwrap()]);
    assert!(config.server.tls().is_none());
    assert_eq!(config.keys.rotation_interval, Duration::from_hours(2160));
    assert_eq!(config.tokens.code_ttl, Duration::from_mins(1));
    assert_eq!(config.registration.mode, RegistrationMode::Token);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.branding.default_locale, Locale::Fr);
    config.check_production().unwrap();
    assert!(config.warnings().is_empty());
}

#[test]
fn development_values_are_valid_and_serve_both_loopbacks() {
    let config = Config::dev();
    assert_eq!(config.server.issuer, "http://localhost:3001");
    assert_eq!(config.server.listen.len(), 2);
    assert_eq!(config.registration.mode, RegistrationMode::Open);
    assert!(config.database.url.is_none());
}

#[test]
fn the_environment_lies_over_the_file_and_the_file_over_the_defaults() {
    let toml = "[tokens]\naccess_token_ttl = '5m'\nid_token_ttl = '6m'\n\
                [server]\ntrusted_proxies = ['10.0.0.0/8', '192.0.2.1']\nmax_body_bytes = 2048";
    let config = load(
        toml,
        &[
            ("AUTH_TOKENS__ACCESS_TOKEN_TTL", "7m"),
            ("AUTH_SERVER__LISTEN", "127.0.0.1:1, [::1]:1"),
            ("AUTH_TOKENS__CODE_TTL", ""),
        ],
    )
    .unwrap();
    assert_eq!(config.tokens.access_token_ttl, Duration::from_mins(7));
    assert_eq!(config.tokens.id_token_ttl, Duration::from_mins(6));
    assert_eq!(config.tokens.code_ttl, Duration::from_mins(1));
    assert_eq!(config.server.listen.len(), 2);
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.server.max_body_bytes, 2048);
}

#[test]
fn every_mistake_is_told_at_once_with_its_name() {
    let text = refused(load(
        "[tokens]\ncode_ttl = 60\naccess_token_tll = '1m'\n[sesion]\nidle_ttl = '1h'",
        &[
            ("AUTH_SERVER__LISTENS", "x"),
            ("AUTH_DATABASE__MAX_CONNECTIONS", "many"),
        ],
    ));
    for expected in [
        "tokens.code_ttl: `60` is not a duration",
        "tokens.access_token_tll: there is no such setting; did you mean tokens.access_token_ttl?",
        "sesion.idle_ttl: there is no such setting; did you mean session.idle_ttl?",
        "server.listens (AUTH_SERVER__LISTENS): there is no such setting; did you mean server.listen?",
        "database.max_connections (AUTH_DATABASE__MAX_CONNECTIONS): `many` is not a whole number",
    ] {
        assert!(text.contains(expected), "{expected} not in {text}");
    }
}

#[test]
fn a_variable_with_one_underscore_is_noticed_and_a_foreign_one_is_not() {
    let text = refused(load("", &[("AUTH_TOKENS_CODE_TTL", "5s")]));
    assert!(text.contains("write AUTH_TOKENS__CODE_TTL"), "{text}");
    load(
        "",
        &[
            ("AUTH_PORT", "tcp://10.0.0.1:3001"),
            ("AUTH_CONFIG", "x"),
            ("PATH", "/"),
        ],
    )
    .unwrap();
}

#[test]
fn required_settings_are_asked_for() {
    let text = refused(Config::load(
        None,
        env(&[("DATABASE_URL", "postgres://h/d")]),
    ));
    assert!(text.contains("server.issuer: is required"), "{text}");
    let text = refused(Config::load(None, []));
    assert!(text.contains("server.issuer: is required"), "{text}");
    assert!(text.contains("database.url: is required"), "{text}");
}

#[test]
fn a_secret_comes_by_value_or_by_file_and_never_by_both() {
    let secret = Scratch::new("postgres://auth:from-file@db/auth\n");
    let path = secret.0.to_str().unwrap();
    let by_file = env(&[NEEDED[0], ("AUTH_DATABASE__URL_FILE", path)]);
    let config = Config::load(None, by_file).unwrap();
    let url = config.database.url.as_ref().map(Secret::expose);
    assert_eq!(url, Some("postgres://auth:from-file@db/auth"));
    assert!(!format!("{config:?}").contains("from-file"));

    let text = refused(load(
        "",
        &[
            ("AUTH_DATABASE__URL", "postgres://a:hidden@b/c"),
            ("AUTH_DATABASE__URL_FILE", path),
        ],
    ));
    assert!(text.contains("is given twice, also by database.url_file (AUTH_DATABASE__URL_FILE)"));
    assert!(!text.contains("hidden"), "{text}");

    let toml = format!("[keys]\nencryption_key = '{STRONG}'\nencryption_key_file = '{path}'");
    assert!(refused(load(&toml, &[])).contains("keys.encryption_key: is given twice"));
}

#[test]
fn the_environment_replaces_the_other_form_of_a_secret() {
    let toml = "[database]\nurl_file = '/does/not/exist'";
    load(toml, &[]).unwrap();
    let file = Scratch::new(toml);
    let text = refused(Config::load(Some(&file.0), env(&[NEEDED[0]])));
    assert!(
        text.contains("database.url_file: cannot read /does/not/exist"),
        "{text}"
    );
}

#[test]
fn a_syntax_error_tells_the_line_and_not_its_text() {
    let text = refused(load(
        "[database]\nurl = \"postgres://auth:hidden@db/auth",
        &[],
    ));
    assert!(text.contains("line 2"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn the_issuer_is_kept_as_written() {
    for issuer in [
        "https://auth.example.com",
        "https://auth.example.com:443/Tenant/a",
        "http://localhost:3000/id",
        "http://127.0.0.1:3001",
        "http://[::1]:3001",
    ] {
        let config = load("", &[("AUTH_SERVER__ISSUER", issuer)]).unwrap();
        assert_eq!(config.server.issuer, issuer);
    }
}

#[test]
fn issuers_that_the_specifications_forbid_are_refused() {
    for (issuer, reason) in [
        ("https://auth.example.com/api/auth", "/api/auth"),
        ("https://auth.example.com/", "must not end with a slash"),
        (
            "https://auth.example.com?a=b",
            "neither a query nor a fragment",
        ),
        (
            "https://auth.example.com#a",
            "neither a query nor a fragment",
        ),
        ("http://auth.example.com", "must use https"),
        ("http://localhost.example.com", "must use https"),
        ("ftp://auth.example.com", "must begin with https://"),
        ("auth.example.com", "is not an absolute URL"),
        ("https://a:b@auth.example.com", "user name or password"),
        (
            "https://auth.example.com\\a",
            "characters that a URL cannot have",
        ),
        (
            " https://auth.example.com",
            "characters that a URL cannot have",
        ),
    ] {
        let text = refused(load("", &[("AUTH_SERVER__ISSUER", issuer)]));
        assert!(text.contains(reason), "{issuer}: {text}");
    }
}

#[test]
fn limits_and_lifetimes_must_agree() {
    for (toml, reason) in [
        (
            "[tokens]\ncode_ttl='61s'",
            "tokens.code_ttl: 61s is more than 1m",
        ),
        (
            "[tokens]\nrefresh_retry_window='2m'",
            "tokens.refresh_retry_window: 2m is more than 1m",
        ),
        (
            "[tokens]\nrefresh_idle_ttl='200d'",
            "must be at most tokens.refresh_absolute_ttl, 180d",
        ),
        (
            "[session]\nidle_ttl='31d'",
            "must be at most session.absolute_ttl, 30d",
        ),
        (
            "[keys]\npublish_ahead='90d'",
            "must be less than keys.rotation_interval, 90d",
        ),
        (
            "[keys]\njwks_max_age='2d'",
            "must be at most keys.publish_ahead, 1d",
        ),
        ("[keys]\nrsa_bits=1024", "1024 is not between 2048 and 4096"),
        ("[server]\ntls_certificate='a.pem'", "go together"),
        ("[server]\nlisten=[]", "names no address"),
        ("[branding]\naccent='red;}'", "is not a colour"),
        ("[branding]\nradius='8px;'", "is not a length"),
        (
            "[registration]\nmode='ajar'",
            "is not one of: open, token, closed",
        ),
        ("[log]\nfilter='info=info=info'", "is not a filter"),
        ("[fetch]\nallow=['nohost']", "is not of the form host:port"),
    ] {
        let text = refused(load(toml, &[]));
        assert!(text.contains(reason), "{toml}: {text}");
    }
}

#[test]
fn the_reference_page_and_the_example_are_up_to_date() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for (path, made) in [
        ("docs/settings.md", settings_reference()),
        ("config.example.toml", settings_example()),
    ] {
        let path = root.join(path);
        if std::env::var_os("UPDATE_SETTINGS_DOCS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        let hint = "run this test with UPDATE_SETTINGS_DOCS=1";
        assert!(kept == made, "{} is out of date: {hint}", path.display());
    }
}

#[test]
fn the_example_loads_with_every_line_uncommented() {
    let uncommented: String = settings_example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            // A default that is absent cannot be written; the two forms of one secret exclude
            // each other.
            Some(rest) if rest.ends_with(" = \"\"") => "\n".to_owned(),
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let file = Scratch::new(&uncommented);
    let config = Config::load(Some(&file.0), []).unwrap();
    assert_eq!(config.server.issuer, "https://auth.example.com");
    assert_eq!(config.keys.rsa_bits, 2048);
}
