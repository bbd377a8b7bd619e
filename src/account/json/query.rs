//! What stands in the address of a call.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::language::Known;
use super::{ApiFault, FieldError, Kind, Problem};
use crate::app::App;
use crate::i18n::t;

/// The one identifier in the path. What is no identifier is nobody's: 404.
#[derive(Debug, Clone, Copy)]
pub struct PathId(pub Uuid);

impl FromRequestParts<Arc<App>> for PathId {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiFault> {
        match Path::<Uuid>::from_request_parts(parts, app).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::new(Kind::NOT_FOUND).into()),
        }
    }
}

/// The query, decoded.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Query<T> {
    type Rejection = ApiFault;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiFault> {
        // A NUL character is for no column of Postgres.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Problem::new(Kind::INVALID_REQUEST).into());
        }
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| {
                let locale = Known::of_parts(parts).locale();
                let field = field_of(&rejection);
                let detail = t(locale, "problem-field-invalid");
                Problem::invalid([FieldError::new(field, "invalid", detail)]).into()
            })
    }
}

/// The parameter that axum complains about: `Failed to deserialize query string: limit: …`.
fn field_of(rejection: &QueryRejection) -> String {
    let text = rejection.body_text();
    let told = text.split_once(": ").map_or("", |(_, told)| told);
    match told.split_once(": ") {
        Some((field, _)) if !field.contains(' ') => field.to_owned(),
        _ => told.split('`').nth(1).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Page {
        #[serde(rename = "limit")]
        _limit: Option<u32>,
        #[serde(rename = "cursor")]
        _cursor: String,
    }

    #[test]
    fn the_wrong_parameter_is_named() {
        for (query, field) in [
            ("limit=x&cursor=a", "limit"),
            ("limit=1", "cursor"),
            ("cursor=a&cursor=b", "cursor"),
        ] {
            let uri = format!("/?{query}").parse().unwrap();
            let rejection = axum::extract::Query::<Page>::try_from_uri(&uri).unwrap_err();
            assert_eq!(field_of(&rejection), field, "{query}");
        }
    }
}
