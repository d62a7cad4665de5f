//! The functions of templates: what one is, and the sorted registry of all.
//!
//! A topic is a file `func/<topic>.rs` with a `pub(super) const FUNCTIONS: &[Func]`; the registry
//! lists the topics. The executor checks arguments against the declared Go types before it calls,
//! as text/template does, and gives a result without marks the union of its arguments' origins:
//! a function says more only where it knows more.

mod builtin;
mod call;
mod cases;
mod certificates;
mod ciphers;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod digests;
mod encoding;
mod error;
mod flow;
mod json_in;
mod json_out;
mod lists;
mod math;
mod number;
mod param;
mod paths;
mod plain;
mod plain_of;
mod random;
mod regex_syntax;
mod regexes;
pub(crate) mod semver;
mod strings;
mod time;
mod toml_in;
mod toml_out;
mod urls;
mod util;
mod versions;
mod words;
mod yaml_in;
mod yaml_out;

use std::sync::LazyLock;

pub use call::Call;
pub(crate) use encoding::yaml_of;
pub use error::FuncError;
pub(crate) use flow::{WARN_END, WARN_START};
pub use param::Param;

use crate::value::Value;

/// The code of a function. Arguments are of the declared types and numbers.
pub type Run = fn(&mut Call<'_>, &[Value]) -> Result<Value, FuncError>;

/// A function as its Go declaration has it.
#[derive(Clone, Copy, Debug)]
pub struct Func {
    /// The name in templates.
    pub name: &'static str,
    /// The types of the parameters before the variadic one.
    pub params: &'static [Param],
    /// The element type of the variadic parameter, if there is one.
    pub variadic: Option<Param>,
    /// The code.
    pub run: Run,
}

impl Func {
    /// A function with this many parameters.
    pub(crate) const fn new(name: &'static str, params: &'static [Param], run: Run) -> Self {
        Self {
            name,
            params,
            variadic: None,
            run,
        }
    }

    /// A function whose last parameter takes any number of arguments.
    pub(crate) const fn variadic(
        name: &'static str,
        params: &'static [Param],
        rest: Param,
        run: Run,
    ) -> Self {
        Self {
            name,
            params,
            variadic: Some(rest),
            run,
        }
    }
}

/// The topics, each a sorted or unsorted list of functions; no name occurs twice.
const TOPICS: &[&[Func]] = &[
    builtin::FUNCTIONS,
    certificates::FUNCTIONS,
    ciphers::FUNCTIONS,
    dates::FUNCTIONS,
    defaults::FUNCTIONS,
    dicts::FUNCTIONS,
    digests::FUNCTIONS,
    encoding::FUNCTIONS,
    flow::FUNCTIONS,
    lists::FUNCTIONS,
    math::FUNCTIONS,
    paths::FUNCTIONS,
    random::FUNCTIONS,
    regexes::FUNCTIONS,
    strings::FUNCTIONS,
    urls::FUNCTIONS,
    versions::FUNCTIONS,
    words::FUNCTIONS,
];

static REGISTRY: LazyLock<Vec<Func>> = LazyLock::new(|| {
    let mut all: Vec<Func> = TOPICS
        .iter()
        .flat_map(|topic| topic.iter().copied())
        .collect();
    all.sort_by_key(|func| func.name);
    all
});

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Func> {
    let at = REGISTRY
        .binary_search_by_key(&name, |func| func.name)
        .ok()?;
    REGISTRY.get(at)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_there_once() {
        for pair in super::REGISTRY.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} twice", pair[0].name);
        }
    }
}
