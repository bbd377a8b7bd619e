//! The sector of pairwise subject identifiers (OpenID Connect Core 1.0, section 8.1; OpenID
//! Connect Registration 1.0, section 5).

use super::error::MetadataError;
use crate::clients::documents::Documents;
use crate::clients::metadata::{ClientMetadata, SubjectType};

/// A pairwise client must have one sector.
pub fn check(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let pairwise = metadata.subject_type == SubjectType::Pairwise;
    let signs_users_in = !metadata.redirect_uris.is_empty();
    if pairwise && signs_users_in && metadata.sector_identifier().is_none() {
        return Err(MetadataError::metadata(
            "redirect URIs on several hosts need a sector_identifier_uri for pairwise subjects",
        ));
    }
    Ok(())
}

/// Fetches `sector_identifier_uri`, if there is one: a JSON array that must hold every redirect
/// URI. Without it a client could claim the sector of somebody else and learn their subjects.
///
/// # Errors
/// [`MetadataError`] where the document cannot be had or lacks a redirect URI.
pub async fn check_sector_document(
    metadata: &ClientMetadata,
    documents: &Documents,
) -> Result<(), MetadataError> {
    let Some(uri) = &metadata.sector_identifier_uri else {
        return Ok(());
    };
    let document = documents.get(uri).await.map_err(|error| {
        // The reason stays here: it could tell a stranger what the server can reach.
        tracing::info!(%uri, %error, "a sector identifier document cannot be fetched");
        MetadataError::metadata("sector_identifier_uri cannot be fetched")
    })?;
    let listed = document.as_array().ok_or_else(|| {
        MetadataError::metadata("sector_identifier_uri does not hold a JSON array")
    })?;
    let all_listed = metadata
        .redirect_uris
        .iter()
        .all(|uri| listed.iter().any(|entry| entry.as_str() == Some(uri)));
    if all_listed {
        Ok(())
    } else {
        Err(MetadataError::metadata(
            "sector_identifier_uri does not list every redirect URI",
        ))
    }
}
