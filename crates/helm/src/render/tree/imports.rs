//! `import-values`: what a chart takes over from the values of its dependencies.

use std::rc::Rc;

use super::{Growth, Node};
use crate::chart::Import;
use crate::value::{Map, Value};
use crate::values::{Coalescer, deep_copy, merge_tables, table};

impl Growth<'_> {
    /// Imports from the leaves of the tree up (`processDependencyImportValues`).
    pub(in crate::render) fn import(&mut self, node: &mut Node) -> Result<(), String> {
        for child in &mut node.nodes {
            self.import(child)?;
        }
        if node.dependencies.is_empty() {
            return Ok(());
        }
        let mut coalescer = Coalescer {
            merge: true,
            ..Coalescer::default()
        };
        let values = coalescer
            .run(node, &Map::new())
            .map_err(|wrong| format!("type mismatch on {}", wrong.0))?;
        let imported = Map::new();
        for dependency in &node.dependencies {
            for import in &dependency.imports {
                let (child, parent) = match import {
                    Import::Exported(name) => (format!("exports.{name}"), "."),
                    Import::Mapped { child, parent } => (child.clone(), parent.as_str()),
                };
                let name = dependency.known_as();
                match table(&values, &format!("{name}.{child}")) {
                    Some(found) => {
                        merge_tables(self.warnings, &imported, &nested(parent, found), true);
                    }
                    None => self.warnings.push(format!(
                        "ImportValues missing table from chart {name}: {child}"
                    )),
                }
            }
        }
        let own = deep_copy(&Value::from(values));
        if let Some(own) = own.as_map() {
            merge_tables(self.warnings, own, &imported, true);
            node.values = own.clone();
        }
        Ok(())
    }
}

/// `pathToMap`: the data below a dotted path.
fn nested(path: &str, data: Map) -> Map {
    if path == "." {
        return data;
    }
    path.rsplit('.').fold(data, |inner, part| {
        let outer = Map::new();
        outer.set(Rc::<str>::from(part), Value::from(inner));
        outer
    })
}
