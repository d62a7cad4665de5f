//! Objects that name charts and directories to be deployed: Applications and ApplicationSets of Argo
//! CD, HelmReleases of Flux. What they name is looked for in the tree and in `--chart-dir`, never on
//! the network; what lies nowhere is NP204, and the answers are marked incomplete.

mod applicationset;
mod argo;
mod flux;
mod pattern;
mod template;

use super::Object;
use super::charts::{Renderer, is_chart, real, repository};
use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, SourceId};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// How deep an Application may lead to Applications (`app of apps`).
const DEEPEST: usize = 4;

/// So many of the others that deploy the same absent chart are shown.
const OTHERS: usize = 3;

/// What an object says, and where each part of it stands.
pub(super) struct Spec<'a> {
    /// The object as JSON; of an ApplicationSet, the Application that it makes.
    value: Value,
    object: &'a Object,
    /// Where the value stands in the object.
    below: &'a str,
}

impl<'a> Spec<'a> {
    fn of(object: &'a Object) -> Self {
        Self {
            value: object.root().to_json(),
            object,
            below: "",
        }
    }

    /// The value at a JSON pointer.
    pub(super) fn get(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The text at a JSON pointer, when it is there and not empty.
    fn text(&self, pointer: &str) -> Option<&str> {
        let text = self.get(pointer)?.as_str();
        text.filter(|text| !text.is_empty())
    }

    /// The items of the list at a JSON pointer, each with its own pointer.
    fn items(&self, pointer: &str) -> Vec<(String, &Value)> {
        let items = self.get(pointer).and_then(Value::as_array);
        let items = items.into_iter().flatten().enumerate();
        items
            .map(|(nth, item)| (format!("{pointer}/{nth}"), item))
            .collect()
    }

    /// The texts of a list.
    fn texts(&self, pointer: &str) -> Vec<String> {
        let items = self.items(pointer).into_iter();
        let texts = items.filter_map(|(_, item)| item.as_str().map(str::to_owned));
        texts.collect()
    }

    fn flag(&self, pointer: &str) -> bool {
        self.get(pointer).and_then(Value::as_bool) == Some(true)
    }

    /// Where the value at a pointer stands, or the nearest part around it.
    pub(super) fn place(&self, pointer: &str) -> Location {
        let mut pointer = format!("{}{pointer}", self.below);
        loop {
            if let Some(node) = self.object.get(&pointer) {
                return self.object.locate(node);
            }
            match pointer.rfind('/') {
                Some(at) => pointer.truncate(at),
                None => return self.object.at,
            }
        }
    }

    fn namespace(&self) -> &str {
        let object = self.object;
        let settled = (object.namespace.as_deref().or(object.home.as_deref()))
            .filter(|_| self.below.is_empty());
        let own = settled.or_else(|| self.text("/metadata/namespace"));
        own.unwrap_or("default")
    }

    /// `Application argocd/web`.
    fn name(&self) -> String {
        let kind = self.text("/kind").unwrap_or(&self.object.kind);
        let name = self.text("/metadata/name").unwrap_or(&self.object.name);
        format!("{kind} {}/{name}", self.namespace())
    }
}

/// A chart that is deployed and lies nowhere: who deploys it, and where that is said.
pub(super) struct Absent {
    who: String,
    at: Location,
}

/// Renders what the objects that were read ask for, and what the objects that come of it ask for.
pub(super) fn render(paths: &[PathBuf], renderer: &mut Renderer<'_>) {
    follow(paths, renderer);
    for (chart, absent) in std::mem::take(&mut renderer.absent) {
        say_absent(&chart, &absent, renderer);
    }
}

/// NP204, once for a chart however many deploy it.
fn say_absent(chart: &str, absent: &[Absent], renderer: &mut Renderer<'_>) {
    let Some((first, others)) = absent.split_first() else {
        return;
    };
    let deploy = match others.len() {
        0 => format!("{} deploys", first.who),
        n => format!("{} and {n} more deploy", first.who),
    };
    let sentence = format!("{deploy} the chart `{chart}`, which is not in the tree");
    renderer.loaded.incomplete.push(sentence.replace('`', ""));
    let mut finding = Finding::new(Code("NP204"), Severity::Warning, sentence)
        .at(first.at, "what it deploys is left out of the analysis")
        .help("`helm pull` it into a directory and name that by --chart-dir");
    for other in others.iter().take(OTHERS) {
        finding = finding.see(other.at, format!("also deployed by {}", other.who));
    }
    renderer.loaded.findings.push(finding);
}

fn follow(paths: &[PathBuf], renderer: &mut Renderer<'_>) {
    let mut from = 0;
    let mut files = BTreeMap::new();
    for _ in 0..DEEPEST {
        let objects: Vec<Object> = renderer
            .loaded
            .objects
            .get(from..)
            .unwrap_or_default()
            .to_vec();
        from += objects.len();
        for object in &objects {
            let mut asker = Asker {
                renderer: &mut *renderer,
                paths,
                object,
                real: &mut files,
            };
            match (object.group(), object.kind.as_str()) {
                ("argoproj.io", "Application") => argo::application(&mut asker, &Spec::of(object)),
                ("argoproj.io", "ApplicationSet") => applicationset::read(&mut asker),
                ("helm.toolkit.fluxcd.io", "HelmRelease") => flux::release(&mut asker),
                _ => {}
            }
        }
        if renderer.loaded.objects.len() == from {
            break;
        }
    }
}

/// Renders for one object.
struct Asker<'a, 'r> {
    renderer: &'a mut Renderer<'r>,
    /// The paths of the command line.
    paths: &'a [PathBuf],
    object: &'a Object,
    /// The real path of each source that was asked for.
    real: &'a mut BTreeMap<SourceId, Option<PathBuf>>,
}

impl Asker<'_, '_> {
    /// NP204: what is named is not there.
    fn unresolved(&mut self, at: Location, sentence: String, help: &str) {
        let incomplete = sentence.replace('`', "");
        let finding = Finding::new(Code("NP204"), Severity::Warning, sentence)
            .at(at, "what it deploys is left out of the analysis")
            .help(help);
        self.renderer.loaded.findings.push(finding);
        self.renderer.loaded.incomplete.push(incomplete);
    }

    /// A chart that lies nowhere: told when all who deploy it are known.
    fn chart_is_absent(&mut self, chart: &str, at: Location, who: String) {
        let absent = self.renderer.absent.entry(chart.to_owned()).or_default();
        absent.push(Absent { who, at });
    }

    /// The directories that paths in a repository may begin at: the repository of the object's file,
    /// then the directories of the command line.
    fn roots(&self) -> Vec<PathBuf> {
        let source = self.renderer.sources.get(self.object.source);
        let file = source.map(|source| PathBuf::from(&source.path));
        let mut roots: Vec<PathBuf> = Vec::new();
        if let Some(file) = file.filter(|file| file.is_file()) {
            roots.push(repository(&file));
        }
        roots.extend(self.paths.iter().filter(|path| path.is_dir()).cloned());
        roots
    }

    /// A file or directory of the repository, by its path from the root; the first root that has it.
    fn find(&self, path: &str) -> Option<PathBuf> {
        let relative = Path::new(path.trim_start_matches('/'));
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            return None;
        }
        let below = |root: &PathBuf| {
            let path = root.join(relative);
            let found = real(&path);
            (path.exists() && found.starts_with(real(root))).then(|| shortened(&path))
        };
        self.roots().iter().find_map(below)
    }

    /// A chart by its name in the directories of `--chart-dir`.
    fn named_chart(&self, name: &str, version: &str) -> Option<PathBuf> {
        let dirs = &self.renderer.options.helm.chart_dirs;
        let name = name.rsplit('/').next().unwrap_or(name);
        let found = |dir: &PathBuf| crate::chart::in_directory(dir, name, version);
        dirs.iter().find_map(found).map(|(path, _)| path)
    }

    /// Remembers that somebody asks for a chart.
    fn asks_for(&mut self, chart: &Path) {
        self.renderer.asked_for.insert(real(chart));
    }
}

/// A path below the working directory without what leads to it, as people write it.
fn shortened(path: &Path) -> PathBuf {
    PathBuf::from(crate::source::names::shown(path))
}

fn is_chart_at(path: &Path) -> bool {
    is_chart(path) || super::charts::is_archive(path)
}
