//! `cargo xtask new-lint NP402 peer-matches-nothing`: every file that a rule consists of, so that
//! none is forgotten. What it writes does not pass the tests: the rule has to be written.

use crate::root;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes the files of a new rule.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code, never used before: NP402.
    code: String,
    /// The smell, in words with hyphens: peer-matches-nothing.
    name: String,
}

/// Families as the registry calls them, by the digit behind `NP`.
const FAMILIES: [(char, &str); 6] = [
    ('1', "Reading"),
    ('2', "Charts"),
    ('3', "Policies"),
    ('4', "Workloads"),
    ('5', "Lowering"),
    ('6', "Cni"),
];

/// Writes the files, or says why not; nothing is overwritten.
pub fn run(args: &Args) -> Result<(), String> {
    make(root(), &args.code, &args.name)
}

fn make(root: &Path, code: &str, name: &str) -> Result<(), String> {
    let family = family(code)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(format!("`{name}` is no name; use lower case and hyphens"));
    }
    let module = name.replace('-', "_");
    let registry = root.join("compiler/src/lint/registry.rs");
    let modules = root.join("compiler/src/lint/rules.rs");
    let new_registry = with_line(&read(&registry)?, code, name, family, &module)?;
    let new_modules = with_module(&read(&modules)?, &module)?;
    let examples = root.join("policies-examples/lints").join(code);
    let files: [(PathBuf, String); 4] = [
        (
            root.join(format!("compiler/src/lint/rules/{module}.rs")),
            rule_file(code, name),
        ),
        (root.join(format!("docs/lints/{code}.md")), page(code, name)),
        (examples.join("bad/policy.yaml"), example(Some(code))),
        (examples.join("good/policy.yaml"), example(None)),
    ];
    if let Some((known, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(format!("{} exists", known.display()));
    }
    for (path, text) in &files {
        write(path, text)?;
    }
    write(&registry, &new_registry)?;
    write(&modules, &new_modules)
}

fn family(code: &str) -> Result<&'static str, String> {
    let digits = code.strip_prefix("NP").unwrap_or_default();
    let first = digits.chars().next().unwrap_or_default();
    let known = FAMILIES.iter().find(|(digit, _)| *digit == first);
    match known {
        Some((_, family)) if digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(family)
        }
        _ => Err(format!(
            "`{code}` is no code of a known family; see lint.rs"
        )),
    }
}

/// The registry with a line for the code, in order.
fn with_line(
    registry: &str,
    code: &str,
    name: &str,
    family: &str,
    module: &str,
) -> Result<String, String> {
    let line = format!(
        "    {code} \"{name}\" Warning {family} Check::Analysis({module}::check) => \"\";\n"
    );
    let mut text = String::new();
    let mut inside = false;
    let mut placed = false;
    for old in registry.split_inclusive('\n') {
        let here = old.trim_start();
        if inside && !placed && (old.starts_with('}') || (here.starts_with("NP") && here > code)) {
            text.push_str(&line);
            placed = true;
        }
        if inside
            && here
                .strip_prefix(code)
                .is_some_and(|rest| rest.starts_with(' '))
        {
            return Err(format!("{code} is in the registry; codes are never reused"));
        }
        inside |= old.starts_with("registry! {");
        text.push_str(old);
    }
    let imports = text.replacen(
        "use super::rules::{",
        &format!("use super::rules::{{{module}, "),
        1,
    );
    if placed && imports != text {
        Ok(imports)
    } else {
        Err("registry.rs does not look as expected".to_owned())
    }
}

/// The list of modules with one more, in order.
fn with_module(modules: &str, module: &str) -> Result<String, String> {
    let line = format!("pub mod {module};");
    let before = |old: &&str| old.starts_with("pub mod ") && *old > line.as_str();
    let last = modules.lines().rfind(|old| old.starts_with("pub mod "));
    if modules.lines().any(|old| old == line) {
        return Err(format!("there is a module {module}"));
    }
    match (modules.lines().find(before), last) {
        (Some(next), _) => Ok(modules.replacen(next, &format!("{line}\n{next}"), 1)),
        (None, Some(last)) => Ok(modules.replacen(last, &format!("{last}\n{line}"), 1)),
        (None, None) => Err("rules.rs does not look as expected".to_owned()),
    }
}

fn rule_file(code: &str, name: &str) -> String {
    format!(
        "//! {code}: {}. Say here what is found, what is not, and whose rule it is.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::context::Context;

/// Finds them: say here how many findings one mistake makes.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {{
    let found = context.written().filter(|_| false);
    let told = found.map(|(_, policy, origin)| {{
        let message = format!(\"`{{}}`\", policy.key.name);
        rule.finding(message).at(origin.name, \"\").help(\"\")
    }});
    told.collect()
}}
",
        name.replace('-', " ")
    )
}

fn page(code: &str, name: &str) -> String {
    format!(
        "# {code} {name}

## What it does

## Why it is bad

## Example
Bad:
```yaml
```
Good:
```yaml
```

## How to fix

## References
- 
"
    )
}

fn example(code: Option<&str>) -> String {
    let mark = code.map_or_else(String::new, |code| format!(" # expect: {code}"));
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: payments, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: payments}}}}{mark}
  policyTypes: [Ingress]
"
    )
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_put_in_order_and_never_twice() {
        let registry = read(&root().join("compiler/src/lint/registry.rs")).unwrap();
        let new = with_line(&registry, "NP499", "some-smell", "Workloads", "some_smell").unwrap();
        let codes: Vec<&str> = new
            .lines()
            .filter_map(|l| l.trim_start().get(..5).filter(|c| c.starts_with("NP")))
            .collect();
        assert!(codes.contains(&"NP499"));
        assert!(codes.is_sorted(), "{codes:?}");
        assert!(new.contains("{some_smell, "));
        assert!(with_line(&new, "NP499", "x", "Workloads", "x").is_err());
    }

    #[test]
    fn a_module_is_put_in_order() {
        let modules = "pub mod b;\npub mod d;\n";
        assert_eq!(
            with_module(modules, "c").unwrap(),
            "pub mod b;\npub mod c;\npub mod d;\n"
        );
        assert_eq!(
            with_module(modules, "e").unwrap(),
            "pub mod b;\npub mod d;\npub mod e;\n"
        );
        assert!(with_module(modules, "d").is_err());
    }

    #[test]
    fn codes_have_a_family() {
        assert_eq!(family("NP301"), Ok("Policies"));
        for wrong in ["NP3", "NP901", "301", "NP30a", ""] {
            assert!(family(wrong).is_err(), "{wrong}");
        }
    }
}
