//! Claims about a person: which were asked for, and their values (OpenID Connect Core 1.0,
//! sections 5.1, 5.4 and 5.5).

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::scope::{Scope, is_identity};
use crate::app::App;
use crate::clients::Client;
use crate::clients::metadata::SubjectType;
use crate::keys::KeysError;
use crate::users::User;

/// Claims that a `claims` parameter may name; also `claims_supported`.
pub const SUPPORTED: [&str; 29] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
];

/// Claims of our own, for the scope `roles`.
pub const ROLES: [&str; 2] = ["roles", "permissions"];

/// More entries than any sensible request has.
const MAX_REQUESTED: usize = 60;

/// Longer than any sensible request, in bytes: it is kept in the continuation and in the grant.
const MAX_LENGTH: usize = 8192;

/// One requested claim (section 5.5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    #[serde(default)]
    pub essential: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

impl Requested {
    /// Whether a value answers the request: any does when none was named.
    pub fn accepts(&self, value: &Value) -> bool {
        match (&self.value, self.values.as_slice()) {
            (None, []) => true,
            (wanted, others) => wanted.as_ref() == Some(value) || others.contains(value),
        }
    }
}

type Member = BTreeMap<String, Option<Requested>>;

/// The `claims` request parameter (section 5.5), bounded; unknown members and claims are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: Member,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: Member,
}

impl ClaimsRequest {
    /// Parses the parameter; `None` where it is not of the form of section 5.5.
    pub fn parse(text: &str) -> Option<Self> {
        // JSON can escape NUL, and no column of Postgres can hold it.
        if text.len() > MAX_LENGTH || text.contains("\\u0000") {
            return None;
        }
        // A JSON object: serde would take an array of the members too.
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let mut request: Self = serde_json::from_str(text).ok()?;
        for member in [&mut request.userinfo, &mut request.id_token] {
            if member.len() > MAX_REQUESTED {
                return None;
            }
            member.retain(|name, _| {
                SUPPORTED.contains(&name.as_str()) || ROLES.contains(&name.as_str())
            });
        }
        Some(request)
    }

    /// The `acr` that an ID token is to have.
    pub fn acr(&self) -> Option<&Requested> {
        self.id_token.get("acr")?.as_ref()
    }

    /// The `sub` that the ID token must have (section 5.5.1), if one was named.
    pub fn wanted_sub(&self) -> Option<&Requested> {
        self.id_token
            .get("sub")?
            .as_ref()
            .filter(|requested| requested.value.is_some())
    }

    /// Names of the claims about the person, in either member: what consent must cover.
    pub fn personal(&self) -> impl Iterator<Item = &str> {
        self.userinfo
            .keys()
            .chain(self.id_token.keys())
            .map(String::as_str)
            .filter(|name| {
                CLAIMS_BY_SCOPE
                    .iter()
                    .any(|(_, claims)| claims.contains(name))
                    || ROLES.contains(name)
            })
    }
}

/// Section 5.4.
const CLAIMS_BY_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// The scope that a claim belongs to; a person who allowed the scope allowed the claim.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    if ROLES.contains(&claim) {
        return Some("roles");
    }
    CLAIMS_BY_SCOPE
        .iter()
        .find(|(_, claims)| claims.contains(&claim))
        .map(|(scope, _)| *scope)
}

/// The claims that UserInfo returns for a scope and the `userinfo` member of a request, without
/// `sub`. What the person does not have is left out, never sent empty (section 5.3.2).
pub fn for_userinfo(
    user: &User,
    scope: &Scope,
    request: Option<&ClaimsRequest>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    for (name, names) in CLAIMS_BY_SCOPE {
        if scope.contains(name) {
            for claim in names {
                insert(&mut claims, user, claim);
            }
        }
    }
    if scope.contains("roles") {
        insert_roles(&mut claims, user, &permissions(user, scope));
    }
    if let Some(request) = request {
        add_requested(&mut claims, user, scope, &request.userinfo);
    }
    claims
}

/// The claims that the ID token carries beside the protocol's own: those asked for by its member of
/// the `claims` parameter (section 5.5), for scope claims go to UserInfo in the code flow.
pub fn for_id_token(
    user: &User,
    scope: &Scope,
    request: Option<&ClaimsRequest>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    if let Some(request) = request {
        add_requested(&mut claims, user, scope, &request.id_token);
    }
    claims
}

fn add_requested(claims: &mut Map<String, Value>, user: &User, scope: &Scope, member: &Member) {
    for name in member.keys() {
        if ROLES.contains(&name.as_str()) {
            // Roles come through the scope `roles` only, on request in the ID token.
            if scope.contains("roles") {
                insert_roles(claims, user, &permissions(user, scope));
            }
        } else {
            insert(claims, user, name);
        }
    }
}

/// The user's permissions that the scope allows: a permission is a scope value too.
pub fn permissions<'a>(user: &'a User, scope: &Scope) -> Vec<&'a str> {
    user.permissions()
        .filter(|permission| scope.contains(permission))
        .collect()
}

/// The scope without the permissions that the user's role does not have.
#[must_use]
pub fn within_role(user: &User, scope: &Scope) -> Scope {
    scope.filter(|value| {
        is_identity(value) || user.permissions().any(|permission| permission == value)
    })
}

/// Adds `roles` and `permissions`.
pub fn insert_roles(claims: &mut Map<String, Value>, user: &User, permissions: &[&str]) {
    let roles: Vec<&str> = user.role.as_deref().into_iter().collect();
    claims.insert("roles".to_owned(), json!(roles));
    claims.insert("permissions".to_owned(), json!(permissions));
}

fn insert(claims: &mut Map<String, Value>, user: &User, name: &str) {
    let text = |value: &Option<String>| value.clone().map(Value::String);
    let value = match name {
        "name" => text(&user.name),
        "given_name" => text(&user.given_name),
        "family_name" => text(&user.family_name),
        "middle_name" => text(&user.middle_name),
        "nickname" => text(&user.nickname),
        "preferred_username" => text(&user.preferred_username),
        "profile" => text(&user.profile),
        "picture" => text(&user.picture),
        "website" => text(&user.website),
        "gender" => text(&user.gender),
        "birthdate" => text(&user.birthdate),
        "zoneinfo" => text(&user.zoneinfo),
        "locale" => text(&user.locale),
        "updated_at" => Some(json!(user.updated_at)),
        "email" => Some(json!(user.email)),
        "email_verified" => Some(json!(user.email_verified)),
        "phone_number" => text(&user.phone_number),
        "phone_number_verified" => user
            .phone_number
            .is_some()
            .then(|| json!(user.phone_number_verified)),
        "address" => user.address.clone(),
        _ => None,
    };
    if let Some(value) = value {
        claims.insert(name.to_owned(), value);
    }
}

/// The subject identifier that a client knows a person by (OpenID Connect Core 1.0, section 8):
/// public, or pairwise: HMAC-SHA-256 over sector and `sub` with the server's own salt.
///
/// # Errors
/// When the salt cannot be read.
pub async fn subject(app: &App, client: &Client, sub: Uuid) -> Result<String, KeysError> {
    match (
        client.metadata.subject_type,
        client.metadata.sector_identifier(),
    ) {
        (SubjectType::Pairwise, Some(sector)) => {
            let salt = app.keys.pairwise_salt().await?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
            let tag = hmac::sign(&key, format!("{sector}\0{sub}").as_bytes());
            Ok(URL_SAFE_NO_PAD.encode(tag.as_ref()))
        }
        _ => Ok(sub.to_string()),
    }
}
