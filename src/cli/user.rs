//! `auth-api user …`.

use std::path::PathBuf;

use clap::Subcommand;

use super::CommandError;
use crate::authn::password::Passwords;
use crate::config::Config;
use crate::foundation::secret::Secret;
use crate::users::store::find_by_email;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Adds a person.
    Add {
        /// The address to sign in with.
        #[arg(long, allow_hyphen_values = true)]
        email: String,
        /// The name of a row of the table `role`.
        #[arg(long)]
        role: Option<String>,
        /// A file with the password: an argument would stand in the process list.
        #[arg(long)]
        password_file: PathBuf,
    },
    /// Gives a person another role, or none.
    Role {
        /// The person's address.
        #[arg(long, allow_hyphen_values = true)]
        email: String,
        /// The name of a row of the table `role`; none if left out.
        #[arg(long)]
        role: Option<String>,
    },
}

/// # Errors
/// What went wrong, in plain words.
pub async fn run(command: UserCommand, config: &Config) -> Result<(), CommandError> {
    let pool = super::connect(&config.database).await?;
    match command {
        UserCommand::Add {
            email,
            role,
            password_file,
        } => {
            let password = super::read(&password_file)?;
            let password = password.trim_end_matches(['\r', '\n']);
            if password.chars().count() < 8 {
                return Err("the password must have at least 8 characters".into());
            }
            if password == super::demo::PASSWORD {
                return Err("this password is published: choose another one".into());
            }
            // Also where only the case differs: at sign-in, the older one would be meant.
            if find_by_email(&pool, &email).await?.is_some() {
                return Err(format!("there is a user {email} already").into());
            }
            let role_id = role_id(&pool, role.as_deref()).await?;
            let hash = Passwords::new()?.hash(Secret::new(password)).await?;
            sqlx::query!(
                "INSERT INTO users (email, password_hash, role_id) VALUES ($1, $2, $3)",
                email.trim(),
                hash.expose(),
                role_id,
            )
            .execute(&pool)
            .await?;
            println!("{email} was added");
        }
        UserCommand::Role { email, role } => {
            let role_id = role_id(&pool, role.as_deref()).await?;
            let Some(found) = find_by_email(&pool, &email).await? else {
                return Err(format!("there is no user {email}").into());
            };
            sqlx::query!(
                "UPDATE users SET role_id = $2 WHERE id_user = $1",
                found.user.id_user,
                role_id
            )
            .execute(&pool)
            .await?;
            println!("{email} has the role {}", role.as_deref().unwrap_or("none"));
        }
    }
    Ok(())
}

async fn role_id(pool: &sqlx::PgPool, name: Option<&str>) -> Result<Option<i32>, CommandError> {
    let Some(name) = name else { return Ok(None) };
    let found = sqlx::query_scalar!("SELECT id_role FROM role WHERE name = $1", name)
        .fetch_optional(pool)
        .await?;
    found
        .map(Some)
        .ok_or_else(|| format!("there is no role {name}").into())
}
