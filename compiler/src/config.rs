//! `netpolc.toml`: the clusters that a repository holds (`schemas/netpolc-config.v1.json`).

mod check;

pub use check::{CheckSettings, Ignored};

use crate::model::{ChartVersion, ImageBudget, NoImageBudget};
use crate::suite::unknown;
use netpol_policy::Dialect;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name that is looked for.
pub const FILE_NAME: &str = "netpolc.toml";

/// What a configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// In the order of the file.
    pub targets: Vec<Target>,
    /// How `check` judges, unless its flags say otherwise.
    pub check: CheckSettings,
    /// Findings that are not wanted.
    pub ignored: Vec<Ignored>,
}

/// One cluster. Paths are relative to the directory of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// What `--target` calls it.
    pub name: String,
    /// Files and directories of manifests.
    pub paths: Vec<PathBuf>,
    /// Charts that are rendered for it.
    pub charts: Vec<Chart>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Helm values of the CNI's chart.
    pub cni_values: Vec<PathBuf>,
    /// The version of that chart.
    pub cni_version: Option<ChartVersion>,
    /// The version that it is to be upgraded to.
    pub cni_upgrade_to: Option<ChartVersion>,
    /// What the image of a node may take.
    pub image_budget: Option<ImageBudget>,
    /// The version of Kubernetes that charts are rendered for.
    pub kubernetes_version: Option<String>,
    /// Dumps of what runs there.
    pub cluster_state: Vec<PathBuf>,
    /// How its CNI reads what the specifications leave open.
    pub dialect: Option<Dialect>,
    /// Nothing exists but what is given.
    pub closed_world: bool,
}

/// A chart and what it is rendered with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Its directory or archive.
    pub path: PathBuf,
    /// Values files; later ones override earlier ones.
    pub values: Vec<PathBuf>,
    /// `.Release.Name`.
    pub release_name: Option<String>,
    /// `.Release.Namespace`.
    pub namespace: Option<String>,
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// One sentence, without a period.
    pub sentence: String,
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it; nothing is guessed.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader {
            text,
            faults: Vec::new(),
        };
        let config = match DeTable::parse(text) {
            Ok(table) => reader.config(table.get_ref()),
            Err(error) => {
                let message = error.message().to_owned();
                reader.fault(error.span().unwrap_or_default(), message);
                Self::default()
            }
        };
        if reader.faults.is_empty() {
            Ok(config)
        } else {
            Err(reader.faults)
        }
    }

    /// Every path that it names, relative to its directory.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let of_target = self.targets.iter().flat_map(|target| {
            let charts = target.charts.iter();
            let charts = charts.flat_map(|chart| std::iter::once(&chart.path).chain(&chart.values));
            let lists = [&target.paths, &target.cni_values, &target.cluster_state];
            lists.into_iter().flatten().chain(charts)
        });
        let all = of_target.chain(&self.check.baseline);
        all.map(PathBuf::as_path)
    }

    /// A target by its name.
    ///
    /// # Errors
    /// One sentence that says which there are.
    pub fn target(&self, name: &str) -> Result<&Target, String> {
        let found = self.targets.iter().find(|target| target.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.targets.iter().map(|t| t.name.as_str()).collect();
            let near = names
                .iter()
                .min_by_key(|known| strsim::osa_distance(known, name));
            let near = near.filter(|known| strsim::osa_distance(known, name) <= 1 + name.len() / 3);
            match near {
                Some(near) => format!("there is no target `{name}`; did you mean `{near}`?"),
                None => format!("there is no target `{name}`; there is {}", names.join(", ")),
            }
        })
    }
}

const TARGET: &[&str] = &[
    "name",
    "paths",
    "charts",
    "namespace",
    "cni-values",
    "cni-version",
    "cni-upgrade-to",
    "image-budget",
    "kubernetes-version",
    "cluster-state",
    "dialect",
    "closed-world",
];
const CHART: &[&str] = &["path", "values", "release-name", "namespace"];

struct Reader<'t> {
    text: &'t str,
    faults: Vec<Fault>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn fault(&mut self, at: Range<usize>, sentence: impl Into<String>) {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        self.faults.push(Fault {
            line: 1 + before.bytes().filter(|b| *b == b'\n').count(),
            sentence: sentence.into(),
        });
    }

    fn known_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.fault(key.span(), unknown(key.get_ref(), known));
            }
        }
    }

    fn config(&mut self, table: &DeTable<'_>) -> Config {
        self.known_keys(table, &["target", "check", "ignore"]);
        let mut config = Config {
            check: self.check(table.get("check")),
            ignored: self.ignored(table.get("ignore")),
            ..Config::default()
        };
        let Some(targets) = table.get("target") else {
            return config;
        };
        let Some(list) = targets.get_ref().as_array() else {
            self.fault(targets.span(), "targets are written as [[target]]");
            return config;
        };
        for value in list {
            let Some(table) = value.get_ref().as_table() else {
                self.fault(value.span(), "a target is a table");
                continue;
            };
            let target = self.target(table, value.span());
            if config.targets.iter().any(|known| known.name == target.name) {
                let sentence = format!("there are two targets named `{}`", target.name);
                self.fault(value.span(), sentence);
            }
            config.targets.push(target);
        }
        config
    }

    fn target(&mut self, table: &DeTable<'_>, at: Range<usize>) -> Target {
        self.known_keys(table, TARGET);
        let name = self.text(table.get("name"));
        if name.as_deref().is_none_or(str::is_empty) {
            self.fault(at.clone(), "the target has no `name`");
        }
        let target = Target {
            name: name.unwrap_or_default(),
            paths: self.paths(table.get("paths")),
            charts: self.charts(table.get("charts")),
            namespace: self.text(table.get("namespace")),
            cni_values: self.paths(table.get("cni-values")),
            cni_version: self.version(table.get("cni-version")),
            cni_upgrade_to: self.version(table.get("cni-upgrade-to")),
            image_budget: self.size(table.get("image-budget")),
            kubernetes_version: self.text(table.get("kubernetes-version")),
            cluster_state: self.paths(table.get("cluster-state")),
            dialect: self.dialect(table.get("dialect")),
            closed_world: self.boolean(table.get("closed-world")),
        };
        if target.paths.is_empty() && target.charts.is_empty() && target.cluster_state.is_empty() {
            self.fault(
                at,
                "the target names nothing to read: `paths`, `charts` or `cluster-state`",
            );
        }
        target
    }

    fn charts(&mut self, value: Option<&Value<'_>>) -> Vec<Chart> {
        let Some(value) = value else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            self.fault(value.span(), "charts are written as [[target.charts]]");
            return Vec::new();
        };
        let mut charts = Vec::new();
        for value in list {
            let Some(table) = value.get_ref().as_table() else {
                self.fault(value.span(), "a chart is a table with `path` and `values`");
                continue;
            };
            self.known_keys(table, CHART);
            let Some(path) = self.text(table.get("path")) else {
                self.fault(value.span(), "the chart has no `path`");
                continue;
            };
            charts.push(Chart {
                path: PathBuf::from(path),
                values: self.paths(table.get("values")),
                release_name: self.text(table.get("release-name")),
                namespace: self.text(table.get("namespace")),
            });
        }
        charts
    }

    fn text(&mut self, value: Option<&Value<'_>>) -> Option<String> {
        let value = value?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.fault(value.span(), "a text in quotes is expected");
        }
        text
    }

    fn version(&mut self, value: Option<&Value<'_>>) -> Option<ChartVersion> {
        let text = self.text(value)?;
        match text.parse() {
            Ok(version) => Some(version),
            Err(error) => {
                let span = value.map_or(0..0, Spanned::span);
                self.fault(span, format!("{error}"));
                None
            }
        }
    }

    /// A number of bytes, or a text with a unit.
    fn size(&mut self, value: Option<&Value<'_>>) -> Option<ImageBudget> {
        let value = value?;
        let read = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| NoImageBudget::Unreadable(number.as_str().to_owned()))
                .and_then(ImageBudget::new),
            other => other.as_str().unwrap_or_default().parse(),
        };
        match read {
            Ok(budget) => Some(budget),
            Err(error) => {
                self.fault(value.span(), format!("{error}"));
                None
            }
        }
    }

    /// One path or a list of them, below the directory of the file or beside it, never absolute:
    /// the file is the same on every machine.
    fn paths(&mut self, value: Option<&Value<'_>>) -> Vec<PathBuf> {
        let Some(value) = value else {
            return Vec::new();
        };
        let items: Vec<&Value<'_>> = match value.get_ref().as_array() {
            Some(list) => list.iter().collect(),
            None => vec![value],
        };
        let mut paths = Vec::new();
        for item in items {
            match item.get_ref().as_str().map(PathBuf::from) {
                Some(path) if path.is_absolute() => {
                    self.fault(
                        item.span(),
                        "an absolute path is another one on every machine",
                    );
                }
                Some(path) => paths.push(path),
                None => self.fault(item.span(), "a path in quotes is expected"),
            }
        }
        paths
    }

    fn dialect(&mut self, value: Option<&Value<'_>>) -> Option<Dialect> {
        let value = value?;
        match value.get_ref().as_str() {
            Some("kubernetes") => Some(Dialect::Kubernetes),
            Some("cilium") => Some(Dialect::Cilium),
            _ => {
                self.fault(value.span(), "`dialect` is \"kubernetes\" or \"cilium\"");
                None
            }
        }
    }

    fn boolean(&mut self, value: Option<&Value<'_>>) -> bool {
        let Some(value) = value else { return false };
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.fault(value.span(), "true or false is expected");
        }
        found.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_may_stand_there_is_read() {
        let text = "[[target]]\nname = \"prod\"\npaths = [\"a\", \"b\"]\nnamespace = \"x\"\ncni-values = \"c.yaml\"\ncni-version = \"1.19\"\ncni-upgrade-to = \"1.20\"\nimage-budget = \"8MiB\"\nkubernetes-version = \"1.33\"\ncluster-state = \"s.json\"\ndialect = \"cilium\"\nclosed-world = true\n[[target.charts]]\npath = \"chart\"\nvalues = [\"v.yaml\"]\n";
        let config = Config::parse(text).unwrap();
        let target = config.target("prod").unwrap();
        assert_eq!(target.paths, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!(target.dialect, Some(Dialect::Cilium));
        assert!(target.closed_world);
        assert_eq!(target.cni_version, "1.19".parse().ok());
        assert_eq!(target.cni_upgrade_to, "1.20".parse().ok());
        assert_eq!(target.image_budget, "8MiB".parse().ok());
        assert_eq!(target.charts[0].values, [PathBuf::from("v.yaml")]);
        assert_eq!(
            config.target("prdo").unwrap_err(),
            "there is no target `prdo`; did you mean `prod`?"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, says) in [
            (
                "[[target]]\nname = \"a\"\npath = [\"x\"]\n",
                3,
                "did you mean `paths`",
            ),
            ("[[targets]]\nname = \"a\"\n", 1, "did you mean `target`"),
            (
                "[[target]]\nname = \"a\"\npaths = [\"/x\"]\n",
                3,
                "absolute",
            ),
            (
                "[[target]]\nname = 1\npaths = [\"x\"]\n",
                2,
                "text in quotes",
            ),
            ("[[target]]\nname = \"a\"\n", 1, "nothing to read"),
            (
                "[[target]]\nname = \"a\"\npaths = \"x\"\ndialect = \"calico\"\n",
                4,
                "dialect",
            ),
            (
                "[[target]]\nname = \"a\"\npaths = \"x\"\ncni-version = \"new\"\n",
                4,
                "no version",
            ),
            (
                "[[target]]\nname = \"a\"\npaths = \"x\"\nimage-budget = \"8MB\"\n",
                4,
                "no size",
            ),
            (
                "[[target]]\nname = \"a\"\npaths = \"x\"\nimage-budget = 100\n",
                4,
                "8KiB at least",
            ),
            ("[[target]]\nname = \"a\n", 2, ""),
        ] {
            let faults = Config::parse(text).unwrap_err();
            assert!(
                faults
                    .iter()
                    .any(|f| f.line == line && f.sentence.contains(says)),
                "{text}: {faults:?}"
            );
        }
    }
}
