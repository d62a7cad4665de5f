//! Values that stand in objects: a part of an object, or a text in one, as a text of values whose
//! every leaf leads back to the object.

use super::gitops::Spec;
use crate::chart::{ValuesPlaces, ValuesText};
use crate::source::{Location, Sources, Span};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// Values that are written as a part of an object (`valuesObject`, `spec.values`). JSON is YAML, so
/// they are written as that, with the place of each leaf.
pub(super) fn of_part(spec: &Spec<'_>, pointer: &str, name: &str) -> Option<ValuesText> {
    let value = spec.get(pointer)?;
    let mut writer = Writer {
        spec,
        text: String::new(),
        parts: Vec::new(),
    };
    writer.write(value, pointer);
    Some(ValuesText {
        name: name.to_owned(),
        text: writer.text.into(),
        places: ValuesPlaces::Parts(writer.parts),
    })
}

struct Writer<'a> {
    spec: &'a Spec<'a>,
    text: String,
    parts: Vec<(Range<u32>, Location)>,
}

impl Writer<'_> {
    fn write(&mut self, value: &Value, pointer: &str) {
        let start = self.text.len();
        let at = self.spec.place(pointer);
        match value {
            Value::Object(map) => {
                self.open('{', at);
                for (number, (key, value)) in map.iter().enumerate() {
                    if number > 0 {
                        self.text.push_str(", ");
                    }
                    self.text.push_str(&Value::from(key.as_str()).to_string());
                    self.text.push_str(": ");
                    let key = key.replace('~', "~0").replace('/', "~1");
                    self.write(value, &format!("{pointer}/{key}"));
                }
                self.text.push('}');
            }
            Value::Array(items) => {
                self.open('[', at);
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.text.push_str(", ");
                    }
                    self.write(item, &format!("{pointer}/{number}"));
                }
                self.text.push(']');
            }
            scalar => {
                self.text.push_str(&scalar.to_string());
                let range = number(start)..number(self.text.len());
                self.parts.push((range, at));
            }
        }
    }

    fn open(&mut self, bracket: char, at: Location) {
        let start = number(self.text.len());
        self.text.push(bracket);
        self.parts.push((start..start.saturating_add(1), at));
    }
}

/// Values that are written as a text in an object (`helm.values`, a key of a ConfigMap). Lines of a
/// block scalar lead to their own lines, any other form to the text as a whole.
pub(super) fn of_text(text: &str, at: Location, name: &str, sources: &Sources) -> ValuesText {
    let whole = || vec![(0..number(text.len()), at)];
    let parts = block_lines(text, at, sources).unwrap_or_else(whole);
    ValuesText {
        name: name.to_owned(),
        text: Arc::from(text),
        places: ValuesPlaces::Parts(parts),
    }
}

/// The lines of a literal block scalar (`|`), each with its place.
fn block_lines(text: &str, at: Location, sources: &Sources) -> Option<Vec<(Range<u32>, Location)>> {
    let source = sources.get(at.source)?;
    let start = usize::try_from(at.span.start).ok()?;
    let (before, written) = source.text.split_at_checked(start)?;
    // The span begins with the header or with the content; the header ends the line before it.
    let (header, mut outside) = match written.strip_prefix('|') {
        Some(_) => (written.lines().next()?, start + written.find('\n')? + 1),
        None => (before.trim_end(), before.rfind('\n')? + 1),
    };
    let header = header.rsplit([' ', ':']).next()?;
    if !header.starts_with('|') {
        return None;
    }
    let mut parts = Vec::new();
    let mut inside = 0_usize;
    for line in text.split_inclusive('\n') {
        let rest = source.text.get(outside..)?;
        let raw = rest.split_inclusive('\n').next()?;
        let own = line.trim_end_matches('\n');
        let indent = raw.find(own)?;
        let first = number(outside + indent);
        let span = Span {
            start: first,
            end: first.saturating_add(number(own.len())),
        };
        let place = Location {
            source: at.source,
            span,
        };
        parts.push((number(inside)..number(inside + line.len()), place));
        inside += line.len();
        outside += raw.len();
    }
    Some(parts)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
