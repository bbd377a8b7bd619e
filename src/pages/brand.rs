//! The looks that an operator may set. They become a few custom properties at the end of the style
//! sheet: the policy of the pages allows no inline style.

use super::assets::Assets;
use super::colour::Colour;
use super::text::local_path;

// The grounds and inks of `static/auth.css` that a brand's colours must be read on or against.
const CARD_LIGHT: Colour = Colour::new(0xff, 0xff, 0xff);
const CARD_DARK: Colour = Colour::new(0x1a, 0x1e, 0x24);
const INK_LIGHT: Colour = Colour::new(0x1b, 0x21, 0x29);
const ON_ACCENT_DARK: Colour = Colour::new(0x0d, 0x12, 0x18);

/// What an operator sets; every part but the name may be left out.
#[derive(Clone, Debug, Default)]
pub struct BrandSettings {
    /// The name of the service, as people know it.
    pub name: String,
    /// Path of the logo on this server (the pages load no image from elsewhere).
    pub logo_url: Option<String>,
    /// Colour of buttons and links, `#rrggbb`.
    pub accent: Option<String>,
    /// The same for dark schemes; by default the accent, lightened until it can be read.
    pub accent_dark: Option<String>,
    /// Radius of corners in CSS pixels, 24 at most.
    pub radius_px: Option<u8>,
}

/// A setting that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrandError {
    /// The name is empty.
    #[error("the brand's name is empty")]
    Name,
    /// The logo is not a path of this server.
    #[error("the brand's logo is not a path of this server")]
    Logo,
    /// A colour is not `#rrggbb`.
    #[error("a brand colour is not written #rrggbb")]
    Colour,
    /// The radius is over 24 pixels.
    #[error("the brand's radius is over 24 pixels")]
    Radius,
}

/// The looks of the pages, checked, with the style sheet made from them.
#[derive(Clone, Debug)]
pub struct Brand {
    pub(super) name: String,
    pub(super) logo_url: Option<String>,
    assets: Assets,
}

impl Brand {
    /// Checks the settings and builds the style sheet: once, at start.
    pub fn new(settings: &BrandSettings) -> Result<Self, BrandError> {
        let name = settings.name.trim();
        if name.is_empty() {
            return Err(BrandError::Name);
        }
        let logo_url = settings
            .logo_url
            .as_deref()
            .map(|logo| local_path(logo).map(str::to_owned).ok_or(BrandError::Logo))
            .transpose()?;
        Ok(Self {
            name: name.to_owned(),
            logo_url,
            assets: Assets::new(&properties(settings)?),
        })
    }

    /// The style sheet and the icon, to be served under `/static/`.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: "Auth API".to_owned(),
            logo_url: None,
            assets: Assets::new(""),
        }
    }
}

/// The custom properties that differ from the defaults in the style sheet. Whatever accent is
/// chosen, the words on buttons and in links can be read.
fn properties(settings: &BrandSettings) -> Result<String, BrandError> {
    use std::fmt::Write as _;

    let colour = |text: &Option<String>| {
        text.as_deref()
            .map(|text| Colour::parse(text).ok_or(BrandError::Colour))
            .transpose()
    };
    let (accent, accent_dark) = (colour(&settings.accent)?, colour(&settings.accent_dark)?);
    let mut css = String::new();
    if let Some(radius) = settings.radius_px {
        if radius > 24 {
            return Err(BrandError::Radius);
        }
        let _ = write!(css, ":root{{--radius:{radius}px}}");
    }
    if let Some(accent) = accent {
        let _ = write!(css, ":root{{{}}}", scheme(accent, CARD_LIGHT, INK_LIGHT));
    }
    if let Some(accent) = accent_dark.or(accent) {
        let scheme = scheme(accent, CARD_DARK, Colour::WHITE);
        let _ = write!(
            css,
            "@media(prefers-color-scheme:dark){{:root{{{scheme}}}}}"
        );
    }
    Ok(css)
}

fn scheme(accent: Colour, card: Colour, ink: Colour) -> String {
    let button = if card == CARD_DARK {
        accent.readable_on(card, ink)
    } else {
        accent
    };
    let on_button = [Colour::WHITE, ON_ACCENT_DARK]
        .into_iter()
        .max_by(|one, two| button.contrast(*one).total_cmp(&button.contrast(*two)))
        .unwrap_or(Colour::WHITE);
    let link = accent.readable_on(card, ink);
    format!("--accent:{button};--on-accent:{on_button};--link:{link}")
}

#[cfg(test)]
mod tests {
    use super::super::colour::READABLE;
    use super::*;

    fn settings(accent: &str) -> BrandSettings {
        BrandSettings {
            name: "Booking".to_owned(),
            accent: Some(accent.to_owned()),
            ..BrandSettings::default()
        }
    }

    fn property(css: &str, name: &str) -> Colour {
        let start = css.rfind(&format!("--{name}:")).unwrap() + name.len() + 3;
        Colour::parse(&css[start..start + 7]).unwrap()
    }

    #[test]
    fn any_accent_can_be_read() {
        for accent in [
            "#000000", "#ffffff", "#ffee00", "#808080", "#1f5fbf", "#ff0000",
        ] {
            let colour = Colour::parse(accent).unwrap();
            for (card, ink) in [(CARD_LIGHT, INK_LIGHT), (CARD_DARK, Colour::WHITE)] {
                let css = scheme(colour, card, ink);
                let on_button = property(&css, "on-accent").contrast(property(&css, "accent"));
                assert!(on_button >= 4.4, "{accent}: {css}");
                assert!(
                    property(&css, "link").contrast(card) >= READABLE,
                    "{accent}: {css}"
                );
            }
        }
    }

    #[test]
    fn settings_cannot_write_style() {
        for bad in [
            "red",
            "#fff",
            "#12345g",
            "#000000}body{display:none",
            "#+12345",
        ] {
            assert_eq!(
                Brand::new(&settings(bad)).unwrap_err(),
                BrandError::Colour,
                "{bad}"
            );
        }
        let logo = BrandSettings {
            logo_url: Some("https://e.example/x.png".into()),
            ..settings("#000000")
        };
        assert_eq!(Brand::new(&logo).unwrap_err(), BrandError::Logo);
        let radius = BrandSettings {
            radius_px: Some(99),
            ..settings("#000000")
        };
        assert_eq!(Brand::new(&radius).unwrap_err(), BrandError::Radius);
        assert_eq!(
            Brand::new(&BrandSettings::default()).unwrap_err(),
            BrandError::Name
        );
    }

    #[test]
    fn a_changed_brand_changes_the_address_of_the_sheet() {
        let one = Brand::new(&settings("#123456")).unwrap();
        assert_ne!(
            one.assets().style_path(),
            Brand::default().assets().style_path()
        );
    }

    /// The colours of the style sheet itself, in both schemes, ground by ground.
    #[test]
    fn the_default_colours_can_be_read() {
        let css = include_str!("../../static/auth.css");
        let dark_at = css.find("prefers-color-scheme").unwrap();
        for part in [&css[..dark_at], &css[dark_at..]] {
            let of = |name: &str| {
                let start = part.find(&format!("--{name}:")).unwrap() + name.len() + 3;
                Colour::parse(part[start..].trim_start().get(..7).unwrap()).unwrap()
            };
            for (text, ground) in [
                ("ink", "card"),
                ("ink", "ground"),
                ("muted", "card"),
                ("muted", "ground"),
                ("muted", "quiet"),
                ("ink", "quiet"),
                ("link", "card"),
                ("link", "ground"),
                ("link", "quiet"),
                ("on-accent", "accent"),
                ("on-accent", "accent-strong"),
                ("danger", "card"),
                ("danger", "danger-ground"),
                ("ink", "danger-ground"),
                ("good", "good-ground"),
            ] {
                let contrast = of(text).contrast(of(ground));
                assert!(contrast >= READABLE, "{text} on {ground}: {contrast:.2}");
            }
            // Edges of fields: 3 to 1 (WCAG 1.4.11).
            assert!(of("edge").contrast(of("card")) >= 3.0);
            assert!(of("accent").contrast(of("card")) >= 3.0);
        }
        assert!(css.contains(&format!("--card: {CARD_LIGHT}")));
        assert!(css.contains(&format!("--card: {CARD_DARK}")));
    }
}
