//! Kustomize directories: those that are found are read by their files ([`Layout`]), which is said.
//! Those that are named are read where that says the same as building them, and built by `kubectl
//! kustomize` or `kustomize build` otherwise, where one of them is installed.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where another program is asked to build manifests"
)]

mod bounded;
mod layout;
mod said;
mod target;
mod tell;
mod walk;

pub(super) use layout::Layout;
pub(super) use said::text_of;

use super::charts::real;
use super::files::Files;
use super::{LoadOptions, Loaded, documents};
use crate::finding::{Code, Finding, Severity};
use crate::source::names::{quoted, shown};
use crate::source::{Location, Sources, Span};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

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
    static PROGRAM: OnceLock<Option<(&str, &str)>> = OnceLock::new();
    *PROGRAM.get_or_init(|| {
        PROGRAMS.into_iter().find(|(name, _)| {
            let asked = Command::new(name)
                .arg("--help")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            asked.is_ok()
        })
    })
}

/// Builds a directory: the manifests, or a sentence that says why not. Nothing is fetched: what the
/// directory refers to must lie in the tree.
fn build(directory: &Path, options: &LoadOptions) -> Result<String, String> {
    let name = shown(directory);
    let Some((program, word)) = program() else {
        return Err(format!(
            "neither kubectl nor kustomize is installed to build `{name}`"
        ));
    };
    if let Some(remote) = Layout::remote(directory, &options.limits) {
        let remote = quoted(&remote);
        return Err(format!(
            "`{name}` is not built: it refers to `{remote}`, which is not in the tree"
        ));
    }
    let said = |why: String| format!("`{program} {word} {name}` {why}");
    // A full path begins with no hyphen, so that it is never taken for an option.
    let mut command = Command::new(program);
    command.arg(word).arg("--").arg(real(directory));
    // What the check above does not see must not reach the network either.
    command.env("GIT_ALLOW_PROTOCOL", "none");
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    let done = bounded::output(command, options.limits.bytes)
        .map_err(|why| said(format!("cannot be run: {why}")))?;
    if !done.succeeded {
        let all = String::from_utf8_lossy(&done.stderr);
        let mut lines = all.lines().filter(|line| line.trim().len() > 1);
        let first = lines.find(|line| line.to_lowercase().starts_with("error"));
        let first = first.or_else(|| all.lines().next()).unwrap_or_default();
        let words = first
            .trim_start_matches("error: ")
            .trim_start_matches("Error: ");
        return Err(said(format!("fails: {}", quoted(words))));
    }
    String::from_utf8(done.stdout).map_err(|_| said("writes no UTF-8".to_owned()))
}

/// A sentence about manifests below a directory that its kustomization does not take up.
pub(super) fn not_taken_up(directory: &Path, beside: &BTreeSet<String>) -> Option<String> {
    let (name, files) = (shown(directory), tell::some(beside));
    (!beside.is_empty()).then(|| {
        format!(
            "files below `{name}` that its kustomization does not take up are not read: {files}"
        )
    })
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
        let directory = &kustomization.directory;
        take(directory, None, options, sources, loaded);
        let beside = Layout::beside(directory, &options.limits);
        loaded.incomplete.extend(not_taken_up(directory, &beside));
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
    match build(directory, options) {
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
            // Who names a directory wants to know about that one.
            let severity = match asked {
                None => Severity::Error,
                Some(_) => Severity::Warning,
            };
            let finding = Finding::new(Code("NP204"), severity, sentence.clone())
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
