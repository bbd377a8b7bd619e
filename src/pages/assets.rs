//! The style sheet, the icon and the scripts: in the binary, under names that carry the hash of their
//! content, so that a browser may keep them for good.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::foundation::secret::sha256;

const STYLE: &str = include_str!("../../static/auth.css");
const ICON: &str = include_str!("../../static/icon.svg");
const SCRIPT: &str = include_str!("../../static/show-password.js");
const WEBAUTHN: &str = include_str!("../../static/webauthn.js");

/// The files under `/static/`.
#[derive(Clone, Debug)]
pub struct Assets {
    style: Asset,
    icon: Asset,
    script: Asset,
    webauthn: Asset,
}

#[derive(Clone, Debug)]
struct Asset {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    path: String,
    content: Bytes,
}

impl Assets {
    /// The files with `properties` (rules for `:root`) at the end of the style sheet.
    pub(super) fn new(properties: &str) -> Self {
        let style = format!("{}{properties}", compact(STYLE));
        Self {
            style: Asset::new("auth", "css", "text/css; charset=utf-8", style),
            icon: Asset::new("icon", "svg", "image/svg+xml", ICON.to_owned()),
            script: Asset::new(
                "show-password",
                "js",
                "text/javascript; charset=utf-8",
                SCRIPT.to_owned(),
            ),
            webauthn: Asset::new(
                "webauthn",
                "js",
                "text/javascript; charset=utf-8",
                WEBAUTHN.to_owned(),
            ),
        }
    }

    /// `/static/auth.<hash>.css`.
    pub fn style_path(&self) -> &str {
        &self.style.path
    }

    /// `/static/icon.<hash>.svg`.
    pub fn icon_path(&self) -> &str {
        &self.icon.path
    }

    /// `/static/show-password.<hash>.js`.
    pub fn script_path(&self) -> &str {
        &self.script.path
    }

    /// `/static/webauthn.<hash>.js`.
    pub fn webauthn_path(&self) -> &str {
        &self.webauthn.path
    }

    /// The answer to `GET /static/{file_name}`, `None` where there is no such file.
    ///
    /// While replicas of two versions run side by side, one is asked for the other's hash: it
    /// answers with what it has, not to be kept.
    pub fn serve(&self, file_name: &str) -> Option<Response> {
        [&self.style, &self.icon, &self.script, &self.webauthn]
            .into_iter()
            .find_map(|asset| asset.serve(file_name))
    }
}

/// A style sheet without the blanks that are for its readers.
fn compact(style: &str) -> String {
    let mut style: String = style.lines().map(str::trim).collect();
    for (spaced, tight) in [
        (": ", ":"),
        ("; ", ";"),
        (", ", ","),
        (" {", "{"),
        ("{ ", "{"),
        (" }", "}"),
        (";}", "}"),
    ] {
        style = style.replace(spaced, tight);
    }
    style
}

impl Asset {
    fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        content: String,
    ) -> Self {
        // Eight bytes of the hash are enough to tell versions apart.
        let hash = sha256(content.as_bytes());
        let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        let path = format!("/static/{stem}.{hash:016x}.{extension}");
        Self {
            stem,
            extension,
            content_type,
            path,
            content: content.into(),
        }
    }

    fn serve(&self, file_name: &str) -> Option<Response> {
        let middle = file_name
            .strip_prefix(self.stem)?
            .strip_suffix(self.extension)?;
        let hash = middle.strip_prefix('.')?.strip_suffix('.')?;
        if hash.len() != 16 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let current = self.path.ends_with(&format!("/{file_name}"));
        let caching = if current {
            "public, max-age=31536000, immutable"
        } else {
            "no-store"
        };
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
            (
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ),
            (
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'"),
            ),
            (
                header::HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
        ];
        Some((StatusCode::OK, headers, self.content.clone()).into_response())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_for_good_under_their_own_hash_only() {
        let assets = Assets::new("");
        let caching = |name: &str| {
            assets
                .serve(name)
                .map(|answer| answer.headers()["cache-control"].clone())
        };
        let own = assets
            .style_path()
            .strip_prefix("/static/")
            .unwrap()
            .to_owned();
        assert!(
            caching(&own)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(caching("auth.0123456789abcdef.css").unwrap(), "no-store");
        for bad in [
            "auth.css",
            "auth..css",
            "../auth.css",
            "",
            "other.0123456789abcdef.css",
        ] {
            assert!(assets.serve(bad).is_none(), "{bad}");
        }
        for path in [assets.icon_path(), assets.script_path()] {
            let name = path.strip_prefix("/static/").unwrap();
            assert!(caching(name).is_some(), "{name}");
        }
        let script = assets.serve("show-password.0123456789abcdef.js").unwrap();
        let content_type = &script.headers()["content-type"];
        assert_eq!(content_type, "text/javascript; charset=utf-8");
    }

    #[test]
    fn the_style_sheet_and_the_script_are_small_and_load_nothing() {
        let style = compact(STYLE);
        assert!(style.len() < 10_000, "{}", style.len());
        assert!(style.starts_with(":root{color-scheme:light dark;--radius:8px;"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert!(SCRIPT.len() < 2_000, "{}", SCRIPT.len());
        assert!(!SCRIPT.contains("import") && !SCRIPT.contains("fetch"));
    }
}
