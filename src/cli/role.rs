//! `auth-api role …`: the seed's table `role`.

use clap::Subcommand;
use serde_json::json;

use super::CommandError;
use crate::app::db;
use crate::config::Config;

#[derive(Subcommand)]
pub enum RoleCommand {
    /// Adds a role, or gives the one of the same name exactly these permissions. Tokens have them
    /// from the next exchange or refresh on.
    Set {
        /// The role's name.
        #[arg(long)]
        name: String,
        /// A permission such as invoices:read; repeat it for several.
        #[arg(long = "permission")]
        permissions: Vec<String>,
    },
    /// Lists the roles with their permissions.
    List,
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: RoleCommand, config: &Config) -> Result<(), CommandError> {
    let pool = db::connect(&config.database).await?;
    match command {
        RoleCommand::Set { name, permissions } => {
            sqlx::query!(
                "INSERT INTO role (name, permissions) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions",
                name,
                json!(permissions),
            )
            .execute(&pool)
            .await?;
            println!("{name} has {}", permissions.join(" "));
        }
        RoleCommand::List => {
            let roles = sqlx::query!("SELECT name, permissions FROM role ORDER BY name")
                .fetch_all(&pool)
                .await?;
            for role in roles {
                println!("{}  {}", role.name, role.permissions);
            }
        }
    }
    Ok(())
}
