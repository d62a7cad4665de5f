//! Values with fields or methods of their own: `.Chart`, `.Capabilities`, `.Files`, versions.

use std::fmt::Debug;
use std::rc::Rc;

use super::Value;
use crate::func::FuncError;

/// A Go struct or a named type with methods, as templates see it.
///
/// Everything but the type's name has a default that fits a plain struct.
pub trait Object: Debug {
    /// The Go type's name as `typeOf` prints it, e.g. `*chartutil.Capabilities`.
    fn type_name(&self) -> &str;

    /// The Go kind's name: `struct`, `ptr`, `map`, `slice`, `string`.
    fn kind(&self) -> &'static str {
        "struct"
    }

    /// An exported field, or an entry when the Go type is a map. `None` is "can't evaluate field".
    fn field(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// Calls a method; `None` means there is no such method. Also called without arguments for
    /// a plain `.Name` which is no field.
    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, FuncError>> {
        let _ = (name, args);
        None
    }

    /// How `%v` prints it, or its `String` method's result.
    fn print(&self) -> String;

    /// What `toYaml` and `toJson` write: the value after Go's JSON encoding.
    fn to_value(&self) -> Value {
        Value::from(self.print())
    }

    /// Whether conditions take it for true. Structs always are.
    fn truth(&self) -> bool {
        true
    }

    /// The entries in order, if `range`, `len` and `index` work on it as on a map or (with
    /// integers as keys) as on a slice.
    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        None
    }

    /// For functions that take back what another function made (`.Compare`, date arithmetic).
    fn as_any(&self) -> Option<&dyn std::any::Any> {
        None
    }
}

/// A shared object.
#[derive(Clone, Debug)]
pub struct ObjectRef(Rc<dyn Object>);

impl ObjectRef {
    /// Wraps an object.
    pub fn new(object: impl Object + 'static) -> Self {
        Self(Rc::new(object))
    }

    /// Whether both are the same object.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for ObjectRef {
    type Target = dyn Object;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
