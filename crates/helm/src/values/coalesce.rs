//! Coalescing: how Helm 3.17 lays a chart's own values below those that were given.
//!
//! The functions follow `pkg/chartutil/coalesce.go` one by one, sharing of maps included: where
//! Helm copies a map, it is copied here, and where two charts see one map, they do here.

use std::rc::Rc;

use crate::value::{Data, List, Map, Value};

/// The name of the values that every subchart sees.
const GLOBAL: &str = "global";

/// A chart of the tree that is coalesced.
pub(crate) trait Unit: Sized {
    /// The name of its values in its parent's.
    fn name(&self) -> Rc<str>;
    /// Its own values.
    fn values(&self) -> Map;
    /// Its subcharts.
    fn units(&self) -> &[Self];
}

/// Merges or coalesces, and collects Helm's warnings.
#[derive(Debug, Default)]
pub(crate) struct Coalescer {
    /// Merging keeps nulls; coalescing deletes the keys that were given as null.
    pub(crate) merge: bool,
    /// What Helm would have logged.
    pub(crate) warnings: Vec<String>,
}

/// A dependency's values that are no table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeMismatch(pub(crate) String);

impl Coalescer {
    /// A copy of the given values with those of the chart and all its subcharts laid below.
    pub(crate) fn run<U: Unit>(&mut self, unit: &U, given: &Map) -> Result<Map, TypeMismatch> {
        let given = copy_map(given);
        self.unit(unit, &given, "")?;
        Ok(given)
    }

    fn unit<U: Unit>(&mut self, unit: &U, given: &Map, prefix: &str) -> Result<(), TypeMismatch> {
        self.values(unit, given, prefix);
        for subchart in unit.units() {
            let name = subchart.name();
            let below = match given.get(&name) {
                None => {
                    let below = Map::new();
                    given.set(Rc::clone(&name), below.clone());
                    below
                }
                Some(Value {
                    data: Data::Map(below),
                    ..
                }) => below,
                Some(_) => return Err(TypeMismatch(name.to_string())),
            };
            let prefix = join(prefix, &unit.name());
            self.globals(&below, given, &prefix);
            self.unit(subchart, &below, &prefix)?;
        }
        Ok(())
    }

    /// Hands the parent's globals down.
    fn globals(&mut self, below: &Map, given: &Map, prefix: &str) {
        let found = below.get(GLOBAL);
        let origin = found.as_ref().map(|value| value.origin).unwrap_or_default();
        let own = match found {
            None => Map::new(),
            Some(value) => match value.as_map() {
                Some(map) => map.clone(),
                None => {
                    return self.warn("skipping globals because destination global is not a table");
                }
            },
        };
        let parents = given.get(GLOBAL);
        let origin = origin.or(parents
            .as_ref()
            .map(|value| value.origin)
            .unwrap_or_default());
        let parents = match parents {
            None => Map::new(),
            Some(value) => match value.as_map() {
                Some(map) => map.clone(),
                None => return self.warn("skipping globals because source global is not a table"),
            },
        };
        for (key, value) in parents.entries() {
            let known = own.get(&key);
            match (&value.data, known.as_ref().map(|known| &known.data)) {
                (Data::Map(table), None) => {
                    own.set(key, Value::from(table.shallow()).with_origin(value.origin));
                }
                (Data::Map(table), Some(Data::Map(known))) => {
                    let copy = table.shallow();
                    tables(&mut self.warnings, &copy, known, &join(prefix, &key), true);
                    own.set(key, Value::from(copy).with_origin(value.origin));
                }
                (Data::Map(_), Some(_)) => {
                    self.warn(&format!(
                        "Conflict: cannot merge map onto non-map for {key:?}. Skipping."
                    ));
                }
                (_, Some(Data::Map(_))) => self.warn(&format!("key {key} is table. Skipping")),
                _ => own.set(key, value),
            }
        }
        below.set(GLOBAL, Value::from(own).with_origin(origin));
    }

    /// Lays a chart's own values below the given ones.
    fn values<U: Unit>(&mut self, unit: &U, given: &Map, prefix: &str) {
        let prefix = join(prefix, &unit.name());
        let subcharts: Vec<Rc<str>> = unit.units().iter().map(Unit::name).collect();
        for (key, own) in copy_map(&unit.values()).entries() {
            let Some(value) = given.get(&key) else {
                given.set(key, own);
                continue;
            };
            match (&value.data, &own.data) {
                (Data::Null, _) if !self.merge => {
                    given.remove(&key);
                }
                (Data::Map(above), Data::Map(below)) => {
                    let merge = self.merge || subcharts.contains(&key);
                    let prefix = join(&prefix, &key);
                    tables(&mut self.warnings, above, below, &prefix, merge);
                }
                (Data::Map(_), Data::Null) => {}
                (Data::Map(_), _) => {
                    self.warn(&format!("skipped value for {prefix}.{key}: Not a table."));
                }
                _ => {}
            }
        }
    }

    fn warn(&mut self, message: &str) {
        self.warnings.push(message.to_owned());
    }
}

/// `MergeTables` and `CoalesceTables`: what `below` has and `above` lacks is taken over.
pub(crate) fn merge_tables(warnings: &mut Vec<String>, above: &Map, below: &Map, merge: bool) {
    tables(warnings, above, below, "", merge);
}

fn tables(warnings: &mut Vec<String>, above: &Map, below: &Map, prefix: &str, merge: bool) {
    for (key, value) in below.entries() {
        let full = join(prefix, &key);
        let Some(known) = above.get(&key) else {
            above.set(key, value);
            continue;
        };
        match (&known.data, &value.data) {
            (Data::Null, _) if !merge => {
                above.remove(&key);
            }
            (Data::Map(above), Data::Map(below)) => tables(warnings, above, below, &full, merge),
            (_, Data::Map(_)) => {
                warnings.push(format!("cannot overwrite table with non table for {full}"));
            }
            (Data::Map(_), Data::Null) => {}
            (Data::Map(_), _) => {
                let warning =
                    format!("destination for {full} is a table. Ignoring non-table value");
                warnings.push(warning);
            }
            _ => {}
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

/// A copy that shares no list and no map.
pub(crate) fn deep_copy(value: &Value) -> Value {
    let data = match &value.data {
        Data::Map(map) => Data::Map(copy_map(map)),
        Data::List(list) => Data::List(List::of(
            list.list_type(),
            list.items().iter().map(deep_copy).collect(),
        )),
        other => other.clone(),
    };
    Value::from(data).with_origin(value.origin)
}

fn copy_map(map: &Map) -> Map {
    let copy = Map::of(map.map_type());
    map.each(|key, value| copy.set(Rc::clone(key), deep_copy(value)));
    copy
}
