//! From objects to the model; and [`read`], the one front door of every verb.

use crate::finding::{Code, Finding, Severity};
use crate::load::{LoadOptions, Object, ObjectKey, Surprise};
use crate::model::Model;
use crate::source::Sources;
use netpol_policy::{Cluster, Dialect};
use std::path::PathBuf;

/// What a verb was asked to read.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files, directories, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// `--cni-values`: Helm values of the CNI's chart; later files override earlier ones.
    pub cni_values: Vec<PathBuf>,
    /// `--cluster-state`: a dump of everything there is; closes the world.
    pub cluster_state: Vec<PathBuf>,
    /// `--namespace`: of objects that name none; `default` otherwise.
    pub namespace: Option<String>,
    /// `--dialect`; detected from the input otherwise.
    pub dialect: Option<Dialect>,
    /// `--closed-world`: nothing exists but what is given.
    pub closed_world: bool,
    /// Changes that are to be judged as if they had been made.
    pub what_if: WhatIf,
    /// How texts are read.
    pub load: LoadOptions,
}

/// Changes to the input before it is analysed (`query --add --remove --label`).
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    /// Objects that are added, or replace the ones of the same kind, namespace and name.
    pub add: Vec<PathBuf>,
    /// Objects that are taken away.
    pub remove: Vec<ObjectKey>,
    /// Labels that are set or taken away.
    pub labels: Vec<LabelChange>,
}

/// A label that is set, or taken away when there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// Whose label.
    pub of: LabelTarget,
    /// The label's key.
    pub key: String,
    /// The label's value; `None` takes the label away.
    pub value: Option<String>,
}

/// Whose label changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelTarget {
    /// The namespace of this name.
    Namespace(String),
    /// All pods of a pod or workload of this namespace and name.
    Endpoint {
        /// The namespace.
        namespace: String,
        /// The name of the pod or of the workload.
        name: String,
    },
}

/// What was read and what it means.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The texts.
    pub sources: Sources,
    /// The objects in the order of reading; those of `--cluster-state` first, then the paths',
    /// then the added ones.
    pub objects: Vec<Object>,
    /// Raw material of NP104 (see [`crate::load::Loaded::surprises`]); places refer to `objects`.
    pub surprises: Vec<Surprise>,
    /// The meaning.
    pub model: Model,
    /// Everything that reading and schema checks have found: NP101, NP102, NP103, NP104 for
    /// duplicate keys, NP107. In the order of [`Finding::sort_key`].
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Is there a finding that makes every answer worthless (exit 2)?
    pub fn is_fatal(&self) -> bool {
        self.findings.iter().any(is_fatal)
    }
}

/// Could the input not be read, so that there is no answer (exit 2)? NP101 and limits.
pub fn is_fatal(finding: &Finding) -> bool {
    finding.code == Code("NP101") && finding.severity == Severity::Error
}

/// Reads the inputs, checks them against the schemas and says what they mean.
pub fn read(inputs: &Inputs) -> Analysis {
    let _ = inputs;
    Analysis::default()
}

/// What `--inventory` gives: the inventory form of `schemas/inventory.v1.json`, or dumps and
/// manifests whose Pods, Nodes and Services carry addresses. Normalized, and closed as far as
/// declared namespaces go.
pub fn inventory_from(
    paths: &[PathBuf],
    options: &LoadOptions,
    sources: &mut Sources,
) -> (Cluster, Vec<Finding>) {
    let _ = (paths, options, sources);
    (Cluster::default(), Vec::new())
}
