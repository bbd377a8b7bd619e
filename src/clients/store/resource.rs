//! The tables `resource_server` and `resource_permission`.

use sqlx::{PgConnection, PgExecutor};

use crate::clients::resources::{Permission, Resource, ResourceCatalogue};

/// All resource servers with their permissions.
pub async fn load(executor: impl PgExecutor<'_>) -> Result<ResourceCatalogue, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT s.identifier, s.name, p.permission AS "permission?",
             p.description_en AS "description_en?", p.description_fr AS "description_fr?"
           FROM resource_server s LEFT JOIN resource_permission p ON p.resource = s.identifier
           ORDER BY s.identifier, p.permission"#
    )
    .fetch_all(executor)
    .await?;
    let mut resources: Vec<Resource> = Vec::new();
    for row in rows {
        if resources
            .last()
            .is_none_or(|last| last.identifier != row.identifier)
        {
            resources.push(Resource {
                identifier: row.identifier,
                name: row.name,
                permissions: Vec::new(),
            });
        }
        let permission = row
            .permission
            .zip(row.description_en)
            .zip(row.description_fr);
        if let (Some(resource), Some(((name, description_en), description_fr))) =
            (resources.last_mut(), permission)
        {
            resource.permissions.push(Permission {
                name,
                description_en,
                description_fr,
            });
        }
    }
    Ok(ResourceCatalogue::new(resources))
}

/// Adds a resource server or makes the one of the same identifier equal to `resource`. Run it in a
/// transaction.
pub async fn upsert(connection: &mut PgConnection, resource: &Resource) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO resource_server (identifier, name) VALUES ($1, $2)
         ON CONFLICT (identifier) DO UPDATE SET name = excluded.name",
        resource.identifier,
        resource.name,
    )
    .execute(&mut *connection)
    .await?;
    let column = |of: fn(&Permission) -> &String| -> Vec<String> {
        resource
            .permissions
            .iter()
            .map(|permission| of(permission).clone())
            .collect()
    };
    let names = column(|permission| &permission.name);
    sqlx::query!(
        "DELETE FROM resource_permission WHERE resource = $1 AND permission <> ALL ($2)",
        resource.identifier,
        &names,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "INSERT INTO resource_permission (resource, permission, description_en, description_fr)
         SELECT $1, new.name, new.en, new.fr
         FROM unnest($2::text[], $3::text[], $4::text[]) AS new (name, en, fr)
         ON CONFLICT (resource, permission) DO UPDATE
         SET description_en = excluded.description_en, description_fr = excluded.description_fr",
        resource.identifier,
        &names,
        &column(|permission| &permission.description_en),
        &column(|permission| &permission.description_fr),
    )
    .execute(&mut *connection)
    .await?;
    Ok(())
}
