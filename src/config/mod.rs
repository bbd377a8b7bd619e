//! The configuration: a TOML file, the environment over it, every mistake told at once.
//!
//! A section is declared once, in its own file, with documentation, type and default of each
//! setting; `docs/settings.md` and `config.example.toml` are made from those declarations.

mod account;
mod audit;
mod branding;
mod checks;
mod database;
mod duration;
mod errors;
mod fetch;
mod keys;
mod mail;
mod observe;
mod production;
mod reference;
mod registration;
mod section;
mod server;
mod session;
mod sources;
#[cfg(test)]
mod tests;
mod tokens;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

pub use account::Account;
pub use audit::Audit;
pub use branding::{Branding, Locale};
pub use database::Database;
pub use errors::{ConfigErrors, ConfigProblem};
pub use fetch::Fetch;
pub use keys::Keys;
pub use mail::{Mail, MailTransport, SmtpTls};
pub use observe::{Log, LogFormat, Metrics};
pub use reference::{settings_example, settings_reference};
pub use registration::{Registration, RegistrationMode};
pub use server::{Server, TlsFiles};
pub use session::Session;
pub use tokens::Tokens;

use checks::Checks;
use section::{Reader, Spec};
use sources::Layer;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[database]`
    pub database: Database,
    /// `[keys]`
    pub keys: Keys,
    /// `[tokens]`
    pub tokens: Tokens,
    /// `[session]`
    pub session: Session,
    /// `[account]`
    pub account: Account,
    /// `[audit]`
    pub audit: Audit,
    /// `[mail]`
    pub mail: Mail,
    /// `[registration]`
    pub registration: Registration,
    /// `[fetch]`
    pub fetch: Fetch,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[log]`
    pub log: Log,
    /// `[branding]`
    pub branding: Branding,
    /// What was set by the operator, with its name in messages.
    set: BTreeMap<String, String>,
}

/// What `auth-api dev` starts from. Both loopback addresses, because browsers resolve `localhost`
/// to either.
const DEV: &[(&str, &str)] = &[
    ("server.issuer", "http://localhost:3001"),
    ("server.listen", "127.0.0.1:3001, [::1]:3001"),
    // Nobody balances load before it.
    ("server.drain_delay", "0s"),
    ("account.first_party_client", "booking-mobile"),
    ("registration.mode", "open"),
    ("registration.anonymous_per_hour", "0"),
    ("mail.transport", "catch"),
    ("log.format", "text"),
];

/// Every section's documentation and settings, in the order of the reference page.
const SECTIONS: [((&str, &str), &[Spec]); 13] = [
    (Server::DOC, Server::SPECS),
    (Database::DOC, Database::SPECS),
    (Keys::DOC, Keys::SPECS),
    (Tokens::DOC, Tokens::SPECS),
    (Session::DOC, Session::SPECS),
    (Account::DOC, Account::SPECS),
    (Audit::DOC, Audit::SPECS),
    (Mail::DOC, Mail::SPECS),
    (Registration::DOC, Registration::SPECS),
    (Fetch::DOC, Fetch::SPECS),
    (Metrics::DOC, Metrics::SPECS),
    (Log::DOC, Log::SPECS),
    (Branding::DOC, Branding::SPECS),
];

impl Config {
    /// Reads the file, if any, and `env` over it: `AUTH_<SECTION>__<KEY>` and `DATABASE_URL`.
    /// Other variables are ignored.
    ///
    /// # Errors
    /// Everything that is wrong: syntax, unknown settings, bad values, missing ones.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        Self::read(Layer::new(), file, env, true)
    }

    /// The same over the development values; the database's URL may be absent.
    pub fn load_dev(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        Self::read(sources::fixed(DEV), file, env, false)
    }

    /// The development values, as they are without a file and environment.
    #[allow(clippy::expect_used)] // constants, which a test reads
    pub fn dev() -> Self {
        Self::load_dev(None, []).expect("the development values are valid")
    }

    /// The variables of this process, for `load`. Those that are not Unicode cannot be ours.
    pub fn process_env() -> impl Iterator<Item = (String, String)> {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
    }

    fn read(
        base: Layer,
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        needs_database: bool,
    ) -> Result<Self, ConfigErrors> {
        let specs: Vec<Spec> = SECTIONS
            .iter()
            .flat_map(|(_, specs)| *specs)
            .copied()
            .collect();
        let mut errors = ConfigErrors::default();
        let mut written = Layer::new();
        if let Some(path) = file {
            written = sources::file(path, &mut errors);
        }
        let env = sources::environment(env, &specs, &mut errors);
        sources::merge(&mut written, env, &specs);
        sources::refuse_unknown(&written, &specs, &mut errors);
        let set = written
            .iter()
            .map(|(name, entry)| (name.clone(), section::label(name, entry)))
            .collect();
        let mut values = base;
        sources::merge(&mut values, written, &specs);

        let mut reader = Reader { values, errors };
        let server = Server::read(&mut reader);
        let database = Database::read(&mut reader);
        let keys = Keys::read(&mut reader);
        let tokens = Tokens::read(&mut reader);
        let session = Session::read(&mut reader);
        let account = Account::read(&mut reader);
        let audit = Audit::read(&mut reader);
        let mail = Mail::read(&mut reader);
        let registration = Registration::read(&mut reader);
        let fetch = Fetch::read(&mut reader);
        let metrics = Metrics::read(&mut reader);
        let log = Log::read(&mut reader);
        let branding = Branding::read(&mut reader);

        // Each section that could be read is checked, even if another could not.
        macro_rules! check {
            ($checks:expr, $($section:ident),*) => {
                $(if let Some(section) = &$section { section.check($checks); })*
            };
        }
        let label = |name: &str| reader.label(name);
        let mut checks = Checks::new(&label);
        check!(
            &mut checks,
            server,
            database,
            keys,
            tokens,
            session,
            account,
            audit,
            mail,
            fetch,
            log,
            branding
        );
        let given = ["database.url", "database.url_file"];
        if needs_database && !given.iter().any(|name| reader.values.contains_key(*name)) {
            let message = "is required; AUTH_DATABASE__URL or DATABASE_URL can set it";
            checks.fail("database.url", message);
        }
        let found = checks.finish();
        let mut errors = reader.errors;
        errors.extend(found);

        let (Some(server), Some(database), Some(keys), Some(tokens), Some(session)) =
            (server, database, keys, tokens, session)
        else {
            return Err(errors);
        };
        let (Some(registration), Some(fetch), Some(metrics), Some(log), Some(branding)) =
            (registration, fetch, metrics, log, branding)
        else {
            return Err(errors);
        };
        let (Some(account), Some(audit), Some(mail)) = (account, audit, mail) else {
            return Err(errors);
        };
        errors.into_result()?;
        Ok(Self {
            server,
            database,
            keys,
            tokens,
            session,
            account,
            audit,
            mail,
            registration,
            fetch,
            metrics,
            log,
            branding,
            set,
        })
    }

    /// The rules of every section, for a configuration that was changed after loading.
    fn check(&self, checks: &mut Checks<'_>) {
        self.server.check(checks);
        self.database.check(checks);
        self.keys.check(checks);
        self.tokens.check(checks);
        self.session.check(checks);
        self.account.check(checks);
        self.audit.check(checks);
        self.mail.check(checks);
        self.fetch.check(checks);
        self.log.check(checks);
        self.branding.check(checks);
    }
}
