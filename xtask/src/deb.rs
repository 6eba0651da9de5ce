//! The Debian package: binary, manual pages, completions, units, configuration and documentation, put together by dpkg-deb. Not
//! here: what stands in them (`packaging`, `docs`), where the binary comes from ([`crate::build`]).

mod papers;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build::{self, Machine};
use crate::start::Stand;
use crate::workspace::Workspace;
use crate::{apt, npm, step};

/// Texts for everybody to read, and where they lie once installed.
const FILES: &[(&str, &str)] = &[
    ("packaging/systemd/hb.service", "usr/lib/systemd/system/hb.service"),
    ("packaging/systemd/hb.socket", "usr/lib/systemd/system/hb.socket"),
    ("packaging/systemd/hb-kiosk.service", "usr/lib/systemd/system/hb-kiosk.service"),
    ("packaging/systemd/kiosk.env", "usr/share/doc/hb/examples/kiosk.env"),
    ("packaging/debian/hb.toml", "etc/hb/hb.toml"),
    ("packaging/debian/copyright", "usr/share/doc/hb/copyright"),
    ("docs/images/dashboard.png", "usr/share/doc/hb/images/dashboard.png"),
    ("docs/images/detection-hb.svg", "usr/share/doc/hb/images/detection-hb.svg"),
    ("docs/images/detection-script.svg", "usr/share/doc/hb/images/detection-script.svg"),
    ("docs/images/wall.png", "usr/share/doc/hb/images/wall.png"),
    ("packaging/checkmk/hb", "usr/share/doc/hb/examples/checkmk/hb"),
    ("packaging/grafana/hb.json", "usr/share/doc/hb/examples/grafana/hb.json"),
    ("packaging/icinga2/example.conf", "usr/share/doc/hb/examples/icinga2/example.conf"),
    ("packaging/icinga2/hb.conf", "usr/share/doc/hb/examples/icinga2/hb.conf"),
    ("packaging/nagios/check_hb_curl", "usr/share/doc/hb/examples/nagios/check_hb_curl"),
    ("packaging/nagios/example.cfg", "usr/share/doc/hb/examples/nagios/example.cfg"),
    ("packaging/nagios/hb.cfg", "usr/share/doc/hb/examples/nagios/hb.cfg"),
    ("packaging/prometheus/hb.rules.yml", "usr/share/doc/hb/examples/prometheus/hb.rules.yml"),
    ("packaging/prometheus/prometheus.yml", "usr/share/doc/hb/examples/prometheus/prometheus.yml"),
    ("packaging/policies/chromium.json", "usr/share/doc/hb/examples/policies/chromium.json"),
    ("packaging/policies/edge.json", "usr/share/doc/hb/examples/policies/edge.json"),
    ("packaging/policies/firefox.json", "usr/share/doc/hb/examples/policies/firefox.json"),
];
/// Where the pages for people lie, all of them in one folder.
const PAGES: &str = "usr/share/doc/hb";
/// (shell, where it looks).
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "usr/share/bash-completion/completions/hb"),
    ("zsh", "usr/share/zsh/vendor-completions/_hb"),
    ("fish", "usr/share/fish/vendor_completions.d/hb.fish"),
];
const SCRIPTS: &[&str] = &["postinst", "prerm", "postrm"];
const VERSION: &str = env!("CARGO_PKG_VERSION");
const MAINTAINER: &str = "The hb project <hb@museum.example>";

/// Builds the complete binary and its package; the path of that.
pub(crate) fn build(workspace: &Workspace, machine: Machine) -> Result<PathBuf> {
    npm::build(workspace)?;
    let hb = build::server(workspace, machine, true)?;
    // It says its own manual pages, which a binary for another machine cannot do here.
    let speaker =
        if machine.is_here() { hb.clone() } else { build::server(workspace, Machine::HERE, false)? };
    package(workspace, machine, &hb, &speaker, "-Zxz")
}

/// Packages of the binaries that the other steps build, so without the minutes that a release takes: the one for this machine
/// is installed and used on a copy of it, its units too; the one for the other is started under an emulator.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    if !apt::is_root() {
        bail!(
            "packages are installed on a copy of this machine, which takes root: be root, or say --without deb"
        );
    }
    let here = build::server(workspace, Machine::HERE, false)?;
    let quick = "-Zgzip";
    let deb = package(workspace, Machine::HERE, &here, &here, quick)?;
    let (copy, given) = (workspace.target.join("deb/copy"), workspace.target.join("deb/given"));
    fs::create_dir_all(&copy)?;
    let packed = workspace.target.join("deb").join(Machine::HERE.debian()).join("usr/bin/hb");
    papers::lay(&workspace.root, &packed, &given)?;
    for (what, script, tried) in [
        ("install the package", "try.sh", None),
        ("start its units by a systemd", "boot.sh", Some("units.sh")),
        ("do what the documentation says", "boot.sh", Some("papers.sh")),
    ] {
        // Mounts and processes are the script's own, and end with it.
        let mut on_a_copy = Command::new("unshare");
        on_a_copy.args(["--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "--", "sh"]);
        let folder = workspace.root.join("xtask/src/deb");
        on_a_copy.arg(folder.join(script)).arg(&deb).arg(&copy);
        on_a_copy.args(tried.map(|tried| folder.join(tried))).arg(&given);
        step::run(what, &on_a_copy)?;
    }

    let other = Machine::ALL.into_iter().find(|machine| !machine.is_here()).expect("there are two");
    let deb = package(workspace, other, &build::server(workspace, other, false)?, &here, quick)?;
    let unpacked = workspace.target.join("deb/unpacked");
    drop(fs::remove_dir_all(&unpacked));
    step::run("unpack the package", Command::new("dpkg-deb").arg("--extract").arg(deb).arg(&unpacked))?;
    let emulator = format!("qemu-{}", other.word());
    let libraries = format!("/usr/{}-linux-gnu", other.word());
    let stand = Stand::new(&[&emulator, "-L", &libraries], unpacked.join("usr/bin/hb"));
    step::work(&format!("start it under {emulator}"), || stand.works(&["sh", "-c", "exit 3"]))
}

/// Puts the package together; its path. `packed` is how dpkg-deb packs it.
fn package(
    workspace: &Workspace,
    machine: Machine,
    hb: &Path,
    speaker: &Path,
    packed: &str,
) -> Result<PathBuf> {
    let root = workspace.target.join("deb").join(machine.debian());
    drop(fs::remove_dir_all(&root));
    let put = |from: &Path, to: &str, mode: &str| {
        said(Command::new("install").args(["-D", "-m", mode]).arg(from).arg(root.join(to))).map(drop)
    };
    put(hb, "usr/bin/hb", "755")?;
    let mut strip = Command::new(format!("{}-linux-gnu-strip", machine.word()));
    said(strip.arg("--strip-all").arg(root.join("usr/bin/hb")))?;
    for (from, to) in FILES {
        put(&workspace.root.join(from), to, "644")?;
    }
    for (name, text) in pages(&workspace.root)? {
        let page = root.join(PAGES).join(name);
        fs::create_dir_all(page.parent().expect("below the root"))?;
        fs::write(page, text)?;
    }
    let manual = root.join("usr/share/man/man1");
    fs::create_dir_all(&manual)?;
    said(Command::new(speaker).args(["man", "--dir"]).arg(&manual))?;
    for (shell, to) in COMPLETIONS {
        let to = root.join(to);
        fs::create_dir_all(to.parent().expect("below the root"))?;
        fs::write(to, said(Command::new(speaker).args(["completions", shell]))?)?;
    }
    let changes = root.join("usr/share/doc/hb/changelog");
    let date = said(&mut workspace.program("git", ".", &["log", "-1", "--format=%cD"]))?;
    let entry = format!("hb ({VERSION}) stable; urgency=medium\n\n  * As of this day.\n\n -- {MAINTAINER}  ");
    fs::write(&changes, [entry.into_bytes(), date].concat())?;
    // Without name and date in it: the same makes the same.
    said(Command::new("gzip").arg("-9n").args(files(&manual)?).arg(changes))?;
    describe(workspace, machine, &root)?;
    let deb = workspace.target.join("deb").join(format!("hb_{VERSION}_{}.deb", machine.debian()));
    let mut build = Command::new("dpkg-deb");
    build.args(["--build", "--root-owner-group", packed]).arg(&root).arg(&deb);
    step::run(&format!("package for {}", machine.debian()), &build)?;
    Ok(deb)
}

/// The pages for people, as they are packed: each link leads to what is packed too.
fn pages(root: &Path) -> Result<Vec<(String, String)>> {
    let mut pages =
        vec![("SECURITY.md".to_owned(), relinked(&fs::read_to_string(root.join("SECURITY.md"))?, "docs/"))];
    for path in files(&root.join("docs"))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            pages.push((name, relinked(&fs::read_to_string(&path)?, "")));
        }
    }
    Ok(pages)
}

/// A page whose links lead on where it is packed: pages lie beside each other, samples under `examples`. What leads to the
/// source only is text. `from` stands before the other pages where this one lies in the source.
fn relinked(page: &str, from: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        let Some((target, next)) = after.split_once(')') else { break };
        rest = next;
        let samples = format!("{}packaging/", if from.is_empty() { "../" } else { "" });
        let packed = match target {
            _ if target.starts_with('#') || target.contains("://") => Some(target.to_owned()),
            "../SECURITY.md" => Some("SECURITY.md".to_owned()),
            _ if target.starts_with(&samples) => Some(format!("examples/{}", &target[samples.len()..])),
            _ if !target.starts_with("../") => target.strip_prefix(from).map(str::to_owned),
            _ => None,
        };
        match (packed, text.rfind('[')) {
            (Some(packed), _) => text.push_str(&format!("]({packed})")),
            (None, Some(open)) => drop(text.remove(open)),
            (None, None) => {}
        }
    }
    text + rest
}

/// What dpkg must know.
fn describe(workspace: &Workspace, machine: Machine, root: &Path) -> Result<()> {
    let mut size = 0;
    let mut sums = Vec::new();
    for path in files(root)? {
        let name = path.strip_prefix(root).expect("listed below it");
        size += path.metadata()?.len();
        // What people change has no sum.
        if !name.starts_with("etc") {
            sums.extend(said(Command::new("md5sum").current_dir(root).arg(name))?);
        }
    }
    let about = root.join("DEBIAN");
    fs::create_dir_all(&about)?;
    fs::write(about.join("md5sums"), sums)?;
    fs::write(about.join("conffiles"), "/etc/hb/hb.toml\n")?;
    let source = workspace.root.join("packaging/debian");
    for script in SCRIPTS {
        said(Command::new("install").args(["-m", "755"]).arg(source.join(script)).arg(&about))?;
    }
    let control = fs::read_to_string(source.join("control"))?
        .replace("@version@", VERSION)
        .replace("@machine@", machine.debian())
        .replace("@maintainer@", MAINTAINER)
        .replace("@libc@", &libc(&fs::read(root.join("usr/bin/hb"))?))
        .replace("@size@", &size.div_ceil(1024).to_string());
    Ok(fs::write(about.join("control"), control)?)
}

/// The least version of glibc that has all that the binary asks of it, by the names in its own table.
fn libc(binary: &[u8]) -> String {
    const MARK: &[u8] = b"GLIBC_2.";
    let minor = |bytes: &[u8]| {
        let digits = bytes.strip_prefix(MARK)?.split(|byte| !byte.is_ascii_digit()).next()?;
        std::str::from_utf8(digits).ok()?.parse::<u32>().ok()
    };
    format!("2.{}", binary.windows(MARK.len() + 3).filter_map(minor).max().unwrap_or(0))
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What a program writes to its output.
fn said(command: &mut Command) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        std::io::stderr().write_all(&output.stderr)?;
        bail!("{program} ended with {}", output.status);
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_decides_which_libc_is_needed() {
        assert_eq!(libc(b"\0GLIBC_2.17\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0..."), "2.34");
    }

    #[test]
    fn every_link_of_a_page_leads_to_what_is_packed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let pages = pages(&root).unwrap();
        let packed: Vec<String> = FILES
            .iter()
            .filter_map(|(_, to)| to.strip_prefix("usr/share/doc/hb/").map(str::to_owned))
            .chain(pages.iter().map(|(name, _)| name.clone()))
            .collect();
        let mut links = 0;
        for (name, text) in &pages {
            for target in text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0)) {
                let file = target.split('#').next().unwrap_or_default();
                let is_folder = || packed.iter().any(|path| path.starts_with(&format!("{file}/")));
                let known = file.is_empty()
                    || file.contains("://")
                    || packed.iter().any(|path| path == file)
                    || is_folder();
                assert!(known, "{name} leads to {target}");
                links += 1;
            }
        }
        assert!(links > 50 && packed.iter().any(|path| path == "configuration.md"), "{packed:?}");
        assert_eq!(relinked("[a](../hb-bus/README.md), [b](b.md#c)", ""), "a, [b](b.md#c)");
    }

    #[test]
    fn everything_that_is_packed_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (from, _) in FILES {
            assert!(root.join(from).is_file(), "{from}");
        }
    }
}
