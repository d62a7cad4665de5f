//! The survey: `check` over repositories as they are, what it says by code, and a sample of it.

mod judged;

use crate::page::share;
use judged::{JUDGED, Judged};
use netpol_testgen::Rng;
use netpolc::finding::Severity;
use netpolc::lint::{self, Selection};
use netpolc::resolve::{Analysis, Inputs, read};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A finding in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    code: &'static str,
    severity: Severity,
    repository: String,
    /// Below the repository.
    path: String,
    line: u32,
    message: String,
}

/// A repository as it was.
#[derive(Debug)]
struct Repository {
    name: String,
    commit: String,
    objects: usize,
    policies: usize,
}

/// What `check` says about repositories.
#[derive(Debug)]
pub(crate) struct Survey {
    repositories: Vec<Repository>,
    seen: Vec<Seen>,
    /// Where each repository lies, for printing lines.
    roots: BTreeMap<String, PathBuf>,
}

impl Survey {
    /// Reads every directory below these.
    pub(crate) fn of(directories: &[PathBuf]) -> Result<Self, String> {
        let mut survey = Self {
            repositories: Vec::new(),
            seen: Vec::new(),
            roots: BTreeMap::new(),
        };
        for directory in directories {
            let entries = std::fs::read_dir(directory);
            let entries = entries.map_err(|e| format!("{}: {e}", directory.display()))?;
            let mut found: Vec<PathBuf> = entries
                .filter_map(|e| e.ok().map(|e| e.path()))
                .filter(|p| p.is_dir())
                .collect();
            found.sort();
            for path in found {
                survey.add(&path)?;
            }
        }
        survey.seen.sort();
        Ok(survey)
    }

    fn add(&mut self, path: &Path) -> Result<(), String> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file.replacen('+', "/", 1);
        let commit = path.with_file_name(format!("{file}.commit"));
        let commit =
            std::fs::read_to_string(&commit).map_err(|e| format!("{}: {e}", commit.display()))?;
        let root = std::fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let analysis = read(&Inputs {
            paths: vec![root.clone()],
            ..Inputs::default()
        });
        self.tell(&name, &root, &analysis, &Selection::default());
        // The values of the CNI stand in the object that deploys its chart.
        let of_cni = Selection {
            select: vec!["NP6".to_owned()],
            ..Selection::default()
        };
        for values in cilium(&analysis) {
            let analysis = read(&Inputs {
                paths: vec![root.clone()],
                cni_values: vec![values],
                ..Inputs::default()
            });
            self.tell(&name, &root, &analysis, &of_cni);
        }
        self.repositories.push(Repository {
            name: name.clone(),
            commit: commit.trim().to_owned(),
            objects: analysis.objects.len(),
            policies: analysis.model.policies.policies().len(),
        });
        self.roots.insert(name, root);
        Ok(())
    }

    /// Keeps what `check` says.
    fn tell(&mut self, name: &str, root: &Path, analysis: &Analysis, selection: &Selection) {
        let below = format!("{}/", root.display());
        for finding in lint::check(analysis, selection) {
            let at = finding.location();
            let source = at.and_then(|at| analysis.sources.get(at.source));
            let line = at
                .zip(source)
                .map_or(0, |(at, s)| s.line_column(at.span.start).line);
            let shown = source.map_or("", |s| s.path.as_str());
            self.seen.push(Seen {
                code: finding.code.0,
                severity: finding.severity,
                repository: name.to_owned(),
                path: below_root(shown, root).to_owned(),
                line,
                message: finding
                    .message
                    .replace(&below, "")
                    .replace(['\n', '|'], " "),
            });
        }
    }

    /// Findings drawn across codes: each code in turn gives one, until there are enough.
    pub(crate) fn sample(&self, seed: u64, count: usize) -> Vec<&Seen> {
        let mut rng = Rng::new(seed);
        let mut by_code: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
        for seen in &self.seen {
            by_code.entry(seen.code).or_default().push(seen);
        }
        let mut chosen = Vec::new();
        while chosen.len() < count && !by_code.is_empty() {
            for list in by_code.values_mut() {
                if chosen.len() < count && !list.is_empty() {
                    chosen.push(list.swap_remove(rng.below(list.len())));
                }
            }
            by_code.retain(|_, list| !list.is_empty());
        }
        chosen.sort();
        chosen
    }

    /// The sample with the lines around each place.
    pub(crate) fn printed(&self, sample: &[&Seen]) -> String {
        let mut text = self.codes();
        for seen in sample {
            let judged = judgement(seen).map_or("not judged", |j| j.why);
            writeln!(
                text,
                "\n== {} {:?} {} {}:{}\n   {}\n   [{judged}]",
                seen.code, seen.severity, seen.repository, seen.path, seen.line, seen.message
            )
            .unwrap_or_default();
            let root = self.roots.get(&seen.repository);
            let read =
                root.map(|r| std::fs::read_to_string(r.join(&seen.path)).unwrap_or_default());
            let at = usize::try_from(seen.line).unwrap_or(0);
            let lines = read.as_deref().unwrap_or_default().lines().enumerate();
            for (number, line) in lines.skip(at.saturating_sub(8)).take(18) {
                let mark = if number + 1 == at { '>' } else { ' ' };
                writeln!(text, "{mark} {:>4} {line}", number + 1).unwrap_or_default();
            }
        }
        text
    }

    fn codes(&self) -> String {
        let mut text = String::from(
            "| code | name | findings | errors | warnings | notes | repositories |\n|---|---|---|---|---|---|---|\n",
        );
        let mut codes: Vec<&'static str> = self.seen.iter().map(|s| s.code).collect();
        codes.dedup();
        for code in codes {
            let of_code = || self.seen.iter().filter(|s| s.code == code);
            let count = |severity| of_code().filter(|s| s.severity == severity).count();
            let mut repositories: Vec<&str> = of_code().map(|s| s.repository.as_str()).collect();
            repositories.sort_unstable();
            repositories.dedup();
            writeln!(
                text,
                "| {code} | {} | {} | {} | {} | {} | {} |",
                lint::find(code).map_or("", |rule| rule.name),
                of_code().count(),
                count(Severity::Error),
                count(Severity::Warning),
                count(Severity::Note),
                repositories.len(),
            )
            .unwrap_or_default();
        }
        text
    }

    /// The whole part.
    pub(crate) fn page(&self, seed: u64, sample: &[&Seen]) -> String {
        let mut text = format!(
            "{} repositories, {} findings. Each repository is read as a whole, as somebody does who knows nothing about it.\n\n",
            self.repositories.len(),
            self.seen.len()
        );
        text.push_str(&self.codes());
        text.push_str("\n### Repositories\n\n| repository | commit | objects | policies | findings |\n|---|---|---|---|---|\n");
        for repository in &self.repositories {
            let name = &repository.name;
            let findings = self.seen.iter().filter(|s| s.repository == *name).count();
            writeln!(
                text,
                "| {name} | `{}` | {} | {} | {findings} |",
                repository.commit.get(..12).unwrap_or(&repository.commit),
                repository.objects,
                repository.policies,
            )
            .unwrap_or_default();
        }
        let judged: Vec<Option<&Judged>> = sample.iter().map(|s| judgement(s)).collect();
        let known = judged.iter().flatten().count();
        let right = judged.iter().flatten().filter(|j| j.right).count();
        writeln!(
            text,
            "\n### Sampled by hand\n\n{} findings drawn with seed {seed}, every code in turn; {known} judged by hand, {right} right ({}).\n\n| code | place | finding | right? | why |\n|---|---|---|---|---|",
            sample.len(),
            share(right, known)
        )
        .unwrap_or_default();
        for (seen, judged) in sample.iter().zip(judged) {
            let (verdict, why) = judged.map_or(("not judged", ""), |j| {
                (if j.right { "right" } else { "wrong" }, j.why)
            });
            writeln!(
                text,
                "| {} | {} `{}:{}` | {} | {verdict} | {why} |",
                seen.code, seen.repository, seen.path, seen.line, seen.message
            )
            .unwrap_or_default();
        }
        text
    }
}

/// The files with HelmReleases of Cilium, in order and each once.
fn cilium(analysis: &Analysis) -> Vec<PathBuf> {
    let releases = analysis.objects.iter().filter(|object| {
        object.kind == "HelmRelease"
            && object.name == "cilium"
            && object.get("/spec/values").is_some()
    });
    let files = releases.filter_map(|object| analysis.sources.get(object.source));
    let mut files: Vec<PathBuf> = files.map(|source| PathBuf::from(&source.path)).collect();
    files.sort();
    files.dedup();
    files
}

/// A path as it is within its repository; what Kustomize builds stands behind a blank.
fn below_root<'p>(shown: &'p str, root: &Path) -> &'p str {
    let root = root.display().to_string();
    let below = shown.strip_prefix(&root).unwrap_or(shown);
    below.trim_start_matches(['/', ' '])
}

fn judgement(seen: &Seen) -> Option<&'static Judged> {
    JUDGED.iter().find(|judged| {
        judged.code == seen.code
            && judged.repository == seen.repository
            && judged.path == seen.path
            && judged.line == seen.line
    })
}
