//! Who may use whom, inside this package and between packages.
//!
//! ARCHITECTURE.md has one table of modules for each of the two programs and one of packages. The
//! tables are exact: an edge in the sources that a table lacks fails, and so does an edge or a row
//! of a table that the sources do not have. Modules form no cycle, so that data flows one way.
//!
//! The agent's tests include this file too: it reads the package that it is compiled for.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each module the modules that it uses.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn package_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> PathBuf {
    package_dir().join("..")
}

/// The rows of the table below the heading, as the backticked names of the first two columns.
fn table(heading: &str) -> Graph {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, section) = page
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("ARCHITECTURE.md has no heading `{heading}`"));
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2);
    let names = |cell: Option<&str>| -> Vec<String> {
        let parts = cell.unwrap_or_default().split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let mut graph = Graph::new();
    for row in rows {
        let mut cells = row.split('|').skip(1);
        let [name] = &names(cells.next())[..] else {
            panic!("the first cell of `{row}` names one thing in backticks");
        };
        let used = names(cells.next()).into_iter().collect();
        let before = graph.insert(name.clone(), used);
        assert_eq!(before, None, "`{name}` has two rows under `{heading}`");
    }
    assert!(!graph.is_empty(), "`{heading}` has no table");
    graph
}

/// Every `.rs` file below a directory.
fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Where a file stands: its module's names from the top. `lib.rs` is at the top itself.
fn module_path(src: &Path, file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(src).expect("below src");
    let names = relative.with_extension("");
    let names = names.iter().map(|n| n.to_string_lossy().into_owned());
    names.filter(|n| n != "lib").collect()
}

/// Collects the top-level modules that a stretch of tokens names.
struct Edges<'a> {
    /// What the top of the package is called here: `crate`, or its name in `main.rs`.
    top: &'a str,
    used: BTreeSet<String>,
}

impl Edges<'_> {
    /// `depth` is how many `super` lead to the top.
    fn scan(&mut self, tokens: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let word = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => ident.to_string(),
            _ => String::new(),
        };
        let mark = |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let path = |at: usize| mark(at, ':') && mark(at + 1, ':');
        for (at, token) in tokens.iter().enumerate() {
            let follows = at >= 2 && path(at - 2);
            match token {
                TokenTree::Ident(ident) if *ident == self.top && !follows && path(at + 1) => {
                    self.target(&tokens, at + 3);
                }
                TokenTree::Ident(ident) if ident == "super" && !follows => {
                    let mut last = at;
                    let mut ups = 1;
                    while path(last + 1) && word(last + 3) == "super" {
                        last += 3;
                        ups += 1;
                    }
                    if ups >= depth && path(last + 1) {
                        self.target(&tokens, last + 3);
                    }
                }
                TokenTree::Group(group) => {
                    let inline =
                        at >= 2 && group.delimiter() == Delimiter::Brace && word(at - 2) == "mod";
                    self.scan(group.stream(), depth + usize::from(inline));
                }
                _ => {}
            }
        }
    }

    /// What stands after `crate::`: a name, or several in braces.
    fn target(&mut self, tokens: &[TokenTree], at: usize) {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => {
                self.used.insert(name.to_string());
            }
            Some(TokenTree::Group(group)) => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                for item in tokens.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ','))
                {
                    self.target(item, 0);
                }
            }
            _ => {}
        }
    }
}

/// What one file uses, without its own module.
fn edges(source: &str, module: &[String], top: &str) -> BTreeSet<String> {
    let mut edges = Edges {
        top,
        used: BTreeSet::new(),
    };
    edges.scan(source.parse().expect("Rust tokens"), module.len());
    if let Some(own) = module.first() {
        edges.used.remove(own);
    }
    edges.used
}

/// The modules of this package and their edges.
fn modules() -> Graph {
    let src = package_dir().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut graph = Graph::new();
    for file in files {
        let module = module_path(&src, &file);
        let Some(name) = module.first().cloned() else {
            continue;
        };
        let top = if name == "main" {
            env!("CARGO_PKG_NAME")
        } else {
            "crate"
        };
        let text = fs::read_to_string(&file).expect("a source");
        let used = edges(&text, &module, top);
        graph.entry(name).or_default().extend(used);
    }
    graph
}

/// Says every difference between a table and what there is.
fn assert_same(heading: &str, written: &Graph, real: &Graph) {
    let mut wrong = Vec::new();
    for (name, used) in real {
        match written.get(name) {
            None => wrong.push(format!("`{name}` has no row; it uses {used:?}")),
            Some(allowed) => {
                for new in used.difference(allowed) {
                    wrong.push(format!("`{name}` uses `{new}`, its row does not allow it"));
                }
                for gone in allowed.difference(used) {
                    wrong.push(format!("`{name}` does not use `{gone}`, its row says so"));
                }
            }
        }
    }
    for name in written.keys().filter(|name| !real.contains_key(*name)) {
        wrong.push(format!("`{name}` has a row and does not exist"));
    }
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md, `{heading}`:\n  {}",
        wrong.join("\n  ")
    );
}

#[test]
fn modules_use_what_the_table_allows() {
    let heading = format!("### Modules of {}", env!("CARGO_PKG_NAME"));
    assert_same(&heading, &table(&heading), &modules());
}

#[test]
fn modules_form_no_cycle() {
    let mut left = modules();
    while !left.is_empty() {
        let ends: Vec<String> = left
            .iter()
            .filter(|(_, used)| !used.iter().any(|u| left.contains_key(u)))
            .map(|(name, _)| name.clone())
            .collect();
        assert!(!ends.is_empty(), "a cycle among {:?}", left.keys());
        left.retain(|name, _| !ends.contains(name));
    }
}

/// The project's own packages that `[dependencies]` of a manifest names.
fn own_dependencies(manifest: &str, own: &BTreeSet<String>) -> BTreeSet<String> {
    manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| own.contains(*name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn packages_depend_on_what_the_table_allows() {
    let heading = "### Packages";
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let members = workspace
        .lines()
        .skip_while(|line| !line.starts_with("members"))
        .skip(1)
        .take_while(|line| !line.starts_with(']'))
        .map(|line| line.trim().trim_matches([',', '"']));
    let mut manifests = BTreeMap::new();
    for member in members {
        let path = root().join(member).join("Cargo.toml");
        let manifest = fs::read_to_string(path).expect("a manifest");
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .expect("a name")
            .trim_matches('"')
            .to_owned();
        manifests.insert(name, manifest);
    }
    let own: BTreeSet<String> = manifests.keys().cloned().collect();
    let real = manifests
        .iter()
        .map(|(name, manifest)| (name.clone(), own_dependencies(manifest, &own)))
        .collect();
    assert_same(heading, &table(heading), &real);
}

/// The scanner itself: what counts as an edge and what does not.
#[test]
fn the_scanner_sees_every_way_to_name_a_module() {
    let source = r#"
        //! crate::comment is no edge, nor is this:
        const TEXT: &str = "crate::text";
        use crate::{alpha::X, beta::{self, Y}, own::Z};
        use super::gamma;
        mod tests { use super::own_item; use super::super::delta::W; }
        fn f() { other::crate_like::g(); write!("{}", crate::epsilon::h()) }
        pub(in crate::own) fn g() {}
    "#;
    let module = |path: &[&str]| path.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let found = edges(source, &module(&["own"]), "crate");
    let expected = ["alpha", "beta", "delta", "epsilon", "gamma"];
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
    // One level down, a single `super` stays inside.
    let below = edges(
        "use super::sibling; use super::super::zeta;",
        &module(&["own", "part"]),
        "crate",
    );
    assert_eq!(
        below.iter().map(String::as_str).collect::<Vec<_>>(),
        ["zeta"]
    );
}
