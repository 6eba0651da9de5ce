//! Pictures made small: the grid that is compared, and the one that people are shown. Not here: where they come from.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::thumbnail;
use image::{RgbImage, imageops};

use super::still::{CELLS, GRID, Luma};

/// As wide as people are shown it, at most.
const WIDE: u32 = 320;
/// Tried in this order until it fits.
const QUALITIES: [u8; 4] = [75, 50, 25, 10];

/// The brightness of each part of `picture`.
pub(super) fn luma(picture: &RgbImage) -> Box<Luma> {
    // In two steps: the mean of many dots, then of what is left.
    let (wide, high) = (GRID.0, GRID.1);
    let grid = imageops::grayscale(&thumbnail(picture, wide, high));
    let mut cells = Box::new([0; CELLS]);
    cells.copy_from_slice(grid.as_raw());
    cells
}

/// As a JPEG of at most `largest` bytes; `None` where that cannot be.
pub(super) fn jpeg(picture: &RgbImage, largest: usize) -> Option<Vec<u8>> {
    let (wide, high) = picture.dimensions();
    let small = if wide > WIDE {
        let high = (u64::from(high) * u64::from(WIDE) / u64::from(wide)).clamp(1, u64::from(2 * WIDE));
        thumbnail(picture, WIDE, u32::try_from(high).unwrap_or(WIDE))
    } else {
        picture.clone()
    };
    QUALITIES.iter().find_map(|&quality| {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&small).ok()?;
        (bytes.len() <= largest).then_some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use hb_server::watch::agent::Caption;
    use image::Rgb;

    use super::*;

    #[test]
    fn the_grid_is_the_picture_made_small() {
        let half = |x, _| if x < 960 { Rgb([255, 255, 255]) } else { Rgb([0, 0, 0]) };
        let cells = luma(&RgbImage::from_fn(1920, 1080, half));
        for (at, cell) in cells.iter().enumerate() {
            let left = at % 64 < 32;
            assert_eq!(*cell, if left { 255 } else { 0 }, "{at}");
        }
        // Whatever the screen's form.
        assert!(luma(&RgbImage::from_pixel(3, 7000, Rgb([9, 9, 9]))).iter().all(|&cell| cell == 9));
    }

    #[test]
    fn whatever_a_screen_shows_fits_and_can_be_read() {
        let mut seed = 1_u32;
        let mut dice = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let noise = RgbImage::from_fn(1280, 1024, |_, _| Rgb([dice(), dice(), dice()]));
        for picture in [noise, RgbImage::new(1, 1), RgbImage::new(5000, 3), RgbImage::new(200, 5000)] {
            let bytes = jpeg(&picture, Caption::LARGEST).expect("it fits");
            let read = image::load_from_memory(&bytes).unwrap();
            assert!(read.width() <= WIDE && read.height() > 0, "{:?}", picture.dimensions());
        }
        assert_eq!(jpeg(&RgbImage::new(320, 200), 10), None);
    }
}
