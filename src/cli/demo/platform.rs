//! What the booking platform has beside people: roles, APIs, clients. Each step says what it changed, in
//! the words of the trail of security events.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::audit::Event;
use crate::cli::CommandError;
use crate::clients::model::NewClient;
use crate::clients::resources::{Permission, Resource};
use crate::clients::store;
use crate::clients::validation::{Registrant, validate};
use crate::foundation::secret::Secret;
use crate::oauth::scope::ACCOUNT;

const ALL_PERMISSIONS: [&str; 4] = [
    "artists:read",
    "artists:write",
    "bookings:read",
    "bookings:write",
];

/// Roles and APIs: no secret in them. Run it in a transaction.
pub(super) async fn roles_and_apis(conn: &mut PgConnection) -> Result<Vec<Event>, CommandError> {
    let mut changes = Vec::new();
    for (role, permissions) in [
        // Administrators read the trail of security events, too.
        (
            "admin",
            json!([ALL_PERMISSIONS.as_slice(), &["audit:read"]].concat()),
        ),
        (
            "manager",
            json!([
                "artists:read",
                "artists:write",
                "bookings:read",
                "bookings:write"
            ]),
        ),
        ("customer", json!(["artists:read", "bookings:read"])),
    ] {
        // A role that the platform's people changed stays as they made it.
        let added = sqlx::query!(
            "INSERT INTO role (name, permissions) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            role,
            permissions
        )
        .execute(&mut *conn)
        .await?;
        if added.rows_affected() == 1 {
            changes.push(Event::RoleSet { role: role.into() });
        }
    }
    let known = store::resource::load(&mut *conn).await?;
    for resource in [
        Resource {
            identifier: "http://localhost:3003".into(),
            name: "public-api".into(),
            permissions: permissions(&["artists:read"]),
        },
        Resource {
            identifier: "http://localhost:3004".into(),
            name: "admin-api".into(),
            permissions: permissions(&ALL_PERMISSIONS),
        },
    ] {
        if !known.resources().contains(&resource) {
            store::resource::upsert(&mut *conn, &resource).await?;
            changes.push(Event::ResourceSet {
                resource: resource.identifier,
            });
        }
    }
    Ok(changes)
}

/// In the order of their names, as the table gives them back.
fn permissions(names: &[&str]) -> Vec<Permission> {
    names
        .iter()
        .map(|name| {
            let (en, fr) = match *name {
                "artists:read" => ("See the artists", "Consulter les artistes"),
                "artists:write" => (
                    "Add, change and remove artists",
                    "Ajouter, modifier et supprimer des artistes",
                ),
                "bookings:read" => ("See your bookings", "Consulter vos réservations"),
                _ => (
                    "Make, change and cancel bookings",
                    "Créer, modifier et annuler des réservations",
                ),
            };
            Permission {
                name: (*name).to_owned(),
                description_en: en.to_owned(),
                description_fr: fr.to_owned(),
            }
        })
        .collect()
}

/// Adds a client, or makes the one of that identifier what it should be.
pub(super) async fn client(
    conn: &mut PgConnection,
    client_id: &str,
    metadata: Value,
    secret: Option<&str>,
    first_party: bool,
    now: OffsetDateTime,
) -> Result<Option<Event>, CommandError> {
    let permissions = ALL_PERMISSIONS
        .into_iter()
        .chain(first_party.then_some(ACCOUNT));
    let permissions: BTreeSet<String> = permissions.map(str::to_owned).collect();
    let body: Map<String, Value> = serde_json::from_value(metadata)?;
    let valid = validate(
        body,
        Registrant::Administrator {
            permissions: &permissions,
        },
    )?;
    let mut client = NewClient::with_id(client_id.to_owned(), valid, now).client;
    client.secret_hash = secret.map(|secret| Secret::new(secret).hash());
    client.first_party = first_party;
    let known = store::client::find(&mut *conn, client_id).await?;
    let is_same = known.as_ref().is_some_and(|known| {
        known.metadata == client.metadata
            && known.first_party == first_party
            && match (&known.secret_hash, &client.secret_hash) {
                (Some(known), Some(secret)) => known.matches(secret),
                (None, None) => true,
                _ => false,
            }
    });
    if is_same {
        return Ok(None);
    }
    store::client::upsert(conn, &client).await?;
    Ok(Some(match known {
        None => Event::ClientRegistered,
        Some(_) => Event::ClientReplaced,
    }))
}
