//! The tree of charts as it takes part in one rendering: aliases applied, disabled charts gone,
//! values imported. Follows `pkg/chartutil/dependencies.go`.

mod dependencies;
mod imports;

pub(super) use dependencies::{Refusal, compatible};

use std::rc::Rc;
use std::sync::Arc;

use crate::chart::{Chart, Dependency};
use crate::value::{Map, Origin, Origins};
use crate::values::{Source, SourceKind, Sources, Unit, ValuesError, read_values};

/// One chart of the tree. A chart that two aliases name is there twice.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) chart: Rc<Chart>,
    /// The alias, or the chart's name.
    pub(super) name: Rc<str>,
    /// The names from below the root down to this one: the path of its values.
    pub(super) path: Vec<Rc<str>>,
    /// Its own values, with what it imported.
    pub(super) values: Map,
    pub(super) nodes: Vec<Self>,
    /// The declared dependencies that are enabled.
    pub(super) dependencies: Vec<Dependency>,
}

impl Unit for Node {
    fn name(&self) -> Rc<str> {
        Rc::clone(&self.name)
    }

    fn values(&self) -> Map {
        self.values.clone()
    }

    fn units(&self) -> &[Self] {
        &self.nodes
    }
}

/// A declared dependency that does not take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// The path of its values in the root's.
    pub path: Vec<Rc<str>>,
    /// Why, as the user would say it: "its condition `redis.enabled` is false".
    pub why: String,
    /// The leaf that switched it off, if there is one.
    pub origin: Origin,
}

/// A declared dependency that `charts/` does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingDependency {
    /// The chart that declares it, as a path of names; empty for the root.
    pub of: Vec<Rc<str>>,
    /// What it declares.
    pub dependency: Dependency,
    /// The file of the declaration in the root chart.
    pub file: String,
    /// Whether the values would have it rendered. Helm refuses the root's missing ones even so.
    pub enabled: bool,
}

/// What is worked out while the tree is made.
#[derive(Debug)]
pub(super) struct Growth<'a> {
    pub(super) sources: &'a mut Sources,
    pub(super) origins: &'a mut Origins,
    pub(super) warnings: &'a mut Vec<String>,
    pub(super) disabled: Vec<Disabled>,
    pub(super) missing: Vec<MissingDependency>,
    /// Values that Helm itself looked at: conditions and tags.
    pub(super) looked_at: Vec<Origin>,
}

impl Growth<'_> {
    /// A chart with all in `charts/`, before any of it is switched off.
    pub(super) fn plant(
        &mut self,
        chart: &Rc<Chart>,
        name: &Rc<str>,
        path: Vec<Rc<str>>,
    ) -> Result<Node, ValuesError> {
        let values = self.values_of(chart, &path)?;
        let mut nodes = Vec::new();
        for subchart in &chart.subcharts {
            let name: Rc<str> = subchart.metadata.name.as_str().into();
            let mut below = path.clone();
            below.push(Rc::clone(&name));
            nodes.push(self.plant(subchart, &name, below)?);
        }
        self.warnings.extend(chart.warnings.iter().cloned());
        Ok(Node {
            chart: Rc::clone(chart),
            name: Rc::clone(name),
            path,
            values,
            nodes,
            dependencies: Vec::new(),
        })
    }

    fn values_of(&mut self, chart: &Chart, path: &[Rc<str>]) -> Result<Map, ValuesError> {
        let Some(file) = &chart.values else {
            return Ok(Map::new());
        };
        let text: Arc<str> = file.text().into();
        let name = inside(chart, &file.path);
        let source = self.sources.add(Source {
            kind: SourceKind::Chart,
            name: name.clone(),
            text: Arc::clone(&text),
        });
        read_values(&text, source, path, self.origins).map_err(|wrong| ValuesError {
            source,
            span: wrong.span,
            message: format!("cannot load {name}: {}", wrong.message),
        })
    }
}

/// A file of a chart as a path in the root chart.
pub(super) fn inside(chart: &Chart, path: &str) -> String {
    if chart.directory.is_empty() {
        path.to_owned()
    } else {
        format!("{}/{path}", chart.directory)
    }
}
