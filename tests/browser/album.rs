//! Pictures of the pages. Kept where `cargo xtask screenshots` says; else made and thrown away, so
//! that making them is tested too.

use std::path::PathBuf;

use auth_api::foundation::secret::Secret;

use crate::chromium::Chromium;
use crate::picture::with_palette;

pub const PHONE: (u32, u32) = (360, 740);
pub const LAPTOP: (u32, u32) = (1280, 800);
/// The end of a longer page is missing.
const MAX_HEIGHT: u32 = 2400;

/// Where the pictures go.
pub struct Album {
    directory: PathBuf,
    /// Thrown away with all that is in it, unless it is kept.
    passing: Option<PathBuf>,
    /// Of those that are kept.
    bytes: u64,
}

impl Album {
    /// The pictures that stand in that directory below `docs/screenshots`.
    pub fn open(directory: &str) -> Self {
        let (root, passing) = if let Some(kept) = std::env::var_os("SCREENSHOTS") {
            (PathBuf::from(kept), None)
        } else {
            let name = format!("auth-api-screenshots-{}", Secret::generate().expose());
            let root = std::env::temp_dir().join(name);
            (root.clone(), Some(root))
        };
        let directory = root.join(directory);
        std::fs::create_dir_all(&directory).unwrap();
        Self {
            directory,
            passing,
            bytes: 0,
        }
    }

    /// All pictures together stay a small download.
    pub fn close(self, max_bytes: u64) {
        assert!(self.bytes < max_bytes, "{} bytes", self.bytes);
        if let Some(directory) = self.passing {
            std::fs::remove_dir_all(directory).unwrap();
        }
    }

    /// The page on a laptop and on a phone.
    pub async fn both(&mut self, chromium: &Chromium, name: &str) {
        self.add(chromium, name, LAPTOP, false).await;
        self.add(chromium, name, PHONE, false).await;
    }

    /// The whole page, not only what fits in the window.
    pub async fn add(&mut self, chromium: &Chromium, name: &str, screen: (u32, u32), dark: bool) {
        show(chromium, screen, dark).await;
        let height = chromium
            .run("return document.documentElement.scrollHeight")
            .await;
        let height = u32::try_from(height.as_u64().unwrap()).unwrap();
        let height = height.clamp(screen.1, MAX_HEIGHT);
        chromium.resize(screen.0, height).await;
        self.keep(chromium, name, screen, dark).await;
    }

    pub async fn keep(&mut self, chromium: &Chromium, name: &str, screen: (u32, u32), dark: bool) {
        let mut picture = chromium.client.screenshot().await.unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{name} is no PNG");
        if self.passing.is_none() {
            picture = with_palette(&picture);
            self.bytes += picture.len() as u64;
        }
        let dark = if dark { "-dark" } else { "" };
        let file = format!("{name}-{}{dark}.png", screen.0);
        std::fs::write(self.directory.join(file), picture).unwrap();
    }
}

/// The page in a window of that size, of a person who prefers dark pages or not.
pub async fn show(chromium: &Chromium, screen: (u32, u32), dark: bool) {
    chromium.resize(screen.0, screen.1).await;
    chromium.prefer_dark(dark).await;
}
