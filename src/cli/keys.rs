//! `auth-api keys …`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::{CommandError, key_encryption_key};
use crate::app::key_settings;
use crate::audit::Event;
use crate::config::Config;
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::clock::Clock;
use crate::keys::{Algorithm, Lead, reencrypt, rotation};

#[derive(Subcommand)]
pub enum KeysCommand {
    /// Makes the key-encryption key; never overwrites one.
    Init,
    /// Lists the signing keys and what each is doing.
    List,
    /// Publishes new signing keys, which sign once everyone had the time to learn them.
    Rotate {
        /// Only this algorithm (RS256, PS256, ES256, EdDSA).
        #[arg(long)]
        alg: Option<Algorithm>,
        /// In an emergency: sign with the new keys at once.
        #[arg(long)]
        now: bool,
    },
    /// In an emergency: a key neither signs nor verifies from now on.
    Withdraw {
        /// The key's id.
        // base64url: one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Seals everything with another key-encryption key.
    Reencrypt {
        /// The file with the key that sealed the database so far.
        #[arg(long)]
        old: PathBuf,
    },
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: KeysCommand, config: Config) -> Result<(), CommandError> {
    if let KeysCommand::Init = command {
        let path = &config.keys.encryption_key_file;
        KeyEncryptionKey::create(path)?;
        println!(
            "{} was made; back it up, apart from the database",
            path.display()
        );
        return Ok(());
    }
    let kek = key_encryption_key(&config)?;
    let pool = super::connect(&config.database).await?;
    let settings = key_settings(&config);
    let now = Clock::default().now();
    match command {
        KeysCommand::Init => {}
        KeysCommand::List => {
            for (key, state) in rotation::list(&pool, now).await? {
                // A reader that went away, like `head`, has read enough.
                let _ = writeln!(
                    std::io::stdout(),
                    "{}  {:5}  {state:?}, signs from {}{}",
                    key.kid,
                    key.alg.as_str(),
                    key.activates_at,
                    key.retires_at
                        .map(|at| format!(" until {at}"))
                        .unwrap_or_default(),
                );
            }
        }
        KeysCommand::Rotate { alg, now: at_once } => {
            let lead = if at_once {
                Lead::Now
            } else {
                Lead::After(settings.minimum_lead() + Duration::from_mins(1))
            };
            let made = rotation::rotate(&pool, &kek, &settings, alg, lead, now).await?;
            // After it, for making keys has transactions of its own.
            let kids = made.iter().map(|key| key.kid.clone()).collect();
            super::note(&pool, &Event::KeysRotated { kids }, None).await?;
            for key in made {
                println!(
                    "{}  {} signs from {}",
                    key.kid,
                    key.alg.as_str(),
                    key.activates_at
                );
            }
        }
        KeysCommand::Withdraw { kid } => {
            let made = rotation::withdraw(&pool, &kek, &settings, &kid, now).await?;
            super::note(&pool, &Event::KeyWithdrawn { kid: kid.clone() }, None).await?;
            for key in made {
                println!("{}  {} replaces it", key.kid, key.alg.as_str());
            }
            println!("{kid} was withdrawn");
        }
        KeysCommand::Reencrypt { old } => {
            let old = KeyEncryptionKey::load(&old)?;
            reencrypt::reencrypt(&pool, &old, &kek).await?;
            super::note(&pool, &Event::KeysReencrypted, None).await?;
            println!("everything is sealed with the new key; restart the replicas with it");
        }
    }
    Ok(())
}
