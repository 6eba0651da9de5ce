//! The picture on an X server, and whether its display is lit, asked in its own protocol: no library of X must be there, so the binary starts without.
//! Each picture has a connection of its own, so that a server that was started again is no trouble.
//!
//! Not here: Wayland, where no client sees what the others show.

use anyhow::{Context, Result};
use hb_core::beat::Display;
use image::{Rgb, RgbImage};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::image::{Image, PixelLayout};
use x11rb::protocol::dpms::{self, ConnectionExt as _, DPMSMode};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// All of what the X server of `DISPLAY` shows.
pub(in crate::cmd::run) fn picture() -> Result<RgbImage> {
    let (x, at) = connect()?;
    let screen = &x.setup().roots[at];
    let size = x.get_geometry(screen.root)?.reply()?;
    let (image, visual) = Image::get(&x, screen.root, 0, 0, size.width, size.height)?;
    let kinds = screen.allowed_depths.iter().flat_map(|depth| &depth.visuals);
    let kind =
        kinds.into_iter().find(|kind| kind.visual_id == visual).context("its picture has no format")?;
    let layout = PixelLayout::from_visual_type(*kind).context("its picture is not of red, green and blue")?;
    let image = image.native(x.setup())?;
    let bright = |part: u16| (part >> 8) as u8;
    Ok(RgbImage::from_fn(size.width.into(), size.height.into(), |across, down| {
        let (across, down) = (across as u16, down as u16);
        let (red, green, blue) = layout.decode(image.get_pixel(across, down));
        Rgb([bright(red), bright(green), bright(blue)])
    }))
}

/// Power of its display; `None` where it does not know.
pub(in crate::cmd::run) fn power() -> Result<Option<Display>> {
    let (x, _) = connect()?;
    let knows = x.extension_information(dpms::X11_EXTENSION_NAME)?.is_some();
    if !knows || !x.dpms_capable()?.reply()?.capable {
        return Ok(None);
    }
    let info = x.dpms_info()?.reply()?;
    let is_off = info.state && info.power_level != DPMSMode::ON;
    Ok(Some(if is_off { Display::Off } else { Display::On }))
}

fn connect() -> Result<(RustConnection, usize)> {
    let display = std::env::var("DISPLAY").context("DISPLAY is not set, and so no X server named")?;
    RustConnection::connect(None).with_context(|| format!("cannot reach the X server at {display}"))
}
