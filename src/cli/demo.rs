//! Demo data: the booking platform's roles, APIs, clients and people. With its published passwords
//! and secrets it exists in `dev` and in tests only; `auth-api demo` adds, for `docker compose`, what
//! needs no secret, and one client with a secret of its own.

mod clients;
mod platform;

use std::path::PathBuf;

use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;

use self::clients::{booking_app, booking_batch, booking_mobile, booking_spa};
use self::platform::{client, roles_and_apis};
use super::CommandError;
use crate::authn::password::Passwords;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::foundation::secret::Secret;

const BOOKING_APP_SECRET: &str = "booking-app-secret";
const BOOKING_BATCH_SECRET: &str = "booking-batch-secret";

/// The demo users' password.
pub const PASSWORD: &str = "Demo-booking-2026";

/// Adds everything, with the published passwords and secrets. The trail of security events says
/// nothing of it: a server that plays makes what it plays with.
///
/// # Errors
/// When the database fails.
pub async fn seed(
    pool: &PgPool,
    passwords: &Passwords,
    now: OffsetDateTime,
) -> Result<(), CommandError> {
    let mut tx = pool.begin().await?;
    roles_and_apis(&mut tx).await?;
    for (client_id, metadata, secret, first_party) in [
        (
            "booking-app",
            booking_app(),
            Some(BOOKING_APP_SECRET),
            false,
        ),
        ("booking-spa", booking_spa(), None, false),
        ("booking-mobile", booking_mobile(), None, true),
        (
            "booking-batch",
            booking_batch(),
            Some(BOOKING_BATCH_SECRET),
            false,
        ),
    ] {
        client(&mut tx, client_id, metadata, secret, first_party, now).await?;
    }
    tx.commit().await?;
    for (role, given_name, family_name) in [
        ("admin", "Ada", "Martin"),
        ("manager", "Maxime", "Roux"),
        ("customer", "Camille", "Durand"),
    ] {
        person(pool, passwords, role, given_name, family_name).await?;
    }
    Ok(())
}

/// The demo people, and the clients with a published secret, that a database has.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let people: Vec<String> = ["admin", "manager", "customer"].map(email_of).to_vec();
    let secrets: Vec<Vec<u8>> = [BOOKING_APP_SECRET, BOOKING_BATCH_SECRET]
        .map(|secret| Secret::new(secret).hash().to_vec())
        .to_vec();
    sqlx::query_scalar!(
        r#"
        SELECT email::text AS "name!" FROM users WHERE email = ANY ($1)
        UNION ALL
        SELECT client_id FROM client WHERE client_secret_hash = ANY ($2)
        "#,
        &people,
        &secrets,
    )
    .fetch_all(pool)
    .await
}

fn email_of(role: &str) -> String {
    format!("{role}@booking.test")
}

/// What `dev` prints when it is ready.
pub fn banner(issuer: &str) -> String {
    format!(
        "
auth-api is running.

  Server         {issuer}
  Discovery      {issuer}/.well-known/openid-configuration
  API reference  {issuer}/docs
  Mail           {issuer}/dev/mail

  People (password {PASSWORD})
    admin@booking.test      role admin
    manager@booking.test    role manager
    customer@booking.test   role customer

  Clients
    booking-app     secret booking-app-secret     http://localhost:3002/callback
    booking-spa     public, PKCE                  http://localhost:3005/callback,
                                                  http://127.0.0.1/callback (any port)
    booking-mobile  public, first-party           {issuer}/api/auth/login
    booking-batch   secret booking-batch-secret   client credentials

  The booking apps: run `cargo xtask booking` in another terminal, then open
  http://localhost:3002. Ctrl-C stops the server."
    )
}

/// `auth-api demo`.
#[derive(clap::Args)]
pub struct DemoCommand {
    /// The file with the secret of the client `booking-app`.
    #[arg(long)]
    client_secret_file: PathBuf,
}

/// Adds roles, APIs and the client `booking-app` with the given secret; nobody to sign in as. What that
/// changed is noted, as of every command: not what was there already, for `docker compose up` runs it
/// each time.
///
/// # Errors
/// When the secret is the published one, or the database fails.
pub async fn run(command: DemoCommand, config: &Config) -> Result<(), CommandError> {
    let secret = super::read(&command.client_secret_file)?;
    let secret = secret.trim();
    if secret.len() < 32 || secret == BOOKING_APP_SECRET {
        return Err("the client's secret must be random, 32 characters at least".into());
    }
    let pool = super::connect(&config.database).await?;
    let mut tx = pool.begin().await?;
    for event in roles_and_apis(&mut tx).await? {
        super::note(&mut *tx, &event, None).await?;
    }
    let now = Clock::default().now();
    let id = "booking-app";
    if let Some(event) = client(&mut tx, id, booking_app(), Some(secret), false, now).await? {
        super::note(&mut *tx, &event, Some(id)).await?;
    }
    tx.commit().await?;
    println!("the booking platform's roles, APIs and client are there");
    Ok(())
}

/// A person with every standard claim. Whoever changed theirs keeps the change.
async fn person(
    pool: &PgPool,
    passwords: &Passwords,
    role: &str,
    given_name: &str,
    family_name: &str,
) -> Result<(), CommandError> {
    let email = email_of(role);
    let known = sqlx::query_scalar!("SELECT id_user FROM users WHERE email = $1", email)
        .fetch_optional(pool)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let hash = passwords.hash(Secret::new(PASSWORD)).await?;
    let mut tx = pool.begin().await?;
    let id_user = sqlx::query_scalar!(
        "INSERT INTO users (email, password_hash, role_id)
         VALUES ($1, $2, (SELECT id_role FROM role WHERE name = $3)) RETURNING id_user",
        email,
        hash.expose(),
        role,
    )
    .fetch_one(&mut *tx)
    .await?;
    let nickname = given_name.to_lowercase();
    sqlx::query!(
        "UPDATE user_account SET
           email_verified = true, name = $2, given_name = $3, family_name = $4,
           middle_name = 'Lou', nickname = $5, preferred_username = $5,
           profile = 'https://booking.test/people/' || $5,
           picture = 'https://booking.test/people/' || $5 || '.png',
           website = 'https://' || $5 || '.booking.test/', gender = 'female',
           birthdate = '1990-05-17', zoneinfo = 'Europe/Paris', locale = 'fr-FR',
           phone_number = '+33 1 23 45 67 89', phone_number_verified = true, address = $6
         WHERE id_user = $1",
        id_user,
        format!("{given_name} {family_name}"),
        given_name,
        family_name,
        nickname,
        json!({
            "formatted": "12 rue de la Paix\n75002 Paris\nFrance",
            "street_address": "12 rue de la Paix",
            "locality": "Paris",
            "region": "Île-de-France",
            "postal_code": "75002",
            "country": "France",
        }),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
