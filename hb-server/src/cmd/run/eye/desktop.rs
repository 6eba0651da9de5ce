//! The picture on a Windows desktop, all monitors as they are arranged. Not here: whether their display is lit.

use anyhow::{Context, Result, ensure};
use image::{DynamicImage, RgbImage, imageops};
use xcap::Monitor;

pub(super) fn picture() -> Result<RgbImage> {
    let monitors = Monitor::all().context("cannot ask Windows for its monitors")?;
    let seen = monitors.iter().map(|monitor| {
        let picture = monitor.capture_image().context("Windows shows no picture: is somebody logged in?")?;
        Ok((i64::from(monitor.x()?), i64::from(monitor.y()?), picture))
    });
    let seen = seen.collect::<Result<Vec<_>>>()?;
    ensure!(!seen.is_empty(), "Windows has no monitor");
    let left = seen.iter().map(|one| one.0).min().unwrap_or(0);
    let top = seen.iter().map(|one| one.1).min().unwrap_or(0);
    let right = seen.iter().map(|one| one.0 + i64::from(one.2.width())).max().unwrap_or(0);
    let bottom = seen.iter().map(|one| one.1 + i64::from(one.2.height())).max().unwrap_or(0);
    let mut all = RgbImage::new(u32::try_from(right - left)?, u32::try_from(bottom - top)?);
    for (x, y, picture) in seen {
        imageops::replace(&mut all, &DynamicImage::ImageRgba8(picture).into_rgb8(), x - left, y - top);
    }
    Ok(all)
}
