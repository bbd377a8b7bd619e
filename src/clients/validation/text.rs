//! Free text that is shown to people or kept: bounded, and without characters that deceive.

use super::MAX_ENTRIES;
use super::error::MetadataError;
use crate::clients::metadata::ClientMetadata;

/// The longest name, in characters.
const MAX_NAME: usize = 100;
/// The longest other text, in characters.
const MAX_TEXT: usize = 250;

/// Checks every member that is free text.
pub fn check(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    if let Some(name) = &metadata.client_name {
        check_one("client_name", name, MAX_NAME)?;
    }
    if metadata.localized.len() > 10 * MAX_ENTRIES {
        return Err(MetadataError::metadata("too many language-tagged members"));
    }
    for (member, tag, value) in metadata
        .localized
        .iter()
        .filter(|(m, ..)| *m == "client_name")
    {
        check_one(&format!("{member}#{tag}"), value, MAX_NAME)?;
    }
    for (name, value) in [
        ("software_id", &metadata.software_id),
        ("software_version", &metadata.software_version),
    ] {
        if let Some(value) = value {
            check_one(name, value, MAX_TEXT)?;
        }
    }
    check_all("contacts", &metadata.contacts)?;
    check_all("default_acr_values", &metadata.default_acr_values)?;
    // An acr value is sent in the space-separated `acr_values`.
    if metadata
        .default_acr_values
        .iter()
        .any(|value| value.contains(' '))
    {
        return Err(MetadataError::metadata(
            "default_acr_values: a value has a space",
        ));
    }
    Ok(())
}

fn check_all(name: &str, values: &[String]) -> Result<(), MetadataError> {
    if values.len() > MAX_ENTRIES {
        return Err(MetadataError::metadata(format!("{name}: too many entries")));
    }
    values
        .iter()
        .try_for_each(|value| check_one(name, value, MAX_TEXT))
}

fn check_one(name: &str, value: &str, max: usize) -> Result<(), MetadataError> {
    if value.trim().is_empty() {
        return Err(MetadataError::metadata(format!("{name} is blank")));
    }
    if value.chars().count() > max {
        return Err(MetadataError::metadata(format!(
            "{name} is longer than {max} characters"
        )));
    }
    if value.chars().any(deceives) {
        return Err(MetadataError::metadata(format!(
            "{name} has a control or text direction character"
        )));
    }
    Ok(())
}

/// Control characters, line separators and the marks that reorder the text around them (Unicode
/// Technical Report 36): on a consent page they can make one name read as another.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}
