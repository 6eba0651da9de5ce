//! Every public type of hb-bus has an example that runs, of its own or one that it names.
//!
//! Not here: whether an example is good. That it compiles and holds is seen by `cargo test --doc`.

use crate::{Source, checkout, hold, rust};

/// A public type and what its doc comment says.
struct Type {
    path: String,
    line: usize,
    name: String,
    doc: String,
}

impl Type {
    /// The module at the root of the crate that it belongs to.
    fn room(&self) -> &str {
        self.path.strip_prefix("hb-bus/src/").unwrap_or_default().split(['/', '.']).next().unwrap_or_default()
    }

    /// The lines between fences.
    fn example(&self) -> Option<String> {
        let (_, code) = self.doc.split_once("```")?;
        Some(code.rsplit_once("```")?.0.to_owned())
    }

    /// `X` of "The example of [`X`] shows it."
    fn elsewhere(&self) -> Option<&str> {
        let line = self.doc.lines().find(|line| line.ends_with("shows it."))?;
        let (path, _) = line.strip_prefix("The example of [`")?.split_once('`')?;
        path.rsplit("::").next()
    }
}

#[test]
fn every_public_type_of_hb_bus_has_an_example() {
    let with = "/// A.\n///\n/// ```\n/// X, Y::new();\n/// ```\npub struct X;\n";
    let sample = |rest: &str| without(&types(&Source::sample("hb-bus/src/bus.rs", &format!("{with}{rest}"))));
    assert_eq!(sample("/// Bare.\n#[derive(Debug)]\npub struct B;\n").len(), 1, "it has none");
    assert_eq!(sample("/// Y.\n///\n/// The example of [`X`] shows it.\npub enum Y {}\n").len(), 0);
    assert_eq!(
        sample("/// Z.\n///\n/// The example of [`X`] shows it.\npub trait Z {}\n").len(),
        1,
        "no Z there"
    );
    assert_eq!(
        sample("/// Z.\n///\n/// The example of [`W`] shows it.\npub type Z = u8;\n").len(),
        1,
        "no W"
    );
    let all: Vec<Type> = rust(&checkout()).flat_map(types).collect();
    assert!(all.len() > 100, "only {} public types: has hb-bus moved?", all.len());
    hold("examples of hb-bus", &without(&all));
}

fn types(file: &Source) -> Vec<Type> {
    let mut found = Vec::new();
    if !file.path.starts_with("hb-bus/src/") || file.is_test() {
        return found;
    }
    let mut doc = String::new();
    for (line, text) in file.code() {
        if let Some(said) = text.strip_prefix("///") {
            doc.push_str(said.strip_prefix(' ').unwrap_or(said));
            doc.push('\n');
            continue;
        }
        // An attribute stands between a doc comment and its type, over several lines if it must.
        if text.starts_with(['#', ' ', ')']) {
            continue;
        }
        let kind = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
        if let Some(rest) = kind.iter().find_map(|kind| text.strip_prefix(kind)) {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
            found.push(Type { path: file.path.clone(), line, name, doc: std::mem::take(&mut doc) });
        }
        doc.clear();
    }
    found
}

fn without(all: &[Type]) -> Vec<String> {
    let names = |example: &str, name: &str| {
        example.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let shown = |it: &Type| {
        let Some(other) = it.elsewhere() else { return it.example().is_some() };
        let mut others = all.iter().filter(|there| there.name == other && there.room() == it.room());
        others.any(|there| there.example().is_some_and(|example| names(&example, &it.name)))
    };
    let bare = all.iter().filter(|it| !shown(it));
    bare.map(|it| {
        format!("{}:{}: {} has no example, nor names a type whose example does", it.path, it.line, it.name)
    })
    .collect()
}
