//! Kustomize directories: those that are named are built by `kubectl kustomize` or `kustomize build`
//! where one of them is installed; others are read by their files ([`Layout`]), which is said.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where another program is asked to build manifests"
)]

mod layout;
mod target;
mod walk;

pub(super) use layout::Layout;

use super::files::Files;
use super::{LoadOptions, Loaded, documents};
use crate::finding::{Code, Finding, Severity};
use crate::source::names::{quoted, shown};
use crate::source::{Location, Sources, Span};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The names that a kustomization may have.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The programs that build one, with the words in front of the directory.
const PROGRAMS: [(&str, &str); 2] = [("kubectl", "kustomize"), ("kustomize", "build")];

/// Is this the name of a kustomization?
pub(super) fn is_name(name: &OsStr) -> bool {
    NAMES.iter().any(|known| name == *known)
}

/// Has the directory a kustomization?
pub(super) fn is_here(directory: &Path) -> bool {
    NAMES.iter().any(|name| directory.join(name).is_file())
}

/// Is there a program that builds kustomizations?
pub(super) fn is_installed() -> bool {
    program().is_some()
}

fn program() -> Option<(&'static str, &'static str)> {
    PROGRAMS.into_iter().find(|(name, _)| {
        let asked = Command::new(name)
            .arg("--help")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok()
    })
}

/// Builds a directory: the manifests, or a sentence that says why not.
pub(super) fn build(directory: &Path) -> Result<String, String> {
    let name = shown(directory);
    let Some((program, word)) = program() else {
        return Err(format!(
            "neither kubectl nor kustomize is installed to build `{name}`"
        ));
    };
    let done = Command::new(program)
        .arg(word)
        .arg(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{program} {word} {name}` cannot be run: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.trim().lines().last().unwrap_or_default();
        let said = said
            .trim_start_matches("error: ")
            .trim_start_matches("Error: ");
        return Err(format!("`{program} {word} {name}` fails: {}", quoted(said)));
    }
    String::from_utf8(done.stdout).map_err(|_| format!("`{program} {word} {name}` writes no UTF-8"))
}

/// Takes in what the named directories build, and says what was not built.
pub(super) fn read(
    files: &Files,
    options: &LoadOptions,
    sources: &mut Sources,
    loaded: &mut Loaded,
) {
    let (named, found): (Vec<_>, Vec<_>) = files.kustomizations.iter().partition(|k| k.named);
    for kustomization in named {
        take(&kustomization.directory, None, options, sources, loaded);
    }
    if let Some(first) = found.first() {
        let name = shown(&first.directory);
        let what = match found.len() {
            1 => format!("the Kustomize directory `{name}` is"),
            n => format!("{n} Kustomize directories (`{name}` …) are"),
        };
        loaded.incomplete.push(format!(
            "{what} read, not built: namespaces are followed, patches and generators are not; name \
             one directory, or pipe it in: `kubectl kustomize {name} | netpolc check -`"
        ));
    }
}

/// Builds a directory and takes in its objects.
pub(super) fn take(
    directory: &Path,
    asked: Option<(&Arc<str>, Location)>,
    options: &LoadOptions,
    sources: &mut Sources,
    loaded: &mut Loaded,
) {
    let name = shown(directory);
    match build(directory) {
        Ok(content) => {
            let content: Arc<str> = content.into();
            let shown = format!("{name} (kustomize)");
            let source = sources.add_aside(&shown, Arc::clone(&content));
            let text = documents::Text {
                source,
                shown: &shown,
                named: false,
                namespace: asked.map(|(namespace, _)| Arc::clone(namespace)),
                content,
            };
            documents::read(&text, &options.limits, loaded);
        }
        Err(sentence) => {
            let at = asked.map_or_else(
                || {
                    let source = sources.add(name.as_str(), "");
                    let span = Span { start: 0, end: 0 };
                    Location { source, span }
                },
                |(_, at)| at,
            );
            let finding = Finding::new(Code("NP204"), Severity::Warning, sentence.clone())
                .at(at, "what it builds is left out of the analysis")
                .help(format!(
                    "build it where that works and pipe it in: `kubectl kustomize {name} | netpolc \
                     check -`"
                ));
            loaded.findings.push(finding);
            loaded.incomplete.push(sentence);
        }
    }
}
