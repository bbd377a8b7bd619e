//! `auth-api user …`.

mod add;
mod address;
mod desk;
mod factors;
mod fate;
mod look;
mod role;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sqlx::PgPool;
use uuid::Uuid;

use super::CommandError;
use crate::config::Config;
use crate::users::User;
use crate::users::store::{find_by_email, find_by_sub};

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
        #[command(flatten)]
        who: Who,
        /// The name of a row of the table `role`; none if left out.
        #[arg(long)]
        role: Option<String>,
    },
    /// Lists the people: `sub`, state, role, address.
    List {
        /// Only those whose address contains this.
        #[arg(long, allow_hyphen_values = true)]
        email: Option<String>,
    },
    /// Shows what protects an account and what becomes of it.
    Show(Who),
    /// Nobody signs in to the account; its sessions and tokens end at once.
    Disable(Who),
    /// Takes `disable` back.
    Enable(Who),
    /// Deletes an account as its owner would: it can be restored until the grace period is over.
    Delete(Who),
    /// Takes a deletion back, within the grace period.
    Restore(Who),
    /// Gives an account another address, for somebody whose account was taken over: sessions, tokens, the
    /// password and every mailed link end. Make sure that it is them who ask.
    SetEmail {
        #[command(flatten)]
        who: Who,
        /// The address to sign in with from now on.
        #[arg(long, allow_hyphen_values = true)]
        to: String,
    },
    /// Takes every second factor and recovery code off, for somebody who lost them all. Make sure that
    /// it is them who ask.
    ResetFactors(Who),
}

/// Which person is meant.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Who {
    /// Their address.
    #[arg(long, allow_hyphen_values = true)]
    email: Option<String>,
    /// Their `sub`.
    #[arg(long)]
    sub: Option<Uuid>,
}

impl Who {
    async fn find(&self, pool: &PgPool) -> Result<User, CommandError> {
        let (found, name) = match (&self.email, self.sub) {
            (Some(email), _) => {
                let found = find_by_email(pool, email).await?;
                (found.map(|found| found.user), email.clone())
            }
            (None, Some(sub)) => (find_by_sub(pool, sub).await?, sub.to_string()),
            // clap lets nobody get here.
            (None, None) => (None, String::new()),
        };
        found.ok_or_else(|| format!("there is no user {name}").into())
    }
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
        } => add::run(&pool, &email, role.as_deref(), &password_file).await,
        UserCommand::Role { who, role } => {
            role::run(&pool, &who.find(&pool).await?, role.as_deref()).await
        }
        UserCommand::List { email } => look::list(&pool, email.as_deref()).await,
        UserCommand::Show(who) => look::show(&pool, &who.find(&pool).await?).await,
        UserCommand::Disable(who) => fate::disable(&pool, &who.find(&pool).await?).await,
        UserCommand::Enable(who) => fate::enable(&pool, &who.find(&pool).await?).await,
        UserCommand::Delete(who) => fate::delete(&pool, config, &who.find(&pool).await?).await,
        UserCommand::Restore(who) => fate::restore(&pool, config, &who.find(&pool).await?).await,
        UserCommand::SetEmail { who, to } => {
            address::set(&pool, config, &who.find(&pool).await?, &to).await
        }
        UserCommand::ResetFactors(who) => {
            factors::reset(&pool, config, &who.find(&pool).await?).await
        }
    }
}
