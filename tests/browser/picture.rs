//! Making a picture small: a page has few colours.

use std::collections::HashMap;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter, Transformations};

type Rgb = [u8; 3];

/// So many colours stay what they are, however near to each other: a page has no more grounds and
/// inks, and a logo of many colours must not make one of two grounds.
const KEPT: usize = 16;

/// The same picture with a palette of at most 256 colours. What a page has more is in the edges of
/// its letters, and nobody sees it missing.
pub fn with_palette(picture: &[u8]) -> Vec<u8> {
    let ((width, height), pixels) = read(picture);
    let (palette, indices) = (1..=6)
        .find_map(|coarseness| indexed(&pixels, coarseness))
        .expect("few colours");
    let mut shrunk = Vec::new();
    let mut encoder = Encoder::new(&mut shrunk, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(Compression::High);
    // Neighbouring indices are no neighbouring colours.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&indices).unwrap();
    writer.finish().unwrap();
    shrunk
}

/// The size of a picture, and its pixels.
fn read(picture: &[u8]) -> ((u32, u32), Vec<Rgb>) {
    let mut decoder = Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let samples = info.color_type.samples();
    assert!(samples >= 3, "{:?} from the browser", info.color_type);
    let pixels = bytes.chunks_exact(samples);
    let pixels = pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    ((info.width, info.height), pixels.collect())
}

/// The palette and the pixels in it, if 256 colours are enough where those that differ in the last
/// bits alone are one. Such a group takes the colour of which there is most; the [`KEPT`] of which there
/// is most are groups of their own.
fn indexed(pixels: &[Rgb], coarseness: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let group = |pixel: Rgb| pixel.map(|channel| channel >> (coarseness - 1));
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    // Most of a page is plain ground: a run of one colour is looked up once.
    for run in pixels.chunk_by(|left, right| left == right) {
        *counts.entry(run[0]).or_default() += run.len();
    }
    let mut colours: Vec<(Rgb, usize)> = counts.into_iter().collect();
    colours.sort_unstable_by_key(|&(colour, count)| (std::cmp::Reverse(count), colour));
    let mut kept: HashMap<Rgb, u8> = HashMap::new();
    let mut groups: HashMap<Rgb, u8> = HashMap::new();
    let mut palette: Vec<Rgb> = Vec::new();
    for (rank, (colour, _)) in colours.into_iter().enumerate() {
        let known = groups.contains_key(&group(colour));
        if known && rank >= KEPT {
            continue;
        }
        let index = u8::try_from(palette.len()).ok()?;
        if rank < KEPT {
            kept.insert(colour, index);
        }
        if !known {
            groups.insert(group(colour), index);
        }
        palette.push(colour);
    }
    let mut indices = Vec::with_capacity(pixels.len());
    for run in pixels.chunk_by(|left, right| left == right) {
        let index = kept.get(&run[0]).unwrap_or_else(|| &groups[&group(run[0])]);
        indices.resize(indices.len() + run.len(), *index);
    }
    Some((palette.into_flattened(), indices))
}

#[test]
fn grounds_keep_their_colour_and_nothing_moves() {
    // A card and what it lies on may differ in the last bits alone.
    let (side, grounds) = (40_u8, [[18, 21, 26], [19, 20, 27]]);
    let mut pixels = vec![grounds[0]; usize::from(side) * usize::from(side)];
    pixels[1100..].fill(grounds[1]);
    // More colours than a palette holds.
    for (n, pixel) in pixels.iter_mut().take(600).enumerate() {
        *pixel = [18, 21, 26].map(|channel| channel + u8::try_from(n % 200).unwrap());
        pixel[0] = u8::try_from(n / 3).unwrap();
    }
    let mut picture = Vec::new();
    let mut encoder = Encoder::new(&mut picture, side.into(), side.into());
    encoder.set_color(ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels.as_flattened()).unwrap();
    writer.finish().unwrap();

    let (size, shrunk) = read(&with_palette(&picture));
    assert_eq!(size, (side.into(), side.into()));
    assert!(shrunk[600..] == pixels[600..], "the grounds changed");
    for (before, after) in pixels.iter().zip(&shrunk) {
        let far = before.iter().zip(after).any(|(a, b)| a.abs_diff(*b) > 31);
        assert!(!far, "{before:?} became {after:?}");
    }
}
