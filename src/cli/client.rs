//! `auth-api client …`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::CommandError;
use crate::audit::Event;
use crate::clients::model::NewClient;
use crate::clients::store;
use crate::clients::validation::{Registrant, validate};
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::oauth::scope::ACCOUNT;

#[derive(Subcommand)]
pub enum ClientCommand {
    /// Registers a client from a file with its metadata (RFC 7591, section 2) as JSON.
    Add {
        /// The metadata.
        #[arg(long)]
        metadata: PathBuf,
        /// Vouch for it: people are not asked whether it may have what it asks for.
        #[arg(long)]
        first_party: bool,
    },
    /// Lists the clients.
    List,
    /// Removes a client with all its grants.
    Remove {
        /// The client's id.
        #[arg(allow_hyphen_values = true)]
        client_id: String,
    },
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: ClientCommand, config: &Config) -> Result<(), CommandError> {
    let pool = super::connect(&config.database).await?;
    match command {
        ClientCommand::Add {
            metadata,
            first_party,
        } => {
            let body = serde_json::from_str(&super::read(&metadata)?)
                .map_err(|error| format!("{}: {error}", metadata.display()))?;
            let catalogue = store::resource::load(&pool).await?;
            let mut permissions: BTreeSet<String> = catalogue.permissions().clone();
            if first_party {
                permissions.insert(ACCOUNT.to_owned());
            }
            let valid = validate(
                body,
                Registrant::Administrator {
                    permissions: &permissions,
                },
            )?;
            let mut new = NewClient::new(valid, Clock::default().now());
            new.client.first_party = first_party;
            let client_id = &new.client.client_id;
            let mut tx = pool.begin().await?;
            store::client::insert(&mut *tx, &new.client).await?;
            super::note(&mut *tx, &Event::ClientRegistered, Some(client_id)).await?;
            tx.commit().await?;
            println!("client_id      {}", new.client.client_id);
            if let Some(secret) = new.client_secret {
                println!("client_secret  {}   (shown this once)", secret.expose());
            }
        }
        ClientCommand::List => {
            let mut after = None;
            loop {
                let page = store::client::list(&pool, after.as_deref(), 100).await?;
                for client in &page {
                    let name = client.metadata.client_name.as_deref().unwrap_or_default();
                    // A reader that went away, like `head`, has read enough.
                    let _ = writeln!(std::io::stdout(), "{}  {name}", client.client_id);
                }
                match page.last() {
                    Some(last) => after = Some(last.client_id.clone()),
                    None => break,
                }
            }
        }
        ClientCommand::Remove { client_id } => {
            let mut tx = pool.begin().await?;
            if !store::client::delete(&mut tx, &client_id).await? {
                return Err(format!("there is no client {client_id}").into());
            }
            super::note(&mut *tx, &Event::ClientDeleted, Some(&client_id)).await?;
            tx.commit().await?;
            println!("{client_id} was removed");
        }
    }
    Ok(())
}
