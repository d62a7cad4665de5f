//! The flags of every verb that analyses, and reading what they name.

use super::helm::HelmArgs;
use super::{Failure, Terminal};
use crate::finding::{Finding, Severity};
use crate::lint::cni;
use crate::load::{ChartInput, LoadOptions};
use crate::model::{ChartVersion, ImageBudget};
use crate::resolve::{self, Analysis, WhatIf, is_fatal};
use crate::source::Sources;
use netpol_policy::Dialect;
use std::path::{Path, PathBuf};

/// The command whose output `--cluster-state` reads.
const DUMP_COMMAND: &str =
    "kubectl get namespaces,nodes,pods,services,networkpolicies --all-namespaces --output json";

/// What is analysed, and how it is read.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What is analysed")]
pub struct Inputs {
    /// One of the targets that netpolc.toml names.
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The file that names the targets [default: netpolc.toml here or above].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The namespace of objects that name none [default: default].
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// How the CNI reads what the specifications leave open [default: detected from the input].
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub dialect: Option<DialectName>,
    /// Helm values of the CNI's chart, or the HelmRelease or Application that holds them; later files
    /// override earlier ones.
    #[arg(long, value_name = "FILE")]
    pub cni_values: Vec<PathBuf>,
    /// The version of the CNI's chart: 1.20, 1.20.3 [default: the newest that netpolc knows].
    #[arg(long, value_name = "VERSION")]
    pub cni_version: Option<ChartVersion>,
    /// The version that the chart is to be upgraded to; the flag of the verb that takes it.
    #[arg(skip)]
    pub cni_upgrade_to: Option<ChartVersion>,
    /// What the image of a node may take; the flag of the verbs that take it.
    #[arg(skip)]
    pub image_budget: Option<ImageBudget>,
    /// Nothing exists but what is given: a selector that matches nothing is a finding.
    #[arg(long)]
    pub closed_world: bool,
    /// Everything that exists, as printed by:
    /// kubectl get namespaces,nodes,pods,services,networkpolicies --all-namespaces --output json
    #[arg(long, value_name = "FILE")]
    pub cluster_state: Vec<PathBuf>,
    /// What charts are rendered with.
    #[command(flatten)]
    pub helm: HelmArgs,
    /// Charts with values of their own, of a target.
    #[arg(skip)]
    pub charts: Vec<ChartInput>,
    /// Changes that are judged as if they had been made; the flags of the verbs that take them.
    #[arg(skip)]
    pub what_if: WhatIf,
}

/// The names of the dialects on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DialectName {
    /// An ipBlock covers pod and node addresses like any other.
    Kubernetes,
    /// An ipBlock never covers addresses of the cluster.
    Cilium,
}

impl From<DialectName> for Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Kubernetes => Self::Kubernetes,
            DialectName::Cilium => Self::Cilium,
        }
    }
}

impl From<Dialect> for DialectName {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Kubernetes => Self::Kubernetes,
            Dialect::Cilium => Self::Cilium,
        }
    }
}

impl Inputs {
    /// The same input with changes that are judged as if they had been made.
    #[must_use]
    pub fn with(&self, what_if: WhatIf) -> Self {
        Self {
            what_if,
            ..self.clone()
        }
    }

    /// The first flag that was given and means something of sources alone, if any.
    /// `--closed-world` is not among them: of a bundle's inventory it always holds.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--target", self.target.is_none()),
            ("--namespace", self.namespace.is_none()),
            ("--dialect", self.dialect.is_none()),
            ("--cni-values", self.cni_values.is_empty()),
            ("--cni-version", self.cni_version.is_none()),
            ("--cluster-state", self.cluster_state.is_empty()),
            ("--values and --set", !self.helm.has_values()),
            ("--chart-dir", self.helm.chart_dir.is_empty()),
        ];
        let mut given = flags.into_iter().filter(|(_, absent)| !absent);
        given.next().map(|(flag, _)| flag)
    }

    /// Reads the paths and what the flags name. Input that cannot be read is told and ends in
    /// [`Failure::Said`]; everything else that was found is left to the verb.
    ///
    /// # Errors
    /// There is nothing to read, or it cannot be read.
    pub fn read(
        &self,
        paths: &[PathBuf],
        terminal: &mut Terminal<'_>,
    ) -> Result<Analysis, Failure> {
        let analysis = self.analyse(paths, terminal)?;
        refuse_unread(&analysis.findings, &analysis.sources, terminal)?;
        Ok(analysis)
    }

    /// The same, with input that cannot be read left to the verb as well.
    ///
    /// # Errors
    /// There is nothing to read.
    pub fn analyse(
        &self,
        paths: &[PathBuf],
        terminal: &mut Terminal<'_>,
    ) -> Result<Analysis, Failure> {
        let analysis = resolve::read(&self.asked(paths, terminal)?);
        self.hint(&analysis, terminal);
        Ok(analysis)
    }

    /// Says when several clusters seem to have been read as one.
    pub fn hint(&self, analysis: &Analysis, terminal: &mut Terminal<'_>) {
        if self.target.is_none()
            && let Some(hint) = super::overlays::hint(analysis)
        {
            terminal.note(&hint);
        }
    }

    /// What is to be read, with standard input read to its end where it is named.
    ///
    /// # Errors
    /// There is nothing to read.
    pub fn asked(
        &self,
        paths: &[PathBuf],
        terminal: &mut Terminal<'_>,
    ) -> Result<resolve::Inputs, Failure> {
        if self.target.is_some() {
            if !paths.is_empty() {
                return Err(Failure::new(
                    "--target and paths both say what is analysed; give one of them",
                ));
            }
            let (paths, aimed) = self.aimed(None)?;
            return aimed.asked(&paths, terminal);
        }
        let nothing = [&self.cluster_state, &self.cni_values]
            .iter()
            .all(|files| files.is_empty());
        if paths.is_empty() && nothing && self.charts.is_empty() {
            return Err(Failure::new(format!(
                "nothing to read: give files or directories, `-` for standard input, \
                 or --cluster-state with the output of `{DUMP_COMMAND}`"
            )));
        }
        cni::known_versions(self.cni_version, self.cni_upgrade_to).map_err(Failure::new)?;
        let added = &self.what_if.add;
        let values = &self.helm.values;
        let every = [paths, &self.cni_values, &self.cluster_state, added, values];
        let mut load = load_options(every.into_iter().flatten(), terminal)?;
        load.helm = self.helm.options(self.namespace.as_deref());
        load.charts.clone_from(&self.charts);
        Ok(resolve::Inputs {
            paths: paths.to_vec(),
            cni_values: self.cni_values.clone(),
            cni_version: self.cni_version,
            cni_upgrade_to: self.cni_upgrade_to,
            image_budget: self.image_budget,
            cluster_state: self.cluster_state.clone(),
            namespace: self.namespace.clone(),
            dialect: self.dialect.map(Dialect::from),
            closed_world: self.closed_world,
            what_if: self.what_if.clone(),
            load,
        })
    }
}

/// How to read these paths: when one of them is `-`, standard input is read to its end here.
///
/// # Errors
/// `-` is given twice, or standard input cannot be read.
pub fn load_options<'p>(
    paths: impl IntoIterator<Item = &'p PathBuf>,
    terminal: &mut Terminal<'_>,
) -> Result<LoadOptions, Failure> {
    let mut options = LoadOptions::default();
    let dashes = paths.into_iter().filter(|p| p.as_path() == Path::new("-"));
    match dashes.count() {
        0 => {}
        1 => options.stdin = Some(read_stdin(terminal)?),
        _ => {
            return Err(Failure::new(
                "`-` is given twice, but there is one standard input",
            ));
        }
    }
    Ok(options)
}

/// Standard input to its end.
///
/// # Errors
/// It cannot be read.
pub fn read_stdin(terminal: &mut Terminal<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    match terminal.stdin.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(format!(
            "standard input cannot be read: {error}"
        ))),
    }
}

/// Tells what could not be read, and fails when there was anything.
///
/// # Errors
/// Something could not be read; it has been said what.
pub fn refuse_unread(
    findings: &[Finding],
    sources: &Sources,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let mut refused = false;
    for finding in findings.iter().filter(|f| is_fatal(f)) {
        refused = true;
        terminal.error(&one_line(finding, sources));
    }
    if refused { Err(Failure::Said) } else { Ok(()) }
}

/// Notes on standard error what an answer rests on: findings of severity error, and what could
/// not be taken into account.
pub fn note_shortcomings(analysis: &Analysis, terminal: &mut Terminal<'_>) {
    for sentence in &analysis.model.incomplete {
        terminal.note(&format!("incomplete: {sentence}"));
    }
    let errors = (analysis.findings.iter()).filter(|f| f.severity == Severity::Error);
    match errors.count() {
        0 => {}
        1 => terminal.note("the input has an error; `netpolc check` shows it"),
        n => terminal.note(&format!(
            "the input has {n} errors; `netpolc check` shows them"
        )),
    }
}

/// `path:line:column: CODE message`, for places where a full report would be in the way.
pub fn one_line(finding: &Finding, sources: &Sources) -> String {
    let place = finding
        .location()
        .map_or_else(String::new, |at| format!("{}: ", sources.display(at)));
    format!("{place}{} {}", finding.code, finding.message)
}
