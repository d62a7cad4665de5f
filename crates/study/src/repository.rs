//! Clean repositories: the chart of an application, who deploys it with which values, and the
//! workload that uses it. Nothing is wrong in them, and `check` has to be silent.

mod chart;

use netpol_testgen::Rng;
use std::collections::BTreeMap;

/// Who says with which values the chart is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deploy {
    /// A target of `netpolc.toml`: a file of values.
    Values,
    /// An Application of Argo CD, with a file of values beside the chart's own.
    Application,
    /// A HelmRelease of Flux, with its values in it.
    HelmRelease,
}

/// One line of the values that are given to the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// 0 at the top.
    pub(crate) depth: usize,
    pub(crate) key: String,
    /// As it is written; empty where lines below hold the value.
    pub(crate) value: String,
}

impl Line {
    pub(crate) fn new(depth: usize, key: &str, value: &str) -> Self {
        Self {
            depth,
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    fn text(&self, indent: usize) -> String {
        let blanks = " ".repeat(indent + 2 * self.depth);
        let space = if self.value.is_empty() { "" } else { " " };
        format!("{blanks}{}:{space}{}", self.key, self.value)
    }
}

/// A repository.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// What the application and its chart are called.
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) deploy: Deploy,
    /// Has the chart a schema of its values?
    pub(crate) has_schema: bool,
    /// The values that are given.
    pub(crate) values: Vec<Line>,
    /// What the Application or HelmRelease calls the chart's directory.
    pub(crate) chart_path: String,
    /// What the Application calls the file of values.
    pub(crate) values_name: String,
    /// The ConfigMap with more values that the HelmRelease names, if any.
    pub(crate) values_from: Option<String>,
    /// The chart and the workloads beside it, by path.
    pub(crate) files: BTreeMap<String, String>,
}

/// Where the objects of Argo CD and Flux stand.
pub(crate) const APP: &str = "apps/app.yaml";

impl Repository {
    /// The repository of this seed.
    pub(crate) fn clean(seed: u64) -> Self {
        chart::repository(&mut Rng::new(seed))
    }

    /// The directory of the chart.
    pub(crate) fn chart(&self) -> String {
        format!("charts/{}", self.name)
    }

    /// A file of the chart.
    pub(crate) fn in_chart(&self, path: &str) -> String {
        format!("{}/{path}", self.chart())
    }

    /// The file that the given values stand in.
    pub(crate) fn values_path(&self) -> String {
        match self.deploy {
            Deploy::Values => "deploy/prod.yaml".to_owned(),
            Deploy::Application => self.in_chart("prod.yaml"),
            Deploy::HelmRelease => APP.to_owned(),
        }
    }

    /// How findings name the place of a line of the values.
    pub(crate) fn value_place(&self, line: usize) -> String {
        let before = match self.deploy {
            Deploy::HelmRelease => self.release_head().lines().count(),
            Deploy::Values | Deploy::Application => 0,
        };
        format!("{}:{}", self.values_path(), before + line + 1)
    }

    /// The place of a line among the given values, by the keys that lead to it.
    pub(crate) fn value(&self, path: &[&str]) -> Option<usize> {
        let mut at = 0;
        for (depth, key) in path.iter().enumerate() {
            let rest = self.values.iter().enumerate().skip(at);
            let mut rest = rest.take_while(|(n, l)| *n == at || l.depth >= depth);
            at = rest.find(|(_, l)| l.depth == depth && l.key == *key)?.0;
        }
        Some(at)
    }

    /// The lines below one.
    pub(crate) fn below(&self, line: usize) -> usize {
        let depth = self.values.get(line).map_or(0, |l| l.depth);
        let rest = self.values.iter().skip(line + 1);
        rest.take_while(|l| l.depth > depth).count()
    }

    /// Every file with its text.
    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        let mut files = self.files.clone();
        let values = |indent| -> String {
            let lines = self.values.iter().map(|line| line.text(indent) + "\n");
            lines.collect()
        };
        match self.deploy {
            Deploy::Values => {
                files.insert(self.values_path(), values(0));
            }
            Deploy::Application => {
                files.insert(self.values_path(), values(0));
                files.insert(APP.to_owned(), self.application());
            }
            Deploy::HelmRelease => {
                let text = self.release_head() + &values(4);
                files.insert(APP.to_owned(), text);
                files.insert("apps/source.yaml".to_owned(), SOURCE.to_owned());
            }
        }
        files
    }

    fn application(&self) -> String {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {}\n  namespace: argocd\nspec:\n  project: default\n  destination:\n    server: https://kubernetes.default.svc\n    namespace: {}\n  source:\n    repoURL: https://git.example.com/platform/deploy.git\n    targetRevision: HEAD\n    path: {}\n    helm:\n      valueFiles:\n        - {}\n",
            self.name, self.namespace, self.chart_path, self.values_name
        )
    }

    fn release_head(&self) -> String {
        let from = self.values_from.as_ref().map_or_else(String::new, |name| {
            format!("  valuesFrom:\n    - kind: ConfigMap\n      name: {name}\n")
        });
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: {}\n  namespace: {}\nspec:\n  interval: 10m\n  chart:\n    spec:\n      chart: {}\n      sourceRef:\n        kind: GitRepository\n        name: platform\n        namespace: flux-system\n{from}  values:\n",
            self.name, self.namespace, self.chart_path
        )
    }
}

const SOURCE: &str = "\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: platform
  namespace: flux-system
spec:
  interval: 5m
  url: https://git.example.com/platform/deploy.git
  ref:
    branch: main
";
