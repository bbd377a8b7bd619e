//! The command line: one file for each command.

mod audit;
mod client;
pub mod demo;
mod dev;
mod healthcheck;
mod keys;
mod registration_token;
mod resource;
mod role;
mod serve;
mod user;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use sqlx::{PgExecutor, PgPool};

use crate::app::{self, Issuer, db};
use crate::audit::{Actor, Event, record_by};
use crate::config::{Config, Database};
use crate::foundation::cipher::{CipherError, KeyEncryptionKey};
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;
use crate::mail::Outbox;

/// OAuth 2 and OpenID Connect identity server of the booking platform.
#[derive(Parser)]
#[command(name = "auth-api", version)]
struct Cli {
    /// The configuration file (TOML); settings of the environment stand above it.
    #[arg(long, global = true, env = "AUTH_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server for development, with its own database, demo users and demo clients.
    Dev {
        /// Starts afresh: removes the private database first.
        #[arg(long)]
        reset: bool,
    },
    /// Runs the server.
    Serve,
    /// Brings the database to this version's schema.
    Migrate,
    /// Signing keys and the key-encryption key.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Clients.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// The APIs that accept our tokens, and their permissions.
    #[command(subcommand)]
    Resource(resource::ResourceCommand),
    /// Roles and their permissions.
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// People.
    #[command(subcommand)]
    User(user::UserCommand),
    /// The trail of security events.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Makes an initial access token, with which a developer may register clients (RFC 7591).
    RegistrationToken(registration_token::RegistrationTokenCommand),
    /// Adds the booking platform's roles, APIs and client: for `docker compose`.
    Demo(demo::DemoCommand),
    /// Exits with 0 if the server on this machine answers `/healthz`: for container probes.
    Healthcheck,
    /// Prints the OpenAPI document.
    #[command(hide = true)]
    Openapi,
}

/// Why a command failed, for the person who gave it.
pub type CommandError = Box<dyn std::error::Error + Send + Sync>;

/// Runs the command line.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match Box::pin(execute(cli)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("auth-api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(cli: Cli) -> Result<(), CommandError> {
    let load = || Config::load(cli.config.as_deref(), Config::process_env());
    let lenient = || Config::load_dev(cli.config.as_deref(), Config::process_env());
    match cli.command {
        Command::Dev { reset } => dev::run(cli.config.as_deref(), reset).await,
        Command::Serve => serve::run(load()?).await,
        Command::Migrate => {
            let pool = connect(&load()?.database).await?;
            db::MIGRATIONS.run(&pool).await?;
            println!("the database is up to date");
            Ok(())
        }
        // Before there is an issuer or a database.
        Command::Keys(command @ keys::KeysCommand::Init) => keys::run(command, lenient()?).await,
        Command::Keys(command) => keys::run(command, load()?).await,
        Command::Client(command) => client::run(command, &load()?).await,
        Command::Resource(command) => resource::run(command, &load()?).await,
        Command::Role(command) => role::run(command, &load()?).await,
        Command::User(command) => user::run(command, &load()?).await,
        Command::Audit(command) => audit::run(command, &load()?).await,
        Command::RegistrationToken(command) => registration_token::run(command, &load()?).await,
        Command::Demo(command) => demo::run(command, &load()?).await,
        Command::Healthcheck => healthcheck::run(&lenient()?).await,
        Command::Openapi => {
            print!("{}", crate::ops::openapi::generate()?);
            Ok(())
        }
    }
}

async fn connect(config: &Database) -> Result<PgPool, CommandError> {
    let connected = db::connect(config).await;
    connected.map_err(|error| format!("the database cannot be reached: {error}").into())
}

/// Reads a file that a command names; an error names it, too.
fn read(path: &Path) -> Result<String, CommandError> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Notes what whoever runs the server did by a command.
async fn note(db: impl PgExecutor<'_>, event: &Event, client_id: Option<&str>) -> sqlx::Result<()> {
    let context = RequestContext::none(Clock::default().now());
    let operator = Actor::Operator;
    record_by(db, operator, None, event, None, client_id, &context).await
}

/// Where letters to people are posted: a replica of the server sends them.
fn outbox(config: &Config, issuer: &Issuer) -> Result<Outbox, CommandError> {
    let kek = Arc::new(key_encryption_key(config)?);
    Ok(app::outbox(config, issuer, kek)?)
}

/// The key-encryption key that the configuration names.
///
/// # Errors
/// When there is none, or it is malformed.
fn key_encryption_key(config: &Config) -> Result<KeyEncryptionKey, CipherError> {
    match &config.keys.encryption_key {
        Some(key) => KeyEncryptionKey::from_secret(key),
        None => KeyEncryptionKey::load(&config.keys.encryption_key_file),
    }
}
