//! Names, dots and indexes: the way to the place that is set.

use std::rc::Rc;

use super::{MAX_DEPTH, MAX_INDEX, Next, Parser};
use crate::value::{Data, Leaf, List, Map, Origin, Value};
use crate::values::input::SetKind;
use crate::values::yaml::Wrong;

impl Parser<'_> {
    /// Reads one `name…=value` and what follows it up to the comma.
    pub(super) fn key(&mut self, values: &Map, depth: usize) -> Result<Next, Wrong> {
        let stops: &[char] = if self.literal() {
            &['=', '[', '.']
        } else {
            &['=', '[', ',', '.']
        };
        let read = self.cursor.until(stops, !self.literal());
        let name: Rc<str> = read.text.as_str().into();
        let Some(stop) = read.stop else {
            if name.is_empty() {
                return Ok(Next::End);
            }
            return self.wrong(read.start, format!("key {name:?} has no value"));
        };
        self.path.push(Rc::clone(&name));
        let next = match stop {
            '[' => self.index(values, &name, depth),
            '=' => {
                let (value, next) = self.assigned()?;
                put(values, &name, value);
                Ok(next)
            }
            '.' => self.nested(values, &name, depth + 1),
            _ => {
                let message = format!("key {name:?} has no value (cannot end with ,)");
                self.wrong(read.start, message)
            }
        };
        self.path.pop();
        next
    }

    fn nested(&mut self, values: &Map, name: &Rc<str>, depth: usize) -> Result<Next, Wrong> {
        let start = self.cursor.offset();
        if depth > MAX_DEPTH {
            let message = format!(
                "value name nested level is greater than maximum supported nested level of {MAX_DEPTH}"
            );
            return self.wrong(start, message);
        }
        let known = values.get(name);
        let origin = known.as_ref().map(|value| value.origin);
        let inner = match known.map(|value| value.data) {
            None => Map::new(),
            Some(Data::Map(map)) => map,
            Some(_) => return self.wrong(start, format!("{name:?} is set, and is no map")),
        };
        let next = self.key(&inner, depth)?;
        if inner.is_empty() {
            return self.wrong(start, format!("key map {name:?} has no value"));
        }
        let origin = origin.unwrap_or_else(|| self.origin(start));
        put(values, name, Value::from(inner).with_origin(origin));
        Ok(next)
    }

    fn index(&mut self, values: &Map, name: &Rc<str>, depth: usize) -> Result<Next, Wrong> {
        let start = self.cursor.offset();
        let index = self.number()?;
        let known = values.get(name);
        let origin = known.as_ref().map(|value| value.origin);
        let list = match known.map(|value| value.data) {
            None => List::new(Vec::new()),
            Some(Data::List(list)) => list,
            Some(_) => return self.wrong(start, format!("{name:?} is set, and is no list")),
        };
        let next = self.item(&list, index, depth)?;
        let origin = origin.unwrap_or_else(|| self.origin(start));
        put(values, name, Value::from(list).with_origin(origin));
        Ok(next)
    }

    fn number(&mut self) -> Result<usize, Wrong> {
        let read = self.cursor.until(&[']'], !self.literal());
        let number = read.text.parse::<i64>();
        match (read.stop, number) {
            (Some(_), Ok(number)) if number < 0 => {
                self.wrong(read.start, format!("negative {number} index not allowed"))
            }
            (Some(_), Ok(number)) => match usize::try_from(number) {
                Ok(index) if index <= MAX_INDEX => Ok(index),
                _ => {
                    let message = format!(
                        "index of {number} is greater than maximum supported index of {MAX_INDEX}"
                    );
                    self.wrong(read.start, message)
                }
            },
            _ => self.wrong(read.start, format!("error parsing index {:?}", read.text)),
        }
    }

    /// What follows `[N]`.
    fn item(&mut self, list: &List, index: usize, depth: usize) -> Result<Next, Wrong> {
        let read = self.cursor.until(&['[', '.', '='], !self.literal());
        if !read.text.is_empty() {
            let message = format!("unexpected data at end of array index: {:?}", read.text);
            return self.wrong(read.start, message);
        }
        if depth > MAX_DEPTH {
            return self.wrong(read.start, "lists are nested too deep");
        }
        self.path.push(index.to_string().into());
        let known = list.get(index);
        let next = match read.stop {
            None => Ok(Next::End),
            Some('=') => {
                let (value, next) = self.assigned()?;
                set_item(list, index, value);
                Ok(next)
            }
            Some('[') => {
                let inner_index = self.number()?;
                let inner = match known.map(|value| value.data) {
                    None | Some(Data::Null) => List::new(Vec::new()),
                    Some(Data::List(inner)) => inner,
                    Some(_) => return self.wrong(read.start, "the item is set, and is no list"),
                };
                let next = self.item(&inner, inner_index, depth + 1)?;
                let origin = self.origin(read.start);
                set_item(list, index, Value::from(inner).with_origin(origin));
                Ok(next)
            }
            Some(_) => {
                let known = known.filter(|value| value.as_map().is_some());
                let origin = known.as_ref().map(|value| value.origin);
                let inner = known
                    .and_then(|value| value.as_map().cloned())
                    .unwrap_or_default();
                let next = self.key(&inner, depth + 1)?;
                let origin = origin.unwrap_or_else(|| self.origin(read.start));
                set_item(list, index, Value::from(inner).with_origin(origin));
                Ok(next)
            }
        };
        self.path.pop();
        next
    }

    /// An origin from a place up to where the argument is read, for the path of now.
    pub(super) fn origin(&mut self, start: u32) -> Origin {
        let span = netpol_yaml::Span::new(start, self.cursor.offset().max(start));
        self.origin_of(span)
    }

    pub(super) fn origin_of(&mut self, span: netpol_yaml::Span) -> Origin {
        self.origins.add(Leaf {
            source: self.source,
            span,
            path: self.path.as_slice().into(),
        })
    }

    fn assigned(&mut self) -> Result<(Value, Next), Wrong> {
        match self.set.kind {
            SetKind::Json => self.json(),
            SetKind::Literal => Ok(self.rest()),
            _ => self.plain(),
        }
    }
}

/// An empty name sets nothing.
fn put(values: &Map, name: &Rc<str>, value: Value) {
    if !name.is_empty() {
        values.set(Rc::clone(name), value);
    }
}

fn set_item(list: &List, index: usize, value: Value) {
    while list.len() <= index {
        list.push(Value::NULL);
    }
    list.set(index, value);
}
