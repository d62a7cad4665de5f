//! What reaches beyond its arguments: other templates, failures, the cluster, the network.

use super::util::{arity, strval};
use super::{Call, Func, FuncError, Param};
use crate::value::{Map, Value};

use Param::{Any, Str};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("include", &[Str, Any], |call, args| {
        let [name, dot] = args else {
            return Err(arity());
        };
        let name = Call::text(name);
        Ok(call.include(&name, dot)?.into())
    }),
    Func::new("tpl", &[Str, Any], |call, args| {
        let [text, dot] = args else {
            return Err(arity());
        };
        let text = Call::text(text);
        Ok(call.tpl(&text, dot)?.into())
    }),
    Func::new("required", &[Str, Any], |call, args| {
        let [warning, value] = args else {
            return Err(arity());
        };
        call.read(value);
        if value.is_null() || value.as_str() == Some("") {
            return Err(warned(&strval(warning)));
        }
        Ok(value.clone())
    }),
    Func::new("fail", &[Str], |_, args| {
        let [message] = args else { return Err(arity()) };
        Err(warned(&strval(message)))
    }),
    Func::new("lookup", &[Str, Str, Str, Str], |call, args| {
        let [version, kind, namespace, name] = args else {
            return Err(arity());
        };
        let part = |value: &Value| Call::text(value).as_str().to_owned();
        let place = match (part(namespace).as_str(), part(name).as_str()) {
            ("", "") => String::new(),
            (namespace, "") => format!(" in {namespace}"),
            ("", name) => format!(" {name}"),
            (namespace, name) => format!(" {namespace}/{name}"),
        };
        call.looked_up(&format!("{} {}{place}", part(version), part(kind)));
        Ok(Map::new().into())
    }),
    // Without --enable-dns Helm answers with nothing; no name is ever looked up here.
    Func::new("getHostByName", &[Str], |call, args| {
        let [name] = args else { return Err(arity()) };
        let name = Call::text(name);
        call.looked_up(&format!("the address of {}", name.as_str()));
        Ok("".into())
    }),
];

/// Helm marks a message that a chart's author wrote, and cuts all around it away in what users
/// see.
fn warned(message: &str) -> FuncError {
    FuncError::new(format!("{WARN_START}{message}{WARN_END}"))
}

/// What stands before a message of `fail` or `required` inside of an error.
pub(crate) const WARN_START: &str = "HELM_ERR_START";

/// What stands behind it.
pub(crate) const WARN_END: &str = "HELM_ERR_END";
