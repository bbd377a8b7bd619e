//! What a server that real people use must not run with.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::Url;

use super::registration::RegistrationMode;
use super::server::{is_loopback, is_loopback_name};
use super::{Checks, Config, ConfigErrors};

/// Secrets that stand in this repository or in everybody's example.
const PUBLISHED: &[&str] = &[
    "booking-app-secret",
    "booking-batch-secret",
    "Demo-booking-2026",
];

const COMMON_DATABASE_PASSWORDS: &[&str] = &[
    "",
    "admin",
    "auth",
    "auth-api",
    "auth_api",
    "booking",
    "changeme",
    "change-me",
    "example",
    "password",
    "postgres",
    "postgresql",
    "root",
    "secret",
    "test",
];

impl Config {
    /// Refuses what is convenient in development and dangerous in production. Reads the file of
    /// the key-encryption key if it exists.
    pub fn check_production(&self) -> Result<(), ConfigErrors> {
        let label = |name: &str| {
            self.set
                .get(name)
                .cloned()
                .unwrap_or_else(|| name.to_owned())
        };
        let mut checks = Checks::new(&label);
        self.check(&mut checks);
        self.check_registration(&mut checks);
        self.check_key_encryption_key(&mut checks);
        self.check_database_password(&mut checks);
        self.mail.check_production(&mut checks);
        checks.finish().into_result()
    }

    /// What is allowed but should be seen in the log at each start.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.registration.mode == RegistrationMode::Open {
            warnings.push(
                "registration.mode is open: anyone can register a client and show its name on \
                 the sign-in page"
                    .to_owned(),
            );
        }
        let loopback = Url::parse(&self.server.issuer).is_ok_and(|url| is_loopback(&url));
        if self.server.issuer.starts_with("http:") && loopback {
            warnings.push("server.issuer is plain http: only this machine can use it".to_owned());
        }
        let everyone = |net: &&ipnet::IpNet| net.prefix_len() == 0;
        if let Some(net) = self.server.trusted_proxies.iter().find(everyone) {
            warnings.push(format!(
                "server.trusted_proxies has {net}: anyone can choose the address they are seen with"
            ));
        }
        if !self.fetch.allow.is_empty() {
            let hosts: Vec<_> = self.fetch.allow.iter().map(ToString::to_string).collect();
            warnings.push(format!(
                "fetch.allow lets clients make this server ask private hosts: {}",
                hosts.join(", ")
            ));
        }
        self.warn_of_mail(&mut warnings);
        warnings
    }

    fn check_registration(&self, checks: &mut Checks<'_>) {
        let explicit = self.set.contains_key("registration.mode");
        if self.registration.mode == RegistrationMode::Open && !explicit {
            let message = "is open, the development value: set it to open yourself if you mean it";
            checks.fail("registration.mode", message);
        }
    }

    fn check_key_encryption_key(&self, checks: &mut Checks<'_>) {
        let from_file;
        let (setting, key) = if let Some(key) = &self.keys.encryption_key {
            ("keys.encryption_key", Some(key.expose()))
        } else {
            from_file = fs::read_to_string(&self.keys.encryption_key_file).ok();
            ("keys.encryption_key_file", from_file.as_deref())
        };
        if let Some(weakness) = key.and_then(|key| weakness(key.trim())) {
            checks.fail(
                setting,
                format!("is not a key to rely on: {weakness}; make a random one"),
            );
        }
    }

    fn check_database_password(&self, checks: &mut Checks<'_>) {
        let Some(Ok(url)) = self
            .database
            .url
            .as_ref()
            .map(|url| Url::parse(url.expose()))
        else {
            return;
        };
        // No host, or a path as host, is a Unix socket: the system knows who calls.
        let Some(host) = url
            .host_str()
            .filter(|host| !host.is_empty() && !host.starts_with("%2F"))
        else {
            return;
        };
        // Without a password there may be a client certificate or a password file.
        let Some(password) = url.password() else {
            return;
        };
        let common = |known: &&str| known.eq_ignore_ascii_case(password);
        let user = password.eq_ignore_ascii_case(url.username());
        if !is_loopback_name(host)
            && (user
                || COMMON_DATABASE_PASSWORDS
                    .iter()
                    .chain(PUBLISHED)
                    .any(common))
        {
            checks.fail(
                "database.url",
                format!("has a password that anyone guesses, on {host}"),
            );
        }
    }
}

/// Why a key could be guessed; `None` if it looks random.
fn weakness(text: &str) -> Option<&'static str> {
    if PUBLISHED.iter().any(|known| text.contains(known)) {
        return Some("it is published");
    }
    let decoded = decode(text).unwrap_or_else(|| text.as_bytes().to_vec());
    if decoded.len() < 32 {
        return Some("it has less than 32 bytes");
    }
    [decoded.as_slice(), text.as_bytes()]
        .into_iter()
        .find_map(pattern)
}

fn pattern(bytes: &[u8]) -> Option<&'static str> {
    let distinct: BTreeSet<u8> = bytes.iter().copied().collect();
    if distinct.len() == 1 {
        return Some("all its bytes are equal");
    }
    let steps = || {
        bytes
            .iter()
            .zip(bytes.iter().skip(1))
            .map(|(a, b)| b.wrapping_sub(*a))
    };
    if steps().all(|step| step == 1) || steps().all(|step| step == 255) {
        return Some("its bytes just count");
    }
    // 32 random bytes have about 30 distinct values, 64 hexadecimal digits about 16.
    if distinct.len() <= 8 {
        return Some("it repeats a pattern");
    }
    None
}

/// The bytes behind hexadecimal or base64 text.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digits = text.as_bytes().chunks(2);
        return digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
            .collect();
    }
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')))
        .ok()
}
