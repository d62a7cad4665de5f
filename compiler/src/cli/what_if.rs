//! `--add`, `--remove` and `--label`: changes that are judged as if they had been made.

use crate::load::ObjectKey;
use crate::resolve::{LabelChange, WhatIf};
use std::path::PathBuf;

/// Changes that are judged as if they had been made. Objects are removed first, then added, then
/// labels change.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "What if")]
pub struct Changes {
    /// As if the objects of this file or directory were there too; one of the same kind, namespace
    /// and name is replaced. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub add: Vec<PathBuf>,
    /// As if this object were not there: KIND/NAMESPACE/NAME or KIND/NAME. A workload takes its pods
    /// along.
    #[arg(long, value_name = "OBJECT")]
    pub remove: Vec<ObjectKey>,
    /// As if a label were set, or taken away with a `-` behind its key: ns/name=k=v for a pod or the
    /// pods of a workload, namespace/NAME=k=v, node/NAME=k=v, ns/name=k-.
    #[arg(long, value_name = "CHANGE")]
    pub label: Vec<LabelChange>,
}

impl Changes {
    /// What they say to the reader of the input.
    pub fn what_if(&self) -> WhatIf {
        WhatIf {
            add: self.add.clone(),
            remove: self.remove.clone(),
            labels: self.label.clone(),
        }
    }

    /// The first flag that was given, if any.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--add", self.add.is_empty()),
            ("--remove", self.remove.is_empty()),
            ("--label", self.label.is_empty()),
        ];
        flags
            .into_iter()
            .find(|(_, none)| !none)
            .map(|(flag, _)| flag)
    }
}
