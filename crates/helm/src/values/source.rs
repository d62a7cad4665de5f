//! The texts that values come from.

use std::sync::Arc;

use crate::value::SourceId;

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// The `values.yaml` of a chart.
    Chart,
    /// A file given with `-f`.
    File,
    /// An argument: `--set` and its relatives.
    Argument,
    /// What Helm itself adds.
    Helm,
}

/// One text.
#[derive(Clone, Debug)]
pub struct Source {
    /// What kind of text.
    pub kind: SourceKind,
    /// How to name it: the file's name as given, `values.yaml` below its chart's directory
    /// (`charts/redis/values.yaml`), or the flag of an argument (`--set`).
    pub name: String,
    /// The text that spans count in.
    pub text: Arc<str>,
}

impl Source {
    /// Whether the user wrote it, rather than the chart's author.
    pub fn is_user(&self) -> bool {
        matches!(self.kind, SourceKind::File | SourceKind::Argument)
    }
}

/// All texts of one rendering.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    pub(crate) fn add(&mut self, source: Source) -> SourceId {
        self.0.push(source);
        SourceId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// The text behind a handle.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(usize::try_from(id.0).ok()?)
    }

    /// All texts with their handles.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0_u32..).map(SourceId).zip(&self.0)
    }
}
