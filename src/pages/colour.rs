//! Colours of a brand, and whether they can be read (WCAG 2.2, success criteria 1.4.3 and 1.4.11).

use std::fmt;

/// The least contrast of text with its ground, level AA.
pub const READABLE: f64 = 4.5;

/// An opaque colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// White.
    pub const WHITE: Self = Self([255; 3]);

    /// A colour from its red, green and blue.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Reads `#rrggbb`; nothing else, so that a setting cannot write style rules.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// The contrast ratio of two colours: from 1 (the same) to 21 (black on white).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour, moved towards `target` in steps until it can be read on `ground`.
    pub fn readable_on(self, ground: Self, target: Self) -> Self {
        (0..=20)
            .map(|step| self.mix(target, step))
            .find(|colour| colour.contrast(ground) >= READABLE)
            .unwrap_or(target)
    }

    /// `steps` twentieths of the way to `target`.
    fn mix(self, target: Self, steps: u16) -> Self {
        let (Self([r, g, b]), Self([tr, tg, tb])) = (self, target);
        let channel = |from: u8, to: u8| {
            let mixed = (u16::from(from) * (20 - steps) + u16::from(to) * steps) / 20;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self([channel(r, tr), channel(g, tg), channel(b, tb)])
    }

    fn luminance(self) -> f64 {
        let Self([red, green, blue]) = self;
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
