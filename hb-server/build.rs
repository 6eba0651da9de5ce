//! Rebuilds the binary when a page or the client that it embeds comes or goes (the compiler sees changes of files it
//! knows, not new ones).

use std::fs;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Folder by folder: a scan of www/node_modules would cost every build seconds.
    for folder in folders(Path::new("../www")) {
        watch(&folder);
    }
    // Before the client was ever built its folder is not there, and a missing path would rebuild every time: its
    // parent notices when it comes.
    let client = Path::new("../hb-wasm/npm/dist");
    watch(if client.exists() { client } else { Path::new("../hb-wasm/npm") });
}

fn folders(parent: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.filter(|path| path.file_name().is_some_and(|name| name != "node_modules")).collect()
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}
