//! What stands in the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::process::output;

/// The files that git tracks or would add, by a pattern of git's.
pub fn tracked_and_new(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let list = output(Command::new("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        pattern,
    ]))?;
    let paths = list
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from);
    // A file that was deleted but not yet committed is still in the index.
    Ok(paths.filter(|path| path.is_file()).collect())
}

/// The migrations in the order in which they are applied.
pub fn migrations(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    Ok(files)
}

/// Whether a source calls `query!`, `query_as!`, `query_scalar!` or another macro of that family.
pub fn has_query_macro(text: &str) -> bool {
    text.match_indices("query").any(|(at, _)| {
        let name_ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let rest = text.get(at..).unwrap_or_default();
        rest.find(name_ends)
            .is_some_and(|end| rest.get(end..).is_some_and(|r| r.starts_with('!')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_macros_are_recognised() {
        assert!(has_query_macro("let a = sqlx::query!(\"SELECT 1\")"));
        assert!(has_query_macro("query_file_as_unchecked!(User, \"a.sql\")"));
        assert!(!has_query_macro(
            "request.query(); sqlx::query(\"SELECT 1\"); !query"
        ));
    }
}
