//! What an access token is for: its audience, and the scope that the audience allows (RFC 8707,
//! section 2.2). A permission reaches a token only where the scope and the resource allow it.

use std::collections::HashSet;

use crate::clients::resources::ResourceCatalogue;
use crate::oauth::scope::{Scope, is_identity};

/// Audience and scope of one access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Resource indicators; the issuer itself for UserInfo.
    pub audience: Vec<String>,
    pub scope: Scope,
}

impl Target {
    /// The target of a person's grant: the resources asked for now, else all that were granted, else
    /// UserInfo.
    pub fn of_grant(
        issuer: &str,
        catalogue: &ResourceCatalogue,
        granted: &[String],
        asked: &[String],
        scope: &Scope,
    ) -> Self {
        let audience = match (asked, granted) {
            ([], []) => vec![issuer.to_owned()],
            ([], granted) => granted.to_vec(),
            (asked, _) => asked.to_vec(),
        };
        Self::within(issuer, catalogue, audience, scope)
    }

    /// The target of a client's own token: the resources asked for, else all that understand one of
    /// the permissions, else this server.
    pub fn of_client(
        issuer: &str,
        catalogue: &ResourceCatalogue,
        asked: &[String],
        scope: &Scope,
    ) -> Self {
        let mut audience = asked.to_vec();
        if audience.is_empty() {
            audience = catalogue
                .resources()
                .iter()
                .filter(|resource| resource.permissions.iter().any(|p| scope.contains(&p.name)))
                .map(|resource| resource.identifier.clone())
                .collect();
        }
        if audience.is_empty() {
            audience.push(issuer.to_owned());
        }
        Self::within(issuer, catalogue, audience, scope)
    }

    /// Identity scopes are for UserInfo, which is the issuer's; permissions for the APIs that
    /// understand them. `roles` and `offline_access` go anywhere: the first says who the person is
    /// to every API, the second nothing at all.
    fn within(
        issuer: &str,
        catalogue: &ResourceCatalogue,
        mut audience: Vec<String>,
        scope: &Scope,
    ) -> Self {
        // RFC 8707, section 2: `resource` may be repeated; the same one twice means it once.
        let mut seen = HashSet::new();
        audience.retain(|resource| seen.insert(resource.clone()));
        let has_userinfo = audience.iter().any(|resource| resource == issuer);
        let scope = scope.filter(|value| match value {
            "roles" | "offline_access" => true,
            identity if is_identity(identity) => has_userinfo,
            permission => catalogue
                .understanding(permission)
                .any(|resource| audience.contains(&resource.identifier)),
        });
        Self { audience, scope }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::resources::{Permission, Resource};

    fn catalogue() -> ResourceCatalogue {
        let resource = |identifier: &str, permission: &str| Resource {
            identifier: identifier.to_owned(),
            name: identifier.to_owned(),
            permissions: vec![Permission {
                name: permission.to_owned(),
                description_en: String::new(),
                description_fr: String::new(),
            }],
        };
        ResourceCatalogue::new(vec![resource("a", "x:read"), resource("b", "y:write")])
    }

    fn target(granted: &[&str], asked: &[&str], scope: &str) -> (Vec<String>, String) {
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let scope = Scope::parse(scope).unwrap();
        let target = Target::of_grant("me", &catalogue(), &list(granted), &list(asked), &scope);
        (target.audience, target.scope.to_string())
    }

    #[test]
    fn a_permission_needs_its_resource() {
        let all = "openid roles x:read y:write z:none";
        assert_eq!(
            target(&[], &[], all),
            (vec!["me".into()], "openid roles".into())
        );
        assert_eq!(
            target(&["a", "b"], &["b"], all),
            (vec!["b".into()], "roles y:write".into())
        );
        assert_eq!(
            target(&["me", "a"], &[], all),
            (vec!["me".into(), "a".into()], "openid roles x:read".into())
        );
    }
}
