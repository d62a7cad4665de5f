//! The charts in `charts/` use every function, statement, object, method and verb that public
//! charts use: `charts/features.txt` lists them. What they give is compared in `own_charts.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A field that a chart gives arguments to by mistake, which fails when it is reached.
const MISTAKE: &str = "method Values.metrics.serviceMonitor.annotations";

/// Where an action ends: at its `}}`, or that of its comment; not at one in quotes.
fn end(behind: &str) -> usize {
    let start = behind.trim_start_matches(['-', ' ']);
    if start.starts_with("/*") {
        return behind.find("*/").unwrap() + 2;
    }
    let mut quote = None;
    let mut chars = behind.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            Some('"' | '\'') if c == '\\' => {
                chars.next();
            }
            None if behind[at..].starts_with("}}") => return at,
            None if "\"`'".contains(c) => quote = Some(c),
            _ => {}
        }
    }
    panic!("an action has no end: {behind}");
}

/// What the templates use, in the words of `features.txt`.
#[derive(Default)]
struct Used {
    all: BTreeSet<String>,
    /// The statements that are open.
    open: Vec<String>,
}

impl Used {
    fn note(&mut self, kind: &str, name: &str) {
        self.all.insert(format!("{kind} {name}"));
    }

    fn template(&mut self, text: &str) {
        let mut rest = text;
        while let Some((_, behind)) = rest.split_once("{{") {
            let (action, next) = behind.split_at(end(behind));
            rest = next;
            if let Some(trimmed) = action.strip_prefix('-') {
                self.note("syn", "trim");
                self.action(trimmed.trim_end_matches('-').trim());
            } else {
                self.action(action.trim_end_matches('-').trim());
            }
        }
        assert!(self.open.is_empty(), "open: {:?}", self.open);
    }

    fn action(&mut self, action: &str) {
        if action.starts_with("/*") {
            return self.note("syn", "comment");
        }
        let plain = self.strings(action);
        let words: Vec<&str> = plain.split_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        match first {
            "if" | "with" | "range" | "define" | "block" => {
                self.open.push(first.to_owned());
                self.note("act", first);
            }
            "else" => {
                self.note("act", "else");
                if self.open.last().unwrap() == "with" {
                    self.note("act", "with-else");
                }
            }
            "end" => {
                self.open.pop().unwrap();
            }
            "template" | "break" | "continue" => self.note("act", first),
            _ => self.note("act", "action"),
        }
        if first == "range" && words.get(1).is_some_and(|word| word.ends_with(',')) {
            self.note("syn", "range-kv");
        }
        for (sign, name) in [
            ("|", "pipe"),
            (":=", "decl"),
            (" = ", "assign"),
            ("$.", "$root"),
        ] {
            if plain.contains(sign) {
                self.note("syn", name);
            }
        }
        if plain.contains(").") {
            self.note("syn", "chain");
        }
        self.words(&plain);
    }

    /// The action without what stands in quotes; verbs in it are noted.
    fn strings(&mut self, action: &str) -> String {
        let mut plain = String::new();
        let mut rest = action;
        while let Some(at) = rest.find(['"', '`', '\'']) {
            let (before, quoted) = rest.split_at(at);
            let quote = quoted.chars().next().unwrap();
            let mut end = 1;
            while !quoted[end..].starts_with(quote) {
                let escape = quote != '`' && quoted[end..].starts_with('\\');
                let next = quoted[end..].chars().next().unwrap().len_utf8();
                end += if escape { 2 } else { next };
            }
            if quote == '`' {
                self.note("lit", "rawstring");
            }
            self.verbs(&quoted[1..end]);
            plain.push_str(before);
            plain.push_str(" _ ");
            rest = &quoted[end + 1..];
        }
        plain + rest
    }

    fn verbs(&mut self, text: &str) {
        for (at, _) in text.match_indices('%') {
            let verb = &text[at..];
            let end = verb[1..].find(|c: char| c.is_ascii_alphabetic());
            if let Some(end) = end {
                self.note("verb", &verb[..end + 2]);
            }
        }
    }

    /// Identifiers are functions; what a dot leads is an object, a method or a field.
    fn words(&mut self, plain: &str) {
        let inside = |c: char| c.is_alphanumeric() || "._$".contains(c);
        for word in plain.split(|c| !inside(c)).filter(|word| !word.is_empty()) {
            if word == "nil" {
                self.note("lit", "nil");
            } else if word.starts_with(|c: char| c.is_ascii_digit()) {
                let float = word.contains(['.', 'e']) && !word.starts_with("0x");
                self.note("lit", if float { "float" } else { "number" });
            } else if word.starts_with(|c: char| c.is_alphabetic()) {
                self.note("fn", word);
            } else if let Some((_, chain)) = word.split_once('.') {
                let mut chain = chain;
                loop {
                    self.note("obj", chain);
                    self.note("method", chain);
                    let Some((_, shorter)) = chain.split_once('.') else {
                        break;
                    };
                    // Behind `.context` and `$x.root` stand the same objects.
                    chain = shorter;
                }
            }
        }
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

#[test]
fn the_charts_use_everything_that_charts_use() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
    let mut used = Used::default();
    let mut found = Vec::new();
    for chart in ["functions", "shop"] {
        files(&folder.join(chart), &mut found);
    }
    for file in &found {
        let path = file.to_string_lossy();
        if path.contains("/templates/") || path.ends_with("/files/conf/server.conf") {
            used.template(&std::fs::read_to_string(file).unwrap());
        }
        if path.ends_with("Chart.yaml") {
            used.note("feat", "Chart.yaml-count");
        }
        if path.ends_with("values.schema.json") {
            used.note("feat", "values.schema.json");
        }
        if path.contains("/charts/shop/charts/") && path.ends_with(".tgz") {
            used.note("feat", "subchart-tgz");
        }
    }
    let list = std::fs::read_to_string(folder.join("features.txt")).unwrap();
    let listed: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(listed.len() > 200, "the list is whole");
    let missing: Vec<&&str> = { listed.iter() }
        .filter(|feature| ***feature != *MISTAKE && !used.all.contains(**feature))
        .collect();
    assert!(missing.is_empty(), "no chart uses {missing:?}");
}
