//! What a person allowed a client: kept, compared, and put into words.

use sqlx::PgExecutor;
use time::OffsetDateTime;

use super::decide::{AtApis, Consented};
use super::request::AuthorizationRequest;
use crate::clients::resources::ResourceCatalogue;
use crate::i18n::{Locale, t_args};
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
        r#"
        SELECT scope, resource, claims,
               ARRAY (SELECT a.resource FROM consent_at_api a
                      WHERE a.id_user = c.id_user AND a.client_id = c.client_id
                      ORDER BY a.resource, a.scope) AS "apis!",
               ARRAY (SELECT a.scope FROM consent_at_api a
                      WHERE a.id_user = c.id_user AND a.client_id = c.client_id
                      ORDER BY a.resource, a.scope) AS "at_them!"
        FROM consent c WHERE id_user = $1 AND client_id = $2
        "#,
        id_user,
        client_id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Consented {
        scope: row.scope.into_iter().collect(),
        resource: row.resource,
        at_apis: row.apis.into_iter().zip(row.at_them).collect(),
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
    at_apis: &AtApis,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let (apis, at_them): (Vec<String>, Vec<String>) = at_apis.iter().cloned().unzip();
    let claims: Vec<String> = requested_claims(request).map(str::to_owned).collect();
    sqlx::query!(
        r#"
        WITH kept AS (
          INSERT INTO consent AS c (id_user, client_id, scope, resource, claims, granted_at)
          SELECT $1, client_id, $3, $4, $5, $6 FROM client WHERE client_id = $2 FOR KEY SHARE
          ON CONFLICT (id_user, client_id) DO UPDATE SET
            scope = ARRAY (SELECT unnest(c.scope) UNION SELECT unnest(excluded.scope)),
            resource = ARRAY (SELECT unnest(c.resource) UNION SELECT unnest(excluded.resource)),
            claims = ARRAY (SELECT unnest(c.claims) UNION SELECT unnest(excluded.claims)),
            granted_at = excluded.granted_at
          RETURNING c.id_user, c.client_id
        )
        INSERT INTO consent_at_api (id_user, client_id, resource, scope)
        SELECT k.id_user, k.client_id, s.identifier, a.scope
        FROM kept k CROSS JOIN unnest($7::text[], $8::text[]) AS a (resource, scope)
        JOIN resource_server s ON s.identifier = a.resource
        FOR KEY SHARE OF s
        ON CONFLICT DO NOTHING
        "#,
        id_user,
        request.client_id,
        &request.scope.to_vec(),
        &request.resource,
        &claims,
        now,
        &apis,
        &at_them,
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

/// What a request would let its client do at which APIs: `roles` is told to each, a permission is good
/// where it is understood (see `oauth::token::target`). The other scope values are for this server.
pub fn at_apis(catalogue: &ResourceCatalogue, request: &AuthorizationRequest) -> AtApis {
    let apis = request.resource.iter().filter_map(|it| catalogue.find(it));
    apis.flat_map(|api| {
        let understood = |value: &&str| {
            *value == "roles" || api.permissions.iter().any(|known| known.name == *value)
        };
        let values = request.scope.iter().filter(understood);
        values.map(|value| (api.identifier.clone(), value.to_owned()))
    })
    .collect()
}

/// What the client asks for, in words that a person understands: one item for each scope value, with
/// the APIs that it is for, for each scope that a single claim was asked of, and for each API that it
/// would do nothing at but say who the person is.
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
    let at_apis = at_apis(catalogue, request);
    let nothing = Consented::default();
    let given = given.unwrap_or(&nothing);
    let is_new = |value: &str| {
        let mut pairs = at_apis.iter().filter(|(_, at)| at == value);
        !given.scope.contains(value) || pairs.any(|pair| !given.at_apis.contains(pair))
    };
    let mut items = Vec::new();
    // The platform's own clients alone may manage the account, and nobody is asked about those.
    let mut asked: Vec<&str> = asked.iter().filter(|value| *value != ACCOUNT).collect();
    asked.sort_by_key(|value| place(value));
    for value in asked {
        let names = |(api, at): &(String, String)| {
            let api = catalogue.find(api).filter(|_| at == value)?;
            Some(api.name.as_str())
        };
        let names: Vec<&str> = at_apis.iter().filter_map(names).collect();
        let mut text = in_words(catalogue, value, locale);
        if !names.is_empty() {
            text = format!("{text} ({})", names.join(", "));
        }
        items.push(ConsentItem {
            text,
            new: is_new(value),
        });
    }
    for api in request.resource.iter().filter_map(|it| catalogue.find(it)) {
        if at_apis.iter().all(|(at, _)| *at != api.identifier) {
            items.push(ConsentItem {
                text: t_args(
                    locale,
                    "consent-at-api",
                    &[("api", api.name.as_str().into())],
                ),
                new: !given.resource.contains(&api.identifier),
            });
        }
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
