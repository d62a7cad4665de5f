//! Lists: Go slices, shared.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Data, Value};

/// The element type of a Go slice: `typeOf`, `%T` and parameters of a slice type look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// `[]interface {}`: what YAML, JSON, `list` and most functions give.
    #[default]
    Any,
    /// `[]string`: `splitList`, `keys`, `sortAlpha`, `.Files.Lines`.
    Str,
    /// `[]int`: `until`, `untilStep`.
    Int,
    /// `[]map[string]interface {}`.
    Map,
    /// `[][]interface {}`: `chunk`.
    Lists,
}

impl ListType {
    /// The Go type's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Str => "[]string",
            Self::Int => "[]int",
            Self::Map => "[]map[string]interface {}",
            Self::Lists => "[][]interface {}",
        }
    }
}

/// A shared list. Clones are the same list.
#[derive(Clone, Debug)]
pub struct List(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    of: ListType,
    nil: bool,
    items: RefCell<Vec<Value>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        super::map::drop_flat(self.items.get_mut().drain(..));
    }
}

impl List {
    /// A list of these items, of type `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::of(ListType::Any, items)
    }

    /// A list with this element type.
    pub fn of(of: ListType, items: Vec<Value>) -> Self {
        Self(Rc::new(Inner {
            of,
            nil: false,
            items: RefCell::new(items),
        }))
    }

    /// A nil slice: empty, but `null` in JSON and YAML.
    pub fn nil(of: ListType) -> Self {
        Self(Rc::new(Inner {
            of,
            nil: true,
            items: RefCell::default(),
        }))
    }

    /// Whether it is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.nil && self.is_empty()
    }

    /// The element type.
    pub fn list_type(&self) -> ListType {
        self.0.of
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.items.borrow().get(index).cloned()
    }

    /// The items, copied out; sub-lists and maps stay shared.
    pub fn items(&self) -> Vec<Value> {
        self.0.items.borrow().clone()
    }

    /// Calls `visit` for each item, without copying the list.
    ///
    /// `visit` must not change this list: a change then is lost.
    pub fn each(&self, mut visit: impl FnMut(usize, &Value)) {
        for (index, item) in self.0.items.borrow().iter().enumerate() {
            visit(index, item);
        }
    }

    /// The first item for which `found` gives something.
    pub fn find_map<T>(&self, found: impl FnMut(&Value) -> Option<T>) -> Option<T> {
        self.0.items.borrow().iter().find_map(found)
    }

    /// Puts a value at the end, for all who hold the list. Templates cannot do that (`append`
    /// copies); builders do.
    pub fn push(&self, item: impl Into<Value>) {
        if let Ok(mut items) = self.0.items.try_borrow_mut() {
            items.push(item.into());
        }
    }

    /// Replaces the item at an index; an index behind the end changes nothing.
    pub fn set(&self, index: usize, item: Value) {
        if let Ok(mut items) = self.0.items.try_borrow_mut()
            && let Some(slot) = items.get_mut(index)
        {
            *slot = item;
        }
    }

    /// A number that tells this list from others, for as long as it lives.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// Whether both are the same list, not merely equal ones.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Takes the items out if nobody else holds the list.
    pub(super) fn into_items(self) -> Option<Vec<Value>> {
        let mut inner = Rc::try_unwrap(self.0).ok()?;
        Some(std::mem::take(inner.items.get_mut()))
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::new(items.into_iter().collect())
    }
}

impl Value {
    /// A `[]string`.
    pub fn strings<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(Into::into).collect();
        Data::List(List::of(ListType::Str, items)).into()
    }
}
