//! `auth-api resource …`: the APIs that accept our access tokens (RFC 8707).

use std::path::PathBuf;

use clap::Subcommand;
use serde::Deserialize;
use url::Url;

use super::CommandError;
use crate::app::db;
use crate::audit::Event;
use crate::clients::resources::{Permission, Resource};
use crate::clients::store;
use crate::config::Config;

#[derive(Subcommand)]
pub enum ResourceCommand {
    /// Adds an API, or makes the one of the same identifier equal to the file:
    /// {"identifier": URL, "name": "…", "permissions": [{"name": "invoices:read",
    /// "description_en": "See your invoices", "description_fr": "Consulter vos factures"}]}.
    Set {
        /// The file.
        #[arg(long)]
        file: PathBuf,
        /// The client by which the API itself may introspect the tokens that are for it.
        #[arg(long, allow_hyphen_values = true)]
        client: Option<String>,
    },
    /// Lists the APIs with their permissions.
    List,
    /// Removes an API: no new token is for it.
    Remove {
        /// Its identifier.
        #[arg(allow_hyphen_values = true)]
        identifier: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    identifier: String,
    name: String,
    permissions: Vec<DescribedPermission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedPermission {
    name: String,
    description_en: String,
    description_fr: String,
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: ResourceCommand, config: &Config) -> Result<(), CommandError> {
    let pool = db::connect(&config.database).await?;
    match command {
        ResourceCommand::Set { file, client } => {
            let described: Described = serde_json::from_slice(&std::fs::read(file)?)?;
            let resource = checked(described)?;
            let mut transaction = pool.begin().await?;
            if let Some(client) = &client
                && store::client::find(&mut *transaction, client)
                    .await?
                    .is_none()
            {
                return Err(format!("there is no client {client}").into());
            }
            store::resource::upsert(&mut transaction, &resource).await?;
            sqlx::query!(
                "UPDATE resource_server SET client_id = $2 WHERE identifier = $1",
                resource.identifier,
                client,
            )
            .execute(&mut *transaction)
            .await?;
            let resource_set = Event::ResourceSet {
                resource: resource.identifier.clone(),
            };
            super::note(&mut *transaction, &resource_set, None).await?;
            transaction.commit().await?;
            println!(
                "{} is there; replicas see it within 30 s",
                resource.identifier
            );
        }
        ResourceCommand::List => {
            for resource in store::resource::load(&pool).await?.resources() {
                let names: Vec<&str> = resource
                    .permissions
                    .iter()
                    .map(|permission| permission.name.as_str())
                    .collect();
                println!(
                    "{}  {}  {}",
                    resource.identifier,
                    resource.name,
                    names.join(" ")
                );
            }
        }
        ResourceCommand::Remove { identifier } => {
            let mut transaction = pool.begin().await?;
            let done = sqlx::query!(
                "DELETE FROM resource_server WHERE identifier = $1",
                identifier
            )
            .execute(&mut *transaction)
            .await?;
            if done.rows_affected() == 0 {
                return Err(format!("there is no API {identifier}").into());
            }
            let removed = Event::ResourceRemoved {
                resource: identifier.clone(),
            };
            super::note(&mut *transaction, &removed, None).await?;
            transaction.commit().await?;
            println!("{identifier} was removed");
        }
    }
    Ok(())
}

/// RFC 8707, section 2: an absolute URI without fragment. A permission has a colon, so that it is
/// never an identity scope.
fn checked(described: Described) -> Result<Resource, CommandError> {
    let Described {
        identifier,
        name,
        permissions,
    } = described;
    if Url::parse(&identifier).is_err() || identifier.contains('#') {
        return Err(format!("{identifier} is no absolute URI without fragment").into());
    }
    let is_name = |name: &str| {
        name.split_once(':')
            .is_some_and(|(what, act)| !what.is_empty() && !act.is_empty())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-:".contains(&b))
    };
    if let Some(wrong) = permissions
        .iter()
        .find(|permission| !is_name(&permission.name))
    {
        return Err(format!("{} is no permission like invoices:read", wrong.name).into());
    }
    let permissions = permissions
        .into_iter()
        .map(|permission| Permission {
            name: permission.name,
            description_en: permission.description_en,
            description_fr: permission.description_fr,
        })
        .collect();
    Ok(Resource {
        identifier,
        name,
        permissions,
    })
}
