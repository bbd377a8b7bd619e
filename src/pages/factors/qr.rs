//! QR codes, drawn as SVG within the page: no script, and no address that would show the secret.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of blank around the symbol (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// A drawing: the side of its square in modules, and the path of the dark ones.
pub(super) struct Drawing {
    pub side: usize,
    pub path: String,
}

/// Draws a text; `None` if it is too long for a QR code.
pub(super) fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        // Runs of dark modules, so that the path stays short.
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, n) = (x + QUIET, y + QUIET, run.len());
                let _ = write!(path, "M{x} {y}h{n}v1h-{n}z");
            }
            x += run.len();
        }
    }
    Some(Drawing {
        side: width + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_and_no_other() {
        let text = "otpauth://totp/Brand:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Brand";
        let drawing = draw(text).unwrap();
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let mut drawn = vec![Color::Light; code.width() * code.width()];
        for run in drawing.path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (n, _) = rest.split_once('v').unwrap();
            let at = |text: &str| text.parse::<usize>().unwrap();
            let start = (at(y) - QUIET) * code.width() + at(x) - QUIET;
            drawn[start..start + at(n)].fill(Color::Dark);
        }
        assert!(drawn == code.to_colors());
        assert_eq!(drawing.side, code.width() + 8);
    }
}
