//! The Go types of parameters.

use crate::value::{Data, ListType, MapType, Value};

/// The type of a parameter, as far as functions for templates use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// `interface{}`: anything, nil included.
    Any,
    /// `string`.
    Str,
    /// `bool`.
    Bool,
    /// `int`. A float64, such as every number of a values file, is refused.
    Int,
    /// `int64`.
    Int64,
    /// `uint64`: kept within `i64`.
    Uint64,
    /// `float64`.
    Float,
    /// `[]byte`.
    Bytes,
    /// `[]string`.
    Strs,
    /// `[]interface{}`: a `[]string` is refused.
    List,
    /// `map[string]interface{}`; `chartutil.Values` is taken, nil is a nil map.
    Map,
    /// `map[string]string`.
    StrMap,
    /// A type that only objects have, e.g. `time.Time`, by the name of the Go type.
    Object(&'static str),
}

impl Param {
    /// The type's name in Go's messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Str => "string",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Float => "float64",
            Self::Bytes => "[]uint8",
            Self::Strs => ListType::Str.name(),
            Self::List => ListType::Any.name(),
            Self::Map => MapType::Any.name(),
            Self::StrMap => MapType::Str.name(),
            Self::Object(name) => name,
        }
    }

    /// Whether nil is a value of the type.
    pub fn takes_nil(self) -> bool {
        matches!(
            self,
            Self::Any | Self::Bytes | Self::Strs | Self::List | Self::Map | Self::StrMap
        )
    }

    /// Whether a value has the type (Go's assignability).
    pub fn takes(self, value: &Value) -> bool {
        use crate::value::IntKind;
        match (self, &value.data) {
            (Self::Any, _)
            | (Self::Str, Data::Str(_))
            | (Self::Bool, Data::Bool(_))
            | (Self::Int, Data::Int(_, IntKind::Int))
            | (Self::Int64, Data::Int(_, IntKind::Int64))
            | (Self::Uint64, Data::Int(_, IntKind::Uint64))
            | (Self::Float, Data::Float(_))
            | (Self::Bytes, Data::Bytes(_)) => true,
            (_, Data::Null) => self.takes_nil(),
            (Self::Strs, Data::List(list)) => list.list_type() == ListType::Str,
            (Self::List, Data::List(list)) => list.list_type() == ListType::Any,
            (Self::Map, Data::Map(map)) => map.map_type() != MapType::Str,
            (Self::StrMap, Data::Map(map)) => map.map_type() == MapType::Str,
            (Self::Object(name), Data::Object(object)) => object.type_name() == name,
            _ => false,
        }
    }
}
