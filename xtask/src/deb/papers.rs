//! The commands of the documentation that change a machine, laid ready for a copy of one. Not here: those that change none, and
//! whether each block says where it is run (`hb-server/tests/cli/docs.rs`); what is seen of them there (`papers.sh`).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// Stands above each.
const MARK: &str = "<!-- run on a copy of a machine -->";
/// Pages for whom has a binary and nothing else; the others are for whom has the package.
const BY_HAND: [&str; 2] = ["README.md", "docs/operating.md"];

/// The folder `given` with all that the pages speak of: the blocks in their order, a file each, and a checkout with `hb` built.
pub(super) fn lay(root: &Path, hb: &Path, given: &Path) -> Result<()> {
    drop(fs::remove_dir_all(given));
    let put = |from: &Path, to: &str| {
        let to = given.join("checkout").join(to);
        fs::create_dir_all(to.parent().expect("below the folder"))?;
        fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {}", from.display()))
    };
    put(hb, "target/release/hb")?;
    for folder in ["debian", "systemd"] {
        for path in super::files(&root.join("packaging").join(folder))? {
            put(&path, &path.strip_prefix(root).expect("below it").to_string_lossy())?;
        }
    }
    let mut found = 0;
    for page in pages(root)? {
        let name = page.strip_prefix(root).expect("below it").to_string_lossy().into_owned();
        let place = given.join(if BY_HAND.contains(&&*name) { "by-hand" } else { "packaged" });
        fs::create_dir_all(&place)?;
        for (line, text) in blocks(&fs::read_to_string(&page)?).with_context(|| name.clone())? {
            found += 1;
            fs::write(place.join(format!("{}:{line:04}", name.replace('/', "-"))), text)?;
        }
    }
    ensure!(found > 0, "no block says {MARK}: are they marked otherwise now?");
    Ok(())
}

fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = super::files(&root.join("docs"))?;
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.push(root.join("README.md"));
    Ok(pages)
}

/// The blocks below such a mark, each with its line. A mark above anything else would be a block that nobody runs.
fn blocks(page: &str) -> Result<Vec<(usize, String)>> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((mark, _)) = lines.by_ref().find(|(_, line)| *line == MARK) {
        let Some((at, "```sh")) = lines.by_ref().find(|(_, line)| !line.is_empty()) else {
            bail!("line {}: no block of `sh` stands below this mark", mark + 1);
        };
        let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        found.push((at + 1, text.flat_map(|line| [line, "\n"]).collect()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_taken_where_it_is_marked_and_only_there() {
        let page = format!("```sh\na\n```\n{MARK}\n```sh\nb\nc\n```\n```sh\nd\n```\n{MARK}\n```sh\ne\n```\n");
        assert_eq!(blocks(&page).unwrap(), [(5, "b\nc\n".to_owned()), (13, "e\n".to_owned())]);
    }

    #[test]
    fn a_mark_without_a_block_is_an_error() {
        let apart = format!("{MARK}\n\n```sh\na\n```\n");
        assert_eq!(blocks(&apart).unwrap(), [(3, "a\n".to_owned())]);
        for below in ["", "```bat\na\n```\n", "words\n```sh\na\n```\n"] {
            let error = blocks(&format!("words\n{MARK}\n{below}")).unwrap_err().to_string();
            assert_eq!(error, "line 2: no block of `sh` stands below this mark", "{below}");
        }
    }

    #[test]
    fn the_pages_have_blocks_for_both() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let marked = |page: &PathBuf| !blocks(&fs::read_to_string(page).unwrap()).unwrap().is_empty();
        let pages: Vec<PathBuf> = pages(root).unwrap().into_iter().filter(marked).collect();
        for page in BY_HAND {
            assert!(pages.contains(&root.join(page)), "{page}");
        }
        assert!(pages.len() > BY_HAND.len(), "{pages:?}");
    }
}
