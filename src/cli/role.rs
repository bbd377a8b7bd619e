//! `auth-api role …`: the seed's table `role`, and what a role demands of those who have it.

use clap::Subcommand;
use serde_json::json;

use super::CommandError;
use crate::app::db;
use crate::audit::Event;
use crate::config::Config;

#[derive(Subcommand)]
pub enum RoleCommand {
    /// Adds a role, or gives the one of the same name exactly these permissions. Tokens have them
    /// from the next exchange or refresh on.
    Set {
        /// The role's name.
        #[arg(long)]
        name: String,
        /// A permission such as invoices:read; repeat it for several. Where none is named beside
        /// `--second-factor-required`, a role keeps those that it has.
        #[arg(long = "permission")]
        permissions: Vec<String>,
        /// Whoever has the role signs in with a second factor: true if no value is given, or false.
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        second_factor_required: Option<bool>,
    },
    /// Lists the roles with their permissions.
    List,
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: RoleCommand, config: &Config) -> Result<(), CommandError> {
    let pool = db::connect(&config.database).await?;
    match command {
        RoleCommand::Set {
            name,
            permissions,
            second_factor_required,
        } => {
            let keeps = permissions.is_empty() && second_factor_required.is_some();
            let mut tx = pool.begin().await?;
            let role = sqlx::query!(
                r#"
                INSERT INTO role (name, permissions) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET
                  permissions = CASE WHEN $3 THEN role.permissions ELSE excluded.permissions END
                RETURNING id_role, permissions
                "#,
                name,
                json!(permissions),
                keeps,
            )
            .fetch_one(&mut *tx)
            .await?;
            if let Some(required) = second_factor_required {
                sqlx::query!(
                    "INSERT INTO role_policy (id_role, second_factor_required) VALUES ($1, $2)
                     ON CONFLICT (id_role) DO UPDATE SET
                       second_factor_required = excluded.second_factor_required",
                    role.id_role,
                    required,
                )
                .execute(&mut *tx)
                .await?;
            }
            super::note(&mut *tx, &Event::RoleSet { role: name.clone() }, None).await?;
            tx.commit().await?;
            if keeps {
                println!("{name} has {}", role.permissions);
            } else {
                println!("{name} has {}", permissions.join(" "));
            }
            match second_factor_required {
                Some(true) => println!("{name} demands a second factor"),
                Some(false) => println!("{name} demands no second factor"),
                None => {}
            }
        }
        RoleCommand::List => {
            let roles = sqlx::query!(
                r#"
                SELECT name, permissions,
                       coalesce(second_factor_required, false) AS "second_factor_required!"
                FROM role LEFT JOIN role_policy USING (id_role) ORDER BY name
                "#
            )
            .fetch_all(&pool)
            .await?;
            for role in roles {
                let demands = if role.second_factor_required {
                    "  demands a second factor"
                } else {
                    ""
                };
                println!("{}  {}{demands}", role.name, role.permissions);
            }
        }
    }
    Ok(())
}
