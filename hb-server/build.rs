//! Packs the pages and the client that the binary embeds, for browsers that read gzip, and rebuilds it when one comes or goes (the
//! compiler sees changes of files it knows, not new ones).

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this a file is one packet as it is.
const LEAST: usize = 1024;
/// What is text, or as dense as text.
const KINDS: [&str; 9] = ["cjs", "css", "html", "js", "json", "map", "svg", "ts", "wasm"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // Folder by folder: a scan of www/node_modules would cost every build seconds.
    let pages = folders(Path::new("../www"));
    pages.iter().for_each(|folder| watch(folder));
    // Before the client was ever built its folder is not there, and a missing path would rebuild every time: its
    // parent notices when it comes.
    let client = Path::new("../hb-wasm/npm/dist");
    watch(if client.exists() { client } else { Path::new("../hb-wasm/npm") });
    pack(&[(Path::new("../www"), pages), (client, vec![client.into()])])
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.filter(|path| path.file_name().is_some_and(|name| name != "node_modules")).collect()
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

/// Writes a table of what is smaller when it is packed: of each root the files below some folders, by their names below it.
fn pack(roots: &[(&Path, Vec<PathBuf>)]) -> io::Result<()> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where"));
    let (mut table, mut number) = (String::from("&[\n"), 0);
    for (root, folders) in roots {
        table.push_str("    &[\n");
        let name = |file: PathBuf| {
            let name = file.strip_prefix(root).expect("it is below").to_str().expect("a plain name");
            (name.replace('\\', "/"), file)
        };
        let mut files: Vec<_> = folders.iter().flat_map(|folder| below(folder)).map(name).collect();
        // By their names: it is looked up so, and paths have another order.
        files.sort();
        for (name, file) in files {
            let Some(packed) = packed(&fs::read(file)?)? else { continue };
            let place = out.join(format!("{number}.gz"));
            fs::write(&place, packed)?;
            table.push_str(&format!("        ({name:?}, include_bytes!({place:?}).as_slice()),\n"));
            number += 1;
        }
        table.push_str("    ],\n");
    }
    table.push_str("]\n");
    fs::write(out.join("packed.rs"), table)
}

/// Every file of a kind that packs, at whatever depth.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let kind = |path: &PathBuf| path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known));
    files.into_iter().filter(kind).chain(folders.iter().flat_map(|folder| below(folder))).collect()
}

/// `None` where that saves less than a tenth.
fn packed(plain: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(plain)?;
    let packed = packer.finish()?;
    Ok(Some(packed).filter(|packed| plain.len() >= LEAST && packed.len() < plain.len() / 10 * 9))
}
