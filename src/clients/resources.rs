//! The APIs that accept our access tokens, and the permissions that each understands.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use sqlx::PgPool;

use super::store;

/// How long a replica may go on with an older catalogue.
const MAX_AGE: Duration = Duration::from_secs(30);

/// A resource server (RFC 8707).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The resource indicator: the audience of its access tokens.
    pub identifier: String,
    /// The name, for administrators and consent pages.
    pub name: String,
    pub permissions: Vec<Permission>,
}

/// A permission that a resource server understands; also a scope value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Like `bookings:read`.
    pub name: String,
    /// What a person reads on the consent page.
    pub description_en: String,
    pub description_fr: String,
}

/// Every resource server.
#[derive(Clone, Debug, Default)]
pub struct ResourceCatalogue {
    resources: Vec<Resource>,
    permissions: BTreeSet<String>,
}

impl ResourceCatalogue {
    /// A catalogue of these resource servers.
    pub fn new(resources: Vec<Resource>) -> Self {
        let permissions = resources
            .iter()
            .flat_map(|resource| &resource.permissions)
            .map(|permission| permission.name.clone())
            .collect();
        Self {
            resources,
            permissions,
        }
    }

    /// All resource servers, by identifier.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The names of all permissions.
    pub fn permissions(&self) -> &BTreeSet<String> {
        &self.permissions
    }

    /// The resource server of that identifier, compared as text.
    pub fn find(&self, identifier: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.identifier == identifier)
    }

    /// The resource servers that understand a permission.
    pub fn understanding(&self, permission: &str) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.permissions.iter().any(|p| p.name == permission))
    }
}

/// The catalogue in memory.
#[derive(Clone, Debug)]
pub struct Resources {
    pool: PgPool,
    cache: Cache<(), Arc<ResourceCatalogue>>,
}

impl Resources {
    /// A cache over the tables behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        let cache = Cache::builder()
            .max_capacity(1)
            .time_to_live(MAX_AGE)
            .build();
        Self { pool, cache }
    }

    /// The catalogue, at most half a minute old.
    pub async fn get(&self) -> Result<Arc<ResourceCatalogue>, sqlx::Error> {
        if let Some(catalogue) = self.cache.get(&()) {
            return Ok(catalogue);
        }
        let catalogue = Arc::new(store::resource::load(&self.pool).await?);
        self.cache.insert((), Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// Forgets the catalogue, after a change by this process.
    pub fn invalidate(&self) {
        self.cache.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_leads_to_the_resources_that_understand_it() {
        let resource = |identifier: &str, permissions: &[&str]| Resource {
            identifier: identifier.to_owned(),
            name: identifier.to_owned(),
            permissions: permissions
                .iter()
                .map(|name| Permission {
                    name: (*name).to_owned(),
                    description_en: String::new(),
                    description_fr: String::new(),
                })
                .collect(),
        };
        let catalogue = ResourceCatalogue::new(vec![
            resource("https://a.example", &["bookings:read", "bookings:write"]),
            resource("https://b.example", &["bookings:read"]),
        ]);
        assert_eq!(catalogue.understanding("bookings:read").count(), 2);
        assert_eq!(catalogue.understanding("bookings:write").count(), 1);
        assert_eq!(catalogue.permissions().len(), 2);
        assert!(catalogue.find("https://a.example").is_some());
        assert!(catalogue.find("https://a.example/").is_none());
    }
}
