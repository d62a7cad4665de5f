//! What stands behind `=`.

use netpol_yaml::Span;
use serde_json::Value as Json;

use super::cursor::Read;
use super::{Next, Parser};
use crate::value::{Data, IntKind, List, Map, Text, Value};
use crate::values::input::SetKind;
use crate::values::yaml::Wrong;

impl Parser<'_> {
    /// `text`, or `{a,b}`.
    pub(super) fn plain(&mut self) -> Result<(Value, Next), Wrong> {
        match self.cursor.peek() {
            None => {
                let origin = self.origin(self.cursor.offset());
                Ok((Value::str("").with_origin(origin), Next::End))
            }
            Some('{') => self.list(),
            Some(_) => {
                let read = self.cursor.until(&[','], true);
                Ok((self.scalar(&read)?, Next::More))
            }
        }
    }

    fn list(&mut self) -> Result<(Value, Next), Wrong> {
        let start = self.cursor.offset();
        self.cursor.next();
        let mut items = Vec::new();
        loop {
            let read = self.cursor.until(&[',', '}'], true);
            if read.stop.is_none() {
                return self.wrong(start, "list must terminate with '}'");
            }
            self.path.push(items.len().to_string().into());
            let item = self.scalar(&read);
            self.path.pop();
            items.push(item?);
            if read.stop == Some('}') {
                let origin = self.origin(start);
                if self.cursor.peek() == Some(',') {
                    self.cursor.next();
                }
                return Ok((
                    Value::from(List::new(items)).with_origin(origin),
                    Next::More,
                ));
            }
        }
    }

    fn scalar(&mut self, read: &Read) -> Result<Value, Wrong> {
        let origin = self.origin_of(Span::new(read.start, read.end));
        let data = match self.set.kind {
            SetKind::Plain => typed(&read.text),
            SetKind::File => self.file(read)?,
            _ => Data::Str(Text::from(read.text.as_str())),
        };
        Ok(Value::from(data).with_origin(origin))
    }

    fn file(&mut self, read: &Read) -> Result<Data, Wrong> {
        if let Some(names) = &mut self.names {
            names.push(read.text.clone());
            return Ok(Data::Null);
        }
        let found = self.set.files.iter().find(|(name, _)| *name == read.text);
        match found {
            Some((_, text)) => Ok(Data::Str(Text::from(text.as_str()))),
            None => self.wrong(read.start, format!("open {}: no such file", read.text)),
        }
    }

    /// All that is left of the argument, as it is.
    pub(super) fn rest(&mut self) -> (Value, Next) {
        let start = self.cursor.offset();
        let rest = self.cursor.rest();
        self.cursor.skip(rest.len());
        let origin = self.origin(start);
        (Value::str(rest).with_origin(origin), Next::More)
    }

    /// One JSON value, or nothing at all for null; then spaces and a comma.
    pub(super) fn json(&mut self) -> Result<(Value, Next), Wrong> {
        if self.blank() {
            let origin = self.origin(self.cursor.offset());
            return Ok((Value::NULL.with_origin(origin), Next::More));
        }
        let start = self.cursor.offset();
        let mut stream = serde_json::Deserializer::from_str(self.cursor.rest()).into_iter::<Json>();
        let json = match stream.next() {
            Some(Ok(json)) => json,
            Some(Err(error)) => return self.wrong(start, error.to_string()),
            None => return self.wrong(start, "a JSON value is expected"),
        };
        let read = stream.byte_offset();
        self.cursor.skip(read);
        let value = self.of_json(&json, Span::new(start, self.cursor.offset()));
        self.blank();
        Ok((value, Next::More))
    }

    /// Goes over spaces and one comma; whether there was nothing else before the comma or end.
    fn blank(&mut self) -> bool {
        loop {
            match self.cursor.peek() {
                None => return true,
                Some(',') => {
                    self.cursor.next();
                    return true;
                }
                Some(space) if space.is_whitespace() => {
                    self.cursor.next();
                }
                Some(_) => return false,
            }
        }
    }

    fn of_json(&mut self, json: &Json, span: Span) -> Value {
        let origin = self.origin_of(span);
        let data = match json {
            Json::Null => Data::Null,
            Json::Bool(flag) => Data::Bool(*flag),
            Json::Number(number) => Data::Float(number.as_f64().unwrap_or_default()),
            Json::String(text) => Data::Str(Text::from(text.as_str())),
            Json::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string().into());
                    values.push(self.of_json(item, span));
                    self.path.pop();
                }
                Data::List(List::new(values))
            }
            Json::Object(entries) => {
                let map = Map::new();
                for (key, value) in entries {
                    self.path.push(key.as_str().into());
                    map.set(key.as_str(), self.of_json(value, span));
                    self.path.pop();
                }
                Data::Map(map)
            }
        };
        Value::from(data).with_origin(origin)
    }
}

/// `--set` tells integers, booleans and null from strings; `007` stays a string.
fn typed(text: &str) -> Data {
    if text.eq_ignore_ascii_case("true") {
        return Data::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Data::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Data::Null;
    }
    if text == "0" || !text.starts_with('0') {
        // Go's ParseInt takes a sign of either kind, as Rust's does.
        if let Ok(number) = text.parse::<i64>() {
            return Data::Int(number, IntKind::Int64);
        }
    }
    Data::Str(Text::from(text))
}
