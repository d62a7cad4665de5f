//! Writing YAML as `sigs.k8s.io/yaml` 1.4 does: JSON first, then go-yaml v2 without line folding.
//!
//! The way through JSON shows: a `float64` that is whole becomes an integer, and a string that
//! YAML readers cannot take back (a DEL, a byte order mark) makes the whole call fail, which
//! Helm's `toYaml` turns into an empty string.

mod order;
mod scalar;
mod writer;

use super::plain::{Plain, Scalar, Written};
use writer::Writer;

/// The deepest nesting that is written; deeper data is refused as data that contains itself is.
pub(crate) const MAX_DEPTH: usize = 512;

/// `yaml.Marshal`: the text, with its final line break.
///
/// Returns nothing where the real function fails: text that no YAML reader accepts, or data that is
/// nested deeper than [`MAX_DEPTH`].
pub(crate) fn to_yaml(data: &Plain) -> Option<Written> {
    if !readable(data, 0) {
        return None;
    }
    let mut writer = Writer::new(Version::V2);
    writer.document(data);
    Some(writer.finish())
}

/// go-yaml v3's encoder with an indentation of 2, which `toYamlPretty` uses: lists are indented
/// under their keys, and there is no way through JSON.
pub(crate) fn to_pretty_yaml(data: &Plain) -> Written {
    let mut writer = Writer::new(Version::V3);
    writer.document(data);
    writer.finish()
}

/// Which go-yaml writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V2,
    V3,
}

/// Whether every text in the data survives go-yaml's reader, through which it goes as JSON.
fn readable(data: &Plain, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    match data {
        Plain::Leaf(Scalar::Str(text), _) => scalar::is_readable(text),
        Plain::Leaf(..) => true,
        Plain::List(items) => items.iter().all(|item| readable(item, depth + 1)),
        Plain::Map(entries) => entries
            .iter()
            .all(|(key, value)| scalar::is_readable(key) && readable(value, depth + 1)),
    }
}
