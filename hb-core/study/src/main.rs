//! `cargo xtask detect`: compares detectors of silence, and writes docs/detection.md and its pictures.
//!
//! Not here: the detectors (hb_core::detect), and the text around the tables, which people wrote.

mod advice;
mod chance;
mod contender;
mod page;
mod plot;
mod quality;
mod recorded;
mod study;
mod sweep;
#[cfg(test)]
mod tests;
mod trace;
mod weather;

use std::error::Error;
use std::fs;
use std::path::Path;

const PAGE: &str = "detection.md";

fn main() -> Result<(), Box<dyn Error>> {
    let docs = docs();
    let study = study::study();
    let path = docs.join(PAGE);
    let page =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let page = page::replace(&page, &study.text)
        .ok_or_else(|| format!("{}: the marks around what is made are gone", path.display()))?;
    fs::write(&path, page)?;
    println!("{}", path.display());
    for (name, svg) in study.pictures {
        let path = docs.join("images").join(name);
        fs::write(&path, svg)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}
