//! Which charts take part: `condition`, `tags` and `alias`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Disabled, Growth, MissingDependency, Node, inside};
use crate::chart::{Chart, Dependency};
use crate::func::semver::{Constraints, Version};
use crate::value::{Data, Map, Origin};
use crate::values::{Coalescer, ValuesError, path_value, table};

/// A declared dependency on its way to be switched.
struct Switch {
    dependency: Dependency,
    enabled: bool,
    why: String,
    origin: Origin,
}

/// Why the dependencies cannot be worked out.
pub(in crate::render) enum Refusal {
    Values(ValuesError),
    Message(String),
}

impl From<ValuesError> for Refusal {
    fn from(error: ValuesError) -> Self {
        Self::Values(error)
    }
}

impl Growth<'_> {
    /// Applies aliases and removes what is switched off, from the root down
    /// (`processDependencyEnabled`).
    ///
    /// `values` are the user's for the root; below they are the root's coalesced ones, with
    /// `prefix` before every condition.
    pub(in crate::render) fn enable(
        &mut self,
        node: &mut Node,
        values: &Map,
        prefix: &str,
    ) -> Result<(), Refusal> {
        let chart = Rc::clone(&node.chart);
        if chart.metadata.dependencies.is_empty() {
            return Ok(());
        }
        let mut switches = self.arrange(node)?;
        let mut coalescer = Coalescer::default();
        let values = coalescer
            .run(node, values)
            .map_err(|wrong| Refusal::Message(format!("type mismatch on {}", wrong.0)))?;
        self.tags(&mut switches, &values);
        self.conditions(&mut switches, &values, prefix);
        self.settle(node, switches);
        for child in &mut node.nodes {
            let prefix = format!("{prefix}{}.", child.name);
            self.enable(child, &values, &prefix)?;
        }
        Ok(())
    }

    /// Puts the subcharts in the order of their declarations, undeclared ones first.
    fn arrange(&mut self, node: &mut Node) -> Result<Vec<Switch>, Refusal> {
        let declared = node.chart.metadata.dependencies.clone();
        let (pool, mut arranged): (Vec<Node>, Vec<Node>) = std::mem::take(&mut node.nodes)
            .into_iter()
            .partition(|child| declared.iter().any(|wanted| fits(wanted, child)));
        let names: BTreeSet<String> = pool
            .iter()
            .map(|child| child.chart.metadata.name.clone())
            .collect();
        let mut pool: Vec<(Rc<Chart>, Option<Node>)> = pool
            .into_iter()
            .map(|child| (Rc::clone(&child.chart), Some(child)))
            .collect();
        for dependency in &declared {
            let Some((chart, child)) = pool
                .iter_mut()
                .find(|(chart, _)| chart_fits(dependency, chart))
            else {
                continue;
            };
            let name: Rc<str> = dependency.known_as().into();
            // The first use without an alias is what was planted under its own name.
            let planted = if dependency.alias.is_empty() {
                child.take()
            } else {
                None
            };
            let chart = Rc::clone(chart);
            let mut path = node.path.clone();
            path.push(Rc::clone(&name));
            arranged.push(match planted {
                Some(planted) => planted,
                None => self.plant(&chart, &name, path)?,
            });
        }
        for dependency in &declared {
            let there = |child: &Node| child.chart.metadata.name == dependency.name;
            if !names.contains(&dependency.name) && !arranged.iter().any(there) {
                self.missing.push(MissingDependency {
                    of: node.path.clone(),
                    dependency: dependency.clone(),
                    file: inside(&node.chart, dependency.file),
                    enabled: true,
                });
            }
        }
        node.nodes = arranged;
        let switch = |dependency| Switch {
            dependency,
            enabled: true,
            why: String::new(),
            origin: Origin::NONE,
        };
        Ok(declared.into_iter().map(switch).collect())
    }

    fn tags(&mut self, switches: &mut [Switch], values: &Map) {
        let Some(tags) = table(values, "tags") else {
            return;
        };
        for switch in switches {
            let (mut on, mut off) = (false, None);
            for tag in &switch.dependency.tags {
                let Some(value) = tags.get(tag) else { continue };
                self.looked_at.push(value.origin);
                match value.data {
                    Data::Bool(true) => on = true,
                    Data::Bool(false) => off = Some((tag.clone(), value.origin)),
                    _ => self.warnings.push(format!(
                        "Tag '{tag}' for chart {} returned non-bool value",
                        switch.dependency.known_as()
                    )),
                }
            }
            if let (false, Some((tag, origin))) = (on, off) {
                switch.enabled = false;
                switch.why = format!("its tag `{tag}` is false");
                switch.origin = origin;
            }
        }
    }

    fn conditions(&mut self, switches: &mut [Switch], values: &Map, prefix: &str) {
        for switch in switches {
            let condition = switch.dependency.condition.trim().to_owned();
            for path in condition.split(',').filter(|path| !path.is_empty()) {
                let Some(value) = path_value(values, &format!("{prefix}{path}")) else {
                    continue;
                };
                self.looked_at.push(value.origin);
                if let Data::Bool(enabled) = value.data {
                    switch.enabled = enabled;
                    switch.why = format!("its condition `{prefix}{path}` is false");
                    switch.origin = value.origin;
                    break;
                }
                self.warnings.push(format!(
                    "Condition path '{path}' for chart {} returned non-bool value",
                    switch.dependency.known_as()
                ));
            }
        }
    }

    /// Removes what is off, by name.
    fn settle(&mut self, node: &mut Node, switches: Vec<Switch>) {
        let (on, off): (Vec<Switch>, Vec<Switch>) =
            switches.into_iter().partition(|switch| switch.enabled);
        let removed: BTreeSet<&str> = off
            .iter()
            .map(|switch| switch.dependency.known_as())
            .collect();
        for missing in &mut self.missing {
            if missing.of == node.path && removed.contains(missing.dependency.known_as()) {
                missing.enabled = false;
            }
        }
        node.nodes.retain(|child| !removed.contains(&*child.name));
        for switch in &off {
            let mut path = node.path.clone();
            path.push(switch.dependency.known_as().into());
            self.disabled.push(Disabled {
                path,
                why: switch.why.clone(),
                origin: switch.origin,
            });
        }
        node.dependencies = on
            .into_iter()
            .map(|switch| switch.dependency)
            .filter(|dependency| !removed.contains(dependency.known_as()))
            .collect();
    }
}

/// Whether a chart in `charts/` is the declared one: name and version.
fn fits(dependency: &Dependency, child: &Node) -> bool {
    chart_fits(dependency, &child.chart)
}

fn chart_fits(dependency: &Dependency, chart: &Chart) -> bool {
    let metadata = &chart.metadata;
    metadata.name == dependency.name && compatible(&dependency.version, &metadata.version)
}

/// `IsCompatibleRange`: what cannot be read is not compatible.
pub(in crate::render) fn compatible(constraint: &str, version: &str) -> bool {
    match (Constraints::parse(constraint), Version::parse(version)) {
        (Ok(constraint), Ok(version)) => constraint.check(&version),
        _ => false,
    }
}
