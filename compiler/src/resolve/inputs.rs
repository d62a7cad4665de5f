//! What a verb was asked to read, and the changes that it is to imagine.

use crate::load::{LoadOptions, ObjectKey};
use netpol_policy::Dialect;
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
