//! One leaf of the values changed, and what changes with it.

use super::with;
use crate::helm_typos::files;
use crate::helm_typos::typo::{self, Path};
use netpol_helm::chart::{Chart, ChartFile, Dependency};
use netpol_helm::exec::Place;
use netpol_helm::render::{Document, Rendering};
use netpol_yaml::{Kind, Limits, NodeRef, parse};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What came of all changes.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Leaves that were changed.
    pub(super) leaves: usize,
    /// Leaves with whose change the chart refuses to render.
    pub(super) refused: usize,
    /// Changes that made keys, items or documents come or go.
    pub(super) shapes: usize,
    /// Changed scalars that name the leaf.
    pub(super) led: usize,
    /// Changed scalars that another place wrote than before: the leaf decided which.
    pub(super) decided: usize,
    /// Changed scalars of the same place that do not name the leaf.
    pub(super) elsewhere: Vec<String>,
}

/// A chart's own values with those of its subcharts laid below.
pub(super) fn values(chart: &Chart) -> Value {
    let text = chart.values.as_ref().map(ChartFile::text);
    let own = text.as_deref().and_then(files::values);
    let mut own = own.unwrap_or_else(|| Map::new().into());
    for subchart in &chart.subcharts {
        let name = &subchart.metadata.name;
        let declared = chart.metadata.dependencies.iter();
        let mut uses: BTreeSet<&str> = { declared }
            .filter(|dependency| dependency.name == *name)
            .map(Dependency::known_as)
            .collect();
        if uses.is_empty() {
            uses.insert(name);
        }
        for name in uses {
            if let Some(own) = own.as_object_mut() {
                let place = own.entry(name).or_insert_with(|| Map::new().into());
                lay_below(place, values(subchart));
            }
        }
    }
    own
}

fn lay_below(above: &mut Value, below: Value) {
    if let (Some(above), Value::Object(below)) = (above.as_object_mut(), below) {
        for (key, value) in below {
            match above.get_mut(&key) {
                Some(known) => lay_below(known, value),
                None => {
                    above.insert(key, value);
                }
            }
        }
    }
}

/// The leaves that the chart reads when a user gives them all.
pub(super) fn read(chart: &Rc<Chart>, values: &Value) -> Vec<Path> {
    let rendering = with(chart, Some(&values.to_string()));
    let text = |path: &[Rc<str>]| path.iter().map(ToString::to_string).collect();
    let unread: BTreeSet<Path> = rendering.unread.iter().map(|one| text(&one.path)).collect();
    let mut leaves = typo::leaves(values);
    leaves.retain(|leaf| !unread.contains(leaf));
    leaves
}

/// Changes one leaf and looks at every scalar that changes with it.
pub(super) fn leaf(
    chart: &Rc<Chart>,
    before: &Rendering,
    values: &Value,
    leaf: &Path,
    sums: &mut Sums,
) {
    let Some(given) = given(values, leaf) else {
        return;
    };
    sums.leaves += 1;
    let after = with(chart, Some(&given.to_string()));
    if after.is_refused() {
        sums.refused += 1;
        return;
    }
    let mut compared = Compared {
        before,
        after: &after,
        leaf,
        sums,
        same_shape: true,
    };
    let (one, two) = (by_template(before), by_template(&after));
    compared.same_shape = one.keys().eq(two.keys());
    for (template, documents) in &one {
        let others = two.get(template).map(Vec::as_slice).unwrap_or_default();
        compared.same_shape &= documents.len() == others.len();
        for (one, two) in documents.iter().zip(others) {
            if documents.len() == others.len() && one.text.as_str() != two.text.as_str() {
                compared.documents(one, two);
            }
        }
    }
    let shape = compared.same_shape;
    sums.shapes += usize::from(!shape);
}

fn by_template(rendering: &Rendering) -> BTreeMap<&str, Vec<&Document>> {
    let mut all: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
    for document in &rendering.documents {
        all.entry(&document.template).or_default().push(document);
    }
    all
}

/// A values file with this one leaf, changed. What lies in a list comes with the whole list.
fn given(values: &Value, leaf: &Path) -> Option<Value> {
    let changed = match typo::at(values, leaf)? {
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => (number.as_i64()?.checked_add(1)?).into(),
        Value::String(text) => format!("{text}x").into(),
        _ => return None,
    };
    let list = (0..leaf.len()).find(|end| {
        let above = leaf.get(..*end).and_then(|above| typo::at(values, above));
        above.is_some_and(Value::is_array)
    });
    let whole = leaf.get(..list.unwrap_or(leaf.len()))?;
    let mut value = typo::at(values, whole)?.clone();
    let rest = leaf.get(whole.len()..)?;
    let place = rest.iter().try_fold(&mut value, |value, key| match value {
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        value => value.get_mut(key),
    })?;
    *place = changed;
    let around = |value, key: &String| Value::Object([(key.clone(), value)].into_iter().collect());
    Some(whole.iter().rev().fold(value, around))
}

struct Compared<'a> {
    before: &'a Rendering,
    after: &'a Rendering,
    leaf: &'a Path,
    sums: &'a mut Sums,
    same_shape: bool,
}

impl Compared<'_> {
    fn documents(&mut self, one: &Document, two: &Document) {
        let parsed = [one, two].map(|document| parse(document.text.as_str(), &Limits::default()));
        let [first, second] = &parsed;
        for (before, after) in first.documents.iter().zip(&second.documents) {
            self.nodes((one, before.root()), (two, after.root()), &mut Vec::new());
        }
    }

    fn nodes(
        &mut self,
        before: (&Document, NodeRef<'_>),
        after: (&Document, NodeRef<'_>),
        path: &mut Path,
    ) {
        match (before.1.kind(), after.1.kind()) {
            (Kind::Mapping, Kind::Mapping) => {
                self.same_shape &= before.1.len() == after.1.len();
                for (key, value) in after.1.entries() {
                    let key = key.scalar_text().unwrap_or_default();
                    match before.1.get(&key) {
                        Some(old) => {
                            path.push(key.into_owned());
                            self.nodes((before.0, old), (after.0, value), path);
                            path.pop();
                        }
                        None => self.same_shape = false,
                    }
                }
            }
            (Kind::Sequence, Kind::Sequence) if before.1.len() == after.1.len() => {
                for (at, (old, new)) in (0..).zip(before.1.items().zip(after.1.items())) {
                    let at: usize = at;
                    path.push(at.to_string());
                    self.nodes((before.0, old), (after.0, new), path);
                    path.pop();
                }
            }
            (Kind::Mapping | Kind::Sequence, _) | (_, Kind::Mapping | Kind::Sequence) => {
                self.same_shape = false;
            }
            _ if before.1.to_json() == after.1.to_json() => {}
            _ => self.scalar(before, after, path),
        }
    }

    fn scalar(
        &mut self,
        before: (&Document, NodeRef<'_>),
        after: (&Document, NodeRef<'_>),
        path: &Path,
    ) {
        let range = after.1.span().range();
        let pieces = self.after.provenance(after.0, range);
        let names = |path: &[Rc<str>]| {
            path.len() == self.leaf.len()
                && path.iter().zip(self.leaf).all(|(one, two)| **one == **two)
        };
        if pieces
            .iter()
            .flat_map(|piece| &piece.leaves)
            .any(|leaf| names(&leaf.path))
        {
            self.sums.led += 1;
        } else if places(self.before, before) == places(self.after, after) {
            self.sums.elsewhere.push(format!(
                "{} changes {} /{}",
                self.leaf.join("."),
                after.0.template,
                path.join("/")
            ));
        } else {
            self.sums.decided += 1;
        }
    }
}

/// The places that wrote a scalar.
fn places(rendering: &Rendering, scalar: (&Document, NodeRef<'_>)) -> BTreeSet<Place> {
    let pieces = rendering.provenance(scalar.0, scalar.1.span().range());
    let traces = pieces.into_iter().filter_map(|piece| piece.trace);
    traces.map(|trace| trace.place).collect()
}
