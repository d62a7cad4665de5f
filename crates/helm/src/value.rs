//! What templates work on: Go's dynamic values as Helm's functions see them.
//!
//! Three things differ from an ordinary dynamic value type:
//!
//! * [`List`] and [`Map`] have reference semantics. `set`, `unset` and the merges change a map in
//!   place, and whoever holds it sees the change, as in Go.
//! * Every value carries an [`Origin`]: the leaf of a values file it came from, or none. It
//!   travels with the value through variables, calls and copies.
//! * Strings are [`Text`]: bytes with marks that say which template line wrote them and which
//!   leaves of the values they show.

mod format;
mod list;
mod map;
mod object;
mod origin;
mod text;
mod verbs;

pub use list::{List, ListType};
pub use map::{Map, MapType};
pub use object::{Object, ObjectRef};
pub use origin::{Leaf, Origin, Origins, Reads, SourceId};
pub use text::{Mark, Site, Text, TextBuilder};

pub use format::{print, print_float, println, type_name};
pub use verbs::{quote, sprintf};

/// A value with the leaf it came from.
///
/// Cloning is cheap: lists, maps, objects and texts are shared.
#[derive(Clone, Debug, Default)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// The leaf (or branch) of the values it came from. For a string whose text has marks of its
    /// own these say more; this one is what reading the value marks as read.
    pub origin: Origin,
}

/// The Go integer type behind a [`Data::Int`]: arithmetic ignores it, `typeOf`, `kindOf` and
/// `%T` show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntKind {
    /// `int`: constants in templates, `len`, `int`, `until`.
    Int,
    /// `int64`: `--set` numbers, `add` and its relatives, `int64`.
    Int64,
    /// `int32`: a rune.
    Int32,
    /// `uint64`: the parts of a version from `semver`. Kept within `i64`.
    Uint64,
    /// `uint8`: a byte of a string or of `.Files.GetBytes`.
    Uint8,
}

impl IntKind {
    /// The type's name in Go, which is its kind's name too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Uint64 => "uint64",
            Self::Uint8 => "uint8",
        }
    }
}

/// The kinds of values.
#[derive(Clone, Debug, Default)]
pub enum Data {
    /// Go's nil interface. A missing map key gives it too: Helm runs templates with
    /// `missingkey=zero`, and both print as nothing.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer and which of Go's integer types it has.
    Int(i64, IntKind),
    /// A float64: every number of a values file, also `replicas: 3`.
    Float(f64),
    /// A string.
    Str(Text),
    /// A `[]byte`: `.Files.GetBytes`, the contents behind `.Files.Glob`.
    Bytes(std::rc::Rc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// Anything with fields or methods of its own.
    Object(ObjectRef),
}

impl Value {
    /// Go's nil.
    pub const NULL: Self = Self {
        data: Data::Null,
        origin: Origin::NONE,
    };

    /// An `int`.
    pub fn int(number: i64) -> Self {
        Data::Int(number, IntKind::Int).into()
    }

    /// An `int64`.
    pub fn int64(number: i64) -> Self {
        Data::Int(number, IntKind::Int64).into()
    }

    /// A string without marks.
    pub fn str(text: &str) -> Self {
        Data::Str(Text::from(text)).into()
    }

    /// An object.
    pub fn object(object: impl Object + 'static) -> Self {
        Data::Object(ObjectRef::new(object)).into()
    }

    /// The same value with another origin.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The text, if it is a string. A text without marks takes the value's origin as a whole.
    pub fn text(&self) -> Option<Text> {
        match &self.data {
            Data::Str(text) => Some(text.clone().or_origin(self.origin)),
            _ => None,
        }
    }

    /// The string's characters, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The integer, whatever its Go type, if it is one. Floats are none.
    pub fn as_int(&self) -> Option<i64> {
        match self.data {
            Data::Int(number, _) => Some(number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match &self.data {
            Data::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is nil.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// Whether `if`, `and`, `or` and `not` take it for true (text/template, `IsTrue`): not false,
    /// zero, nil, or empty.
    pub fn truth(&self) -> bool {
        match &self.data {
            Data::Null => false,
            Data::Bool(flag) => *flag,
            Data::Int(number, _) => *number != 0,
            Data::Float(number) => *number != 0.0,
            Data::Str(text) => !text.is_empty(),
            Data::Bytes(bytes) => !bytes.is_empty(),
            Data::List(list) => !list.is_empty(),
            Data::Map(map) => !map.is_empty(),
            Data::Object(object) => object.truth(),
        }
    }

    /// The name of Go's `reflect.Kind`, as `kindOf` gives it; nil is `invalid`.
    pub fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "invalid",
            Data::Bool(_) => "bool",
            Data::Int(_, kind) => kind.name(),
            Data::Float(_) => "float64",
            Data::Str(_) => "string",
            Data::Bytes(_) | Data::List(_) => "slice",
            Data::Map(_) => "map",
            Data::Object(object) => object.kind(),
        }
    }

    /// The name of the Go type, as `typeOf` and `%T` give it.
    pub fn type_name(&self) -> String {
        type_name(self)
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        Self {
            data,
            origin: Origin::NONE,
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Data::Bool(flag).into()
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Data::Float(number).into()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Data::Str(Text::from(text)).into()
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Data::Str(text).into()
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Data::List(list).into()
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Data::Map(map).into()
    }
}
