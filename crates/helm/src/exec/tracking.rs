//! What calls read, and where their results come from.

use std::collections::HashSet;

use super::Executor;
use crate::value::{Data, Origin, Value};

/// Functions that pass lists and maps on, or look only at the outside of them: what lies below is
/// read when somebody takes it out. All others read their arguments as a whole.
const PASSING: &[&str] = &[
    "and",
    "append",
    "chunk",
    "coalesce",
    "compact",
    "concat",
    "deepCopy",
    "default",
    "dict",
    "dig",
    "empty",
    "fail",
    "first",
    "get",
    "hasKey",
    "include",
    "index",
    "initial",
    "keys",
    "kindIs",
    "kindOf",
    "last",
    "len",
    "list",
    "merge",
    "mergeOverwrite",
    "mustAppend",
    "mustChunk",
    "mustCompact",
    "mustDeepCopy",
    "mustFirst",
    "mustInitial",
    "mustLast",
    "mustMerge",
    "mustMergeOverwrite",
    "mustPrepend",
    "mustPush",
    "mustRest",
    "mustReverse",
    "mustSlice",
    "not",
    "omit",
    "or",
    "pick",
    "pluck",
    "prepend",
    "push",
    "required",
    "rest",
    "reverse",
    "set",
    "slice",
    "ternary",
    "tpl",
    "tuple",
    "typeIs",
    "typeIsLike",
    "typeOf",
    "unset",
    "values",
];

impl Executor {
    /// Marks a value and all below it as read.
    pub(crate) fn read_all(&mut self, value: &Value) {
        self.reads.mark(value.origin);
        if !matches!(value.data, Data::List(_) | Data::Map(_)) {
            return;
        }
        let mut seen = HashSet::new();
        let mut waiting = vec![value.clone()];
        while let Some(value) = waiting.pop() {
            self.reads.mark(value.origin);
            match &value.data {
                Data::List(list) if seen.insert(list.address()) => waiting.extend(list.items()),
                Data::Map(map) if seen.insert(map.address()) => {
                    map.each(|_, item| waiting.push(item.clone()));
                }
                _ => {}
            }
        }
    }

    /// Marks what a function is about to read.
    pub(super) fn read_args(&mut self, name: &str, args: &[Value]) {
        let whole = |value: &Value| matches!(value.data, Data::List(_) | Data::Map(_));
        if args.iter().any(whole) && PASSING.binary_search(&name).is_err() {
            for arg in args {
                self.read_all(arg);
            }
        }
    }

    /// Says of a result that knows nothing of its origin that it comes from all arguments.
    pub(super) fn mark_result(&mut self, args: &[Value], result: &mut Value) {
        self.reads.mark(result.origin);
        if !result.origin.is_none() {
            return;
        }
        match &result.data {
            Data::Str(text) if !text.is_unmarked() || text.is_empty() => return,
            Data::Null | Data::List(_) | Data::Map(_) | Data::Object(_) => return,
            _ => {}
        }
        let mut all: Vec<Origin> = Vec::new();
        for arg in args {
            let before = all.len();
            if let Data::Str(text) = &arg.data {
                all.extend(text.origins());
            }
            if all.len() == before && !arg.origin.is_none() {
                all.push(arg.origin);
            }
        }
        let origin = match all.as_slice() {
            [] => return,
            [one] => *one,
            _ => self.origins.union_all(all),
        };
        result.origin = origin;
        if let Data::Str(text) = &mut result.data {
            *text = std::mem::take(text).or_origin(origin);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_passing_functions_are_sorted() {
        assert!(super::PASSING.is_sorted());
    }
}
