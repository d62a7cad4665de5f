//! The data that templates run on: `.Values`, `.Chart`, `.Release` and their kin.

use super::Options;
use super::capabilities::Capabilities;
use super::chart_object::ChartObject;
use super::files_object::FilesObject;
use super::tree::{Node, inside};
use crate::value::{Map, MapType, Value};

/// A template with the data it runs on.
pub(super) struct Runnable {
    /// Its name: `web/charts/redis/templates/x.yaml`.
    pub(super) name: String,
    /// Its file in the root chart.
    pub(super) file: String,
    /// Its text.
    pub(super) text: String,
    /// The data; shared by all templates of one chart.
    pub(super) dot: Map,
    /// `.Template.BasePath`.
    pub(super) base: String,
}

/// The objects that all charts of a tree share.
pub(super) struct Shared {
    release: Value,
    capabilities: Value,
}

impl Shared {
    pub(super) fn new(options: &Options, capabilities: Capabilities) -> Self {
        let release = Map::new();
        release.set("Name", options.release_name.as_str());
        release.set("Namespace", options.namespace.as_str());
        release.set("IsUpgrade", options.is_upgrade);
        release.set("IsInstall", !options.is_upgrade);
        release.set("Revision", Value::int(1));
        release.set("Service", "Helm");
        Self {
            release: release.into(),
            capabilities: Value::object(capabilities),
        }
    }

    /// All templates of a chart and of those below it; the chart's data is returned
    /// (`recAllTpls`). `full` is the chart's path in template names.
    pub(super) fn templates(
        &self,
        node: &Node,
        values: &Map,
        full: &str,
        out: &mut Vec<Runnable>,
    ) -> Map {
        let dot = Map::of(MapType::Values);
        let mut metadata = node.chart.metadata.clone();
        metadata.name = node.name.to_string();
        metadata.dependencies.clone_from(&node.dependencies);
        let library = metadata.is_library();
        dot.set(
            "Chart",
            Value::object(ChartObject {
                metadata,
                root: node.path.is_empty(),
            }),
        );
        dot.set("Files", Value::object(FilesObject::new(&node.chart.files)));
        dot.set("Release", self.release.clone());
        dot.set("Capabilities", self.capabilities.clone());
        let subcharts = Map::new();
        for child in &node.nodes {
            let below = values.get(&child.name);
            let below = below.and_then(|below| below.as_map().cloned());
            let full = format!("{full}/charts/{}", child.name);
            let below = below.unwrap_or_else(|| Map::of(MapType::Values));
            let data = self.templates(child, &below, &full, out);
            subcharts.set(child.name.clone(), data);
        }
        dot.set("Values", values.typed(MapType::Values));
        dot.set("Subcharts", subcharts);
        for template in &node.chart.templates {
            let base_name = template.path.rsplit('/').next().unwrap_or_default();
            if library && !base_name.starts_with('_') {
                continue;
            }
            out.push(Runnable {
                name: format!("{full}/{}", template.path),
                file: inside(&node.chart, &template.path),
                text: template.text(),
                dot: dot.clone(),
                base: format!("{full}/templates"),
            });
        }
        dot
    }
}
