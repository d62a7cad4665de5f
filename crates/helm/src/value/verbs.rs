//! Go's `fmt.Sprintf`: verbs, flags, widths and what it writes when they do not fit.

mod number;
mod quoted;
mod spec;

use super::{Data, Origin, Text, TextBuilder, Value};
use spec::{Next, Spec};

pub use quoted::quote;

/// How deep a verb goes into lists and maps; Go overflows its stack on a map that holds itself.
const DEPTH: usize = 200;

/// `fmt.Sprintf`. The format's own characters keep their marks, and what an argument becomes
/// keeps the argument's.
///
/// ```
/// use netpol_helm::value::{Text, Value, sprintf};
///
/// let said = sprintf(&Text::from("%s-%05.1f %d"), &[Value::str("a"), Value::from(2.25), Value::str("x")]);
/// assert_eq!(said.as_str(), "a-002.2 %!d(string=x)");
/// ```
pub fn sprintf(format: &Text, args: &[Value]) -> Text {
    let mut out = TextBuilder::new();
    let mut reader = spec::Reader::new(format.as_str(), args);
    while let Some(next) = reader.next() {
        match next {
            Next::Plain(range) => out.push_slice(format, range),
            Next::Note(note) => out.push_str(&note),
            Next::Verb(spec, None) => {
                out.push_str("%!");
                out.push_char(spec.verb);
                out.push_str("(MISSING)");
            }
            Next::Verb(spec, Some(arg)) => push_arg(&mut out, &spec, arg),
        }
    }
    if let Some(extra) = reader.extra() {
        out.push_str(&extra);
    }
    out.finish()
}

fn push_arg(out: &mut TextBuilder, spec: &Spec, arg: &Value) {
    if matches!(spec.verb, 's' | 'v')
        && spec.is_plain()
        && let Some(text) = arg.text()
    {
        out.push(&text);
        return;
    }
    let mut piece = String::new();
    write_arg(&mut piece, spec, arg);
    let origin = match &arg.data {
        Data::Str(text) => text.origins().next().unwrap_or(Origin::NONE).or(arg.origin),
        _ => arg.origin,
    };
    out.push_from(&piece, origin);
}

/// One argument under a verb (`printArg`).
fn write_arg(out: &mut String, spec: &Spec, arg: &Value) {
    // `%+v` asks for the names of fields, not for signs.
    let plus = spec.plus && spec.verb != 'v';
    let spec = &Spec { plus, ..*spec };
    match (spec.verb, &arg.data) {
        ('T', _) => spec.pad(out, &arg.type_name()),
        ('v', Data::Null) => spec.pad(out, "<nil>"),
        ('p', _) | (_, Data::Null) => bad_verb(out, spec, arg),
        _ => write_value(out, spec, arg, 0),
    }
}

fn write_value(out: &mut String, spec: &Spec, value: &Value, depth: usize) {
    match &value.data {
        Data::Null => spec.pad(out, "<nil>"),
        Data::Bool(flag) if matches!(spec.verb, 't' | 'v') => {
            spec.pad(out, if *flag { "true" } else { "false" });
        }
        Data::Int(number, kind) => {
            if !number::integer(out, spec, *number, *kind) {
                bad_verb(out, spec, value);
            }
        }
        Data::Float(float) => {
            if !number::float(out, spec, *float) {
                bad_verb(out, spec, value);
            }
        }
        Data::Str(text) => {
            if !quoted::string(out, spec, text.as_str()) {
                bad_verb(out, spec, value);
            }
        }
        Data::Bytes(bytes) if matches!(spec.verb, 's' | 'q' | 'x' | 'X') => {
            if matches!(spec.verb, 'x' | 'X') {
                quoted::hex(out, spec, bytes);
            } else {
                quoted::string(out, spec, &String::from_utf8_lossy(bytes));
            }
        }
        Data::Bytes(bytes) => {
            let items = bytes
                .iter()
                .map(|byte| Data::Int(i64::from(*byte), super::IntKind::Uint8).into());
            write_list(out, spec, items, depth);
        }
        Data::List(_) | Data::Map(_) if depth >= DEPTH => out.push_str("..."),
        Data::List(list) => write_list(out, spec, list.items().into_iter(), depth),
        Data::Map(map) => {
            out.push_str("map[");
            for (index, (key, item)) in map.entries().into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                write_value(out, spec, &Text::from(key).into(), depth + 1);
                out.push(':');
                write_value(out, spec, &item, depth + 1);
            }
            out.push(']');
        }
        Data::Object(object) => match spec.verb {
            'v' | 's' => spec.pad(out, &object.print()),
            'q' => spec.pad(out, &quote(&object.print())),
            _ => bad_verb(out, spec, value),
        },
        Data::Bool(_) => bad_verb(out, spec, value),
    }
}

fn write_list(out: &mut String, spec: &Spec, items: impl Iterator<Item = Value>, depth: usize) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(' ');
        }
        write_value(out, spec, &item, depth + 1);
    }
    out.push(']');
}

/// `%!d(string=x)`: a verb that the argument's type does not know.
fn bad_verb(out: &mut String, spec: &Spec, value: &Value) {
    out.push_str("%!");
    out.push(spec.verb);
    out.push('(');
    if value.is_null() {
        out.push_str("<nil>");
    } else {
        out.push_str(&value.type_name());
        out.push('=');
        // Go prints it with `%v`, width and precision included.
        write_value(out, &Spec { verb: 'v', ..*spec }, value, 0);
    }
    out.push(')');
}

#[cfg(test)]
mod tests;
