//! What a person allowed a client: kept, compared, and put into words.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::decide::Consented;
use super::request::AuthorizationRequest;
use crate::clients::resources::ResourceCatalogue;
use crate::i18n::Locale;
use crate::oauth::claims::scope_of;
use crate::oauth::scope::{ACCOUNT, Scope, is_identity};
use crate::pages::{ConsentItem, scope_text};

/// What the person allowed this client so far.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    id_user: i32,
    client_id: &str,
) -> Result<Option<Consented>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT scope, resource, claims FROM consent WHERE id_user = $1 AND client_id = $2",
        id_user,
        client_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Consented {
        scope: row.scope.into_iter().collect(),
        resource: row.resource,
        claims: row.claims,
    }))
}

/// Adds to what the person allowed this client, unless it is gone.
///
/// # Errors
/// When the database fails.
pub async fn add(
    db: impl PgExecutor<'_>,
    id_user: i32,
    request: &AuthorizationRequest,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let claims: Vec<String> = requested_claims(request).map(str::to_owned).collect();
    sqlx::query!(
        r#"
        INSERT INTO consent AS c (id_user, client_id, scope, resource, claims, granted_at)
        SELECT $1, client_id, $3, $4, $5, $6 FROM client WHERE client_id = $2 FOR KEY SHARE
        ON CONFLICT (id_user, client_id) DO UPDATE SET
          scope = ARRAY (SELECT unnest(c.scope) UNION SELECT unnest(excluded.scope)),
          resource = ARRAY (SELECT unnest(c.resource) UNION SELECT unnest(excluded.resource)),
          claims = ARRAY (SELECT unnest(c.claims) UNION SELECT unnest(excluded.claims)),
          granted_at = excluded.granted_at
        "#,
        id_user,
        request.client_id,
        &request.scope.to_vec(),
        &request.resource,
        &claims,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn requested_claims(request: &AuthorizationRequest) -> impl Iterator<Item = &str> {
    request
        .claims
        .iter()
        .flat_map(super::super::claims::ClaimsRequest::personal)
}

/// What the client asks for, in words that a person understands: one item for each scope value, and
/// for each scope that a single claim was asked of.
pub fn items(
    catalogue: &ResourceCatalogue,
    request: &AuthorizationRequest,
    given: Option<&Consented>,
    locale: Locale,
) -> Vec<ConsentItem> {
    let by_claims: Scope = requested_claims(request)
        .filter_map(scope_of)
        .map(str::to_owned)
        .collect();
    let asked: Scope = request
        .scope
        .to_vec()
        .into_iter()
        .chain(by_claims.to_vec())
        .collect();
    let is_new = |value: &str| given.is_none_or(|given| !given.scope.contains(value));
    let mut items = Vec::new();
    // The platform's own clients alone may manage the account, and nobody is asked about those.
    let mut asked: Vec<&str> = asked.iter().filter(|value| *value != ACCOUNT).collect();
    asked.sort_by_key(|value| place(value));
    for value in asked {
        items.push(ConsentItem {
            text: in_words(catalogue, value, locale),
            new: is_new(value),
        });
    }
    items
}

/// Scope values in words, in the order in which a person reads them.
pub fn all_in_words(
    catalogue: &ResourceCatalogue,
    scope: &[String],
    locale: Locale,
) -> Vec<String> {
    let mut scope: Vec<&str> = scope.iter().map(String::as_str).collect();
    scope.sort_by_key(|value| place(value));
    let words = scope.into_iter();
    words
        .map(|value| in_words(catalogue, value, locale))
        .collect()
}

fn in_words(catalogue: &ResourceCatalogue, value: &str, locale: Locale) -> String {
    let text = if is_identity(value) {
        scope_text(locale, value)
    } else {
        permission_text(catalogue, value, locale)
    };
    text.unwrap_or_else(|| value.to_owned())
}

/// In what order a person reads: who they are, then what the client may do, and last whether also
/// while they are away, for it qualifies all the others.
fn place(value: &str) -> usize {
    const ORDER: [&str; 6] = ["openid", "profile", "email", "phone", "address", "roles"];
    match value {
        "offline_access" => ORDER.len() + 1,
        _ => ORDER
            .iter()
            .position(|known| *known == value)
            .unwrap_or(ORDER.len()),
    }
}

fn permission_text(
    catalogue: &ResourceCatalogue,
    permission: &str,
    locale: Locale,
) -> Option<String> {
    let described = catalogue
        .understanding(permission)
        .flat_map(|resource| &resource.permissions)
        .find(|described| described.name == permission)?;
    Some(match locale {
        Locale::Fr => described.description_fr.clone(),
        Locale::En => described.description_en.clone(),
    })
}
