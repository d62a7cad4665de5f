//! What a function can ask of the rendering that calls it.

use super::FuncError;
use crate::exec::Executor;
use crate::value::{Data, Origin, Origins, Text, Value};

/// One call of a function from a template.
pub struct Call<'a> {
    pub(crate) executor: &'a mut Executor,
    /// The name it was called by.
    pub name: &'static str,
}

impl Call<'_> {
    /// Runs a named template and gives what it wrote (`include`).
    ///
    /// # Errors
    /// When there is no such template, or it fails, or the limits are reached.
    pub fn include(&mut self, name: &str, dot: &Value) -> Result<Text, FuncError> {
        self.executor.include(name, dot)
    }

    /// Parses and runs a text as a template (`tpl`).
    ///
    /// # Errors
    /// When the text does not parse or fails, or the limits are reached.
    pub fn tpl(&mut self, text: &Text, dot: &Value) -> Result<Text, FuncError> {
        self.executor.tpl(text, dot)
    }

    /// Marks a value as read; what lies below the arguments of a function that looks at them as a
    /// whole is marked before the call. Taking an entry out of a map or list by key or index does that for
    /// the entry; a key that is not there is said with [`Call::read_missing`].
    pub fn read(&mut self, value: &Value) {
        self.executor.reads.mark(value.origin);
    }

    /// Marks that a key was asked of a map that does not have it.
    pub fn read_missing(&mut self, branch: &Value, key: &str) {
        self.executor.reads.mark_missing(branch.origin, key);
    }

    /// Where values came from.
    pub fn origins(&self) -> &Origins {
        &self.executor.origins
    }

    /// The origin that stands for both.
    pub fn union(&mut self, one: Origin, other: Origin) -> Origin {
        self.executor.origins.union(one, other)
    }

    /// Says that the result is not the same on every run of the real helm (`randAlphaNum`,
    /// `genCA`, `now`).
    pub fn not_reproducible(&mut self) {
        self.executor.note_not_reproducible(self.name);
    }

    /// Says that the cluster was asked for something, and what (`lookup`).
    pub fn looked_up(&mut self, what: &str) {
        self.executor.note_lookup(what);
    }

    /// The next 64 random bits of this rendering's seeded sequence.
    pub fn random(&mut self) -> u64 {
        self.executor.random()
    }

    /// The pinned time of the rendering, in seconds since 1970-01-01T00:00:00Z.
    pub fn now(&self) -> i64 {
        self.executor.now
    }

    /// Takes from the rendering's budget; for functions whose result can be much larger than
    /// their arguments (`repeat`, `until`, `indent`).
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn spend(&mut self, bytes: usize) -> Result<(), FuncError> {
        self.executor.spend(bytes)
    }

    /// The string behind an argument that is one, `""` for others.
    pub fn text(value: &Value) -> Text {
        match &value.data {
            Data::Str(_) => value.text().unwrap_or_default(),
            _ => Text::default(),
        }
    }
}
