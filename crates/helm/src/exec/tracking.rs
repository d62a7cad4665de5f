//! What calls read, and where their results come from.

use std::collections::HashSet;

use super::{Exec, Executor};
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

/// Of those, the ones that go through all that lies below; what they copy counts as output.
const COPYING: &[&str] = &[
    "deepCopy",
    "merge",
    "mergeOverwrite",
    "mustDeepCopy",
    "mustMerge",
    "mustMergeOverwrite",
];

/// Functions that notice by themselves when a value contains itself, and what Helm does then.
const CAREFUL: &[&str] = &[
    "deepCopy",
    "deepEqual",
    "mustDeepCopy",
    "mustToJson",
    "mustToPrettyJson",
    "mustToRawJson",
    "toJson",
    "toPrettyJson",
    "toRawJson",
    "toToml",
    "toYaml",
    "toYamlPretty",
];

/// Functions that make a list of the parts of a text.
const SPLITTING: &[&str] = &[
    "mustRegexFindAll",
    "mustRegexSplit",
    "regexFindAll",
    "regexSplit",
    "split",
    "splitList",
    "splitn",
];

/// Bytes of a text that are looked at in one step.
const BYTES_A_STEP: usize = 64;

/// What a value takes in memory, roughly.
const BYTES_A_VALUE: usize = 64;

/// A length as a number of steps.
pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A step of a walk through a value.
enum Visit {
    Enter(Value),
    Leave(usize),
}

impl Executor {
    /// Marks a value and all below it as read. Each takes a step of the budget, as often as it is
    /// there: a list that holds one list twice, which holds another twice, is as large as it is
    /// written.
    pub(super) fn read_all(&mut self, value: &Value) -> Exec<()> {
        self.reads.mark(value.origin);
        if matches!(value.data, Data::List(_) | Data::Map(_)) && self.go_through(value, true)?.1 {
            return self.error("a value that contains itself cannot be written");
        }
        Ok(())
    }

    /// Looks at a value and all below it, and says how many there are, and whether one of them
    /// contains itself.
    fn go_through(&mut self, value: &Value, reads: bool) -> Exec<(usize, bool)> {
        let (mut all, mut cyclic) = (0_usize, false);
        let mut path = HashSet::new();
        let mut waiting = vec![Visit::Enter(value.clone())];
        while let Some(visit) = waiting.pop() {
            let value = match visit {
                Visit::Enter(value) => value,
                Visit::Leave(address) => {
                    path.remove(&address);
                    continue;
                }
            };
            self.step()?;
            all = all.saturating_add(1);
            if reads {
                self.reads.mark(value.origin);
            }
            let address = match &value.data {
                Data::List(list) if !list.is_empty() => list.address(),
                Data::Map(map) => map.address(),
                Data::Str(text) => {
                    self.take(count(text.len() / BYTES_A_STEP))?;
                    continue;
                }
                _ => continue,
            };
            if !path.insert(address) {
                cyclic = true;
                continue;
            }
            waiting.push(Visit::Leave(address));
            match &value.data {
                Data::List(list) => waiting.extend(list.items().into_iter().map(Visit::Enter)),
                Data::Map(map) => map.each(|_, item| waiting.push(Visit::Enter(item.clone()))),
                _ => {}
            }
        }
        Ok((all, cyclic))
    }

    /// Marks what a function is about to read, and takes the steps that reading it is worth: one
    /// call on a large value is as long as a loop over it.
    pub(super) fn read_args(&mut self, name: &str, args: &[Value]) -> Exec<()> {
        let whole = |value: &Value| matches!(value.data, Data::List(_) | Data::Map(_));
        let passes = PASSING.binary_search(&name).is_ok();
        let reads_all = args.iter().any(whole) && !passes;
        for (index, arg) in args.iter().enumerate() {
            // What stands in the place of a key is written as one.
            let reads = reads_all || (name == "dict" && index % 2 == 0);
            match &arg.data {
                Data::Str(text) => self.text_arg(name, text.len())?,
                Data::Bytes(bytes) => self.text_arg(name, bytes.len())?,
                Data::List(list) => self.take(count(list.len()))?,
                Data::Map(map) => self.take(count(map.len()))?,
                _ => {}
            }
            self.reads
                .mark(if reads { arg.origin } else { Origin::NONE });
            let copies = COPYING.contains(&name);
            if whole(arg) && (reads || copies) {
                let (all, cyclic) = self.go_through(arg, reads)?;
                if cyclic && CAREFUL.binary_search(&name).is_err() {
                    return self.error("a value contains itself");
                }
                self.spend_bytes(if copies {
                    all.saturating_mul(BYTES_A_VALUE)
                } else {
                    0
                })?;
            }
        }
        Ok(())
    }

    fn text_arg(&mut self, name: &str, length: usize) -> Exec<()> {
        self.take(count(length / BYTES_A_STEP))?;
        if SPLITTING.contains(&name) {
            self.spend_bytes(length.saturating_mul(BYTES_A_VALUE))?;
        }
        Ok(())
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
        assert!(super::CAREFUL.is_sorted());
    }
}
