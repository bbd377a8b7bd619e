//! `auth-api registration-token`.

use std::time::Duration;

use super::CommandError;
use crate::audit::Event;
use crate::clients::store::initial_access_token;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::foundation::secret::Secret;

/// Makes an initial access token (RFC 7591, section 3) and prints it: it is not kept in plain.
#[derive(clap::Args)]
pub struct RegistrationTokenCommand {
    /// Who it is for.
    #[arg(long)]
    label: String,
    /// How many clients it may register.
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// How many days it is good.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
}

/// # Errors
/// When the database fails.
pub async fn run(command: RegistrationTokenCommand, config: &Config) -> Result<(), CommandError> {
    let pool = super::connect(&config.database).await?;
    let token = Secret::generate();
    let now = Clock::default().now();
    let expires_at = now + Duration::from_hours(24) * command.days;
    let mut tx = pool.begin().await?;
    initial_access_token::create(
        &mut *tx,
        &token.hash(),
        &command.label,
        command.uses,
        now,
        expires_at,
    )
    .await?;
    super::note(&mut *tx, &Event::RegistrationTokenMade, None).await?;
    tx.commit().await?;
    println!("{}", token.expose());
    Ok(())
}
