//! Maps: Go maps with string keys, shared, iterated in the order of their keys as `range` does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Data, Value};

/// The Go type of a map: `typeOf`, `%T`, parameters of a map type and missing keys look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapType {
    /// `map[string]interface {}`. A missing key gives nil.
    #[default]
    Any,
    /// `map[string]string`: labels and annotations of Go structs, the result of `split`. A
    /// missing key gives `""`.
    Str,
    /// `chartutil.Values`, the named type of `.Values` itself and of `.`.
    Values,
}

impl MapType {
    /// The Go type's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "map[string]interface {}",
            Self::Str => "map[string]string",
            Self::Values => "chartutil.Values",
        }
    }
}

/// A shared map. Clones are the same map: a change through one is seen through all.
///
/// The Go type belongs to the handle, as in Go: `.Values` of a subchart and the entry of its
/// parent's values are one map of two types.
#[derive(Clone, Debug, Default)]
pub struct Map(Rc<Inner>, MapType);

#[derive(Debug, Default)]
struct Inner {
    entries: RefCell<BTreeMap<Rc<str>, Value>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop_flat(std::mem::take(self.entries.get_mut()).into_values());
    }
}

/// Drops values without recursion: templates can nest lists and maps deeper than a stack is.
pub(super) fn drop_flat(values: impl Iterator<Item = Value>) {
    let nested = |value: &Value| matches!(value.data, Data::List(_) | Data::Map(_));
    let mut waiting: Vec<Value> = values.filter(nested).collect();
    while let Some(value) = waiting.pop() {
        match value.data {
            Data::List(list) => {
                waiting.extend(list.into_items().into_iter().flatten().filter(nested));
            }
            Data::Map(map) => {
                waiting.extend(map.into_values().into_iter().flatten().filter(nested));
            }
            _ => {}
        }
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map of this type.
    pub fn of(of: MapType) -> Self {
        Self(Rc::default(), of)
    }

    /// The Go type.
    pub fn map_type(&self) -> MapType {
        self.1
    }

    /// The same map as another Go type.
    #[must_use]
    pub fn typed(&self, of: MapType) -> Self {
        Self(Rc::clone(&self.0), of)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    /// What `look` makes of the value of a key, without copying the value.
    pub fn with<T>(&self, key: &str, look: impl FnOnce(Option<&Value>) -> T) -> T {
        look(self.0.entries.borrow().get(key))
    }

    /// Whether the key exists, also with nil as its value.
    pub fn contains(&self, key: &str) -> bool {
        self.0.entries.borrow().contains_key(key)
    }

    /// Sets a key, for all who hold the map.
    pub fn set(&self, key: impl Into<Rc<str>>, value: impl Into<Value>) {
        if let Ok(mut entries) = self.0.entries.try_borrow_mut() {
            let old = entries.insert(key.into(), value.into());
            drop(entries);
            drop(old);
        }
    }

    /// Removes a key, for all who hold the map.
    pub fn remove(&self, key: &str) -> Option<Value> {
        let mut entries = self.0.entries.try_borrow_mut().ok()?;
        entries.remove(key)
    }

    /// The keys, sorted by their bytes.
    pub fn keys(&self) -> Vec<Rc<str>> {
        self.0.entries.borrow().keys().cloned().collect()
    }

    /// The entries in the order of their keys, copied out; what they hold stays shared.
    pub fn entries(&self) -> Vec<(Rc<str>, Value)> {
        let entries = self.0.entries.borrow();
        entries
            .iter()
            .map(|(key, value)| (Rc::clone(key), value.clone()))
            .collect()
    }

    /// Calls `visit` for each entry in the order of the keys, without copying the map.
    ///
    /// `visit` must not change this map: a change then is lost.
    pub fn each(&self, mut visit: impl FnMut(&Rc<str>, &Value)) {
        for (key, value) in self.0.entries.borrow().iter() {
            visit(key, value);
        }
    }

    /// A number that tells this map from others, for as long as it lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// Whether both are the same map, not merely equal ones.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// A new map with the same entries (one level; what they hold stays shared).
    #[must_use]
    pub fn shallow(&self) -> Self {
        let entries = RefCell::new(self.0.entries.borrow().clone());
        Self(Rc::new(Inner { entries }), self.1)
    }

    /// Takes the values out if nobody else holds the map.
    fn into_values(self) -> Option<impl Iterator<Item = Value>> {
        let mut inner = Rc::try_unwrap(self.0).ok()?;
        Some(std::mem::take(inner.entries.get_mut()).into_values())
    }
}

impl<K: Into<Rc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect();
        let entries = RefCell::new(entries);
        Self(Rc::new(Inner { entries }), MapType::Any)
    }
}
