//! Runs templates as text/template does under Helm, and remembers who wrote what and which values
//! were read.
//!
//! An [`Executor`] holds one set of templates. Files are added with [`Executor::parse`], in Helm's
//! order, and run one by one with [`Executor::run`]; maps that a template changes stay changed
//! for the next one, as in Helm.

mod call;
mod error;
mod eval;
mod field;
mod limits;
mod named;
mod place;
mod stack;
mod tracking;
mod values_method;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::ast::{At, File, Template};
use crate::value::{Mark, Origin, Origins, Reads, Text, TextBuilder, Value};

pub use crate::parse::ParseError;
pub use error::ExecError;
pub use limits::Limits;
pub use place::{Place, Trace};
pub use stack::on_large_stack;

use place::Frames;

/// A step of the execution.
type Exec<T> = Result<T, Box<ExecError>>;

/// A template and the number of the file it stands in.
#[derive(Clone, Debug)]
struct Bound {
    template: Rc<Template>,
    file: u32,
}

/// The templates that can be called by name: those of the chart, and inside `tpl` also those that
/// its text defines.
#[derive(Debug, Default)]
struct Scope {
    templates: HashMap<Rc<str>, Bound>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    fn find(&self, name: &str) -> Option<&Bound> {
        let mut scope = self;
        loop {
            if let Some(bound) = scope.templates.get(name) {
                return Some(bound);
            }
            scope = scope.outer.as_deref()?;
        }
    }
}

/// The template that runs now.
#[derive(Clone, Debug)]
struct Running {
    bound: Bound,
    /// The file and the chain of calls, for marks.
    frame: u32,
    /// The node that messages name.
    at: At,
    /// Where its variables begin on the stack.
    base: usize,
    /// Whether the dot came out of a list or map that `range` goes through.
    item: bool,
    /// The values that the text of the template itself came from (`tpl`).
    origin: Origin,
}

/// A variable.
#[derive(Clone, Debug)]
struct Var {
    name: Rc<str>,
    value: Value,
    /// Whether it came out of a list or map that `range` goes through: Go then calls its type
    /// an interface, and a nil has no fields.
    item: bool,
}

/// What a rendering did that its reader should know of.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Calls of functions whose results differ from run to run, with the place of the call.
    pub not_reproducible: BTreeSet<(String, Place)>,
    /// What was asked of the cluster (or the network), and where.
    pub lookups: BTreeSet<(String, Place)>,
}

/// Runs the templates of one rendering.
#[derive(Debug)]
pub struct Executor {
    pub(crate) reads: Reads,
    pub(crate) origins: Origins,
    /// Seconds since 1970 that `now` gives.
    pub(crate) now: i64,
    limits: Limits,
    steps: u64,
    bytes: usize,
    depth: usize,
    random: u64,
    scope: Rc<Scope>,
    files: Vec<Rc<File>>,
    parsed: HashMap<Rc<str>, u32>,
    included: HashMap<Rc<str>, usize>,
    frames: Frames,
    running: Option<Running>,
    vars: Vec<Var>,
    out: TextBuilder,
    /// The name of the variable every template begins with.
    root: Rc<str>,
    notes: Notes,
    missing_functions: BTreeMap<Rc<str>, Place>,
}

/// What does not come from the chart: bounds, the pinned time, the seed of random functions.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Bounds of the execution.
    pub limits: Limits,
    /// Seconds since 1970 that `now` gives.
    pub now: i64,
    /// The seed of the random functions: the same seed, the same output.
    pub seed: u64,
}

impl Executor {
    /// An executor without templates. `origins` is the table that the values' origins are of.
    pub fn new(settings: Settings, origins: Origins) -> Self {
        Self {
            reads: Reads::new(),
            origins,
            now: settings.now,
            limits: settings.limits,
            steps: 0,
            bytes: 0,
            depth: 0,
            random: settings.seed,
            scope: Rc::default(),
            files: Vec::new(),
            parsed: HashMap::new(),
            included: HashMap::new(),
            frames: Frames::default(),
            running: None,
            vars: Vec::new(),
            out: TextBuilder::new(),
            root: "$".into(),
            notes: Notes::default(),
            missing_functions: BTreeMap::new(),
        }
    }

    /// Adds a template file under its name and all that it defines. What is added later replaces
    /// templates of the same name, unless it is empty.
    ///
    /// # Errors
    /// When the text is no template.
    pub fn parse(&mut self, name: &str, text: &str) -> Result<(), ParseError> {
        let file = crate::parse::parse(name, text)?;
        let number = self.add_file(file);
        let Some(file) = self.file(number) else {
            return Ok(());
        };
        if let Some(scope) = Rc::get_mut(&mut self.scope) {
            bind(scope, &file, number);
        }
        Ok(())
    }

    fn add_file(&mut self, file: File) -> u32 {
        self.files.push(Rc::new(file));
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    fn file(&self, number: u32) -> Option<Rc<File>> {
        self.files.get(usize::try_from(number).ok()?).cloned()
    }

    /// Runs a template on its data and gives what it wrote; `<no value>` is removed, as Helm does.
    ///
    /// # Errors
    /// When it fails, with the chain of calls that led there.
    pub fn run(&mut self, name: &str, dot: &Value) -> Result<Text, Box<ExecError>> {
        let Some(bound) = self.scope.find(name).cloned() else {
            return Err(ExecError::plain(format!("template: no template {name:?}")));
        };
        self.depth = 0;
        self.running = None;
        self.vars.clear();
        self.included.clear();
        let frame = self.frames.enter(bound.file, 0, 0);
        let text = self.capture(bound, frame, dot, Origin::NONE)?;
        Ok(without_no_value(&text))
    }

    /// Which values were read so far.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Where values came from.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// What the templates did that their reader should know of.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The text of a template file that was parsed; not of a text given to `tpl`.
    pub fn text_of(&self, template: &str) -> Option<&str> {
        let file = self.files.iter().find(|file| &*file.name == template)?;
        Some(&file.text)
    }

    /// The place that wrote a piece of output, and the calls that led to it.
    pub fn trace(&self, mark: &Mark) -> Option<Trace> {
        self.frames.trace(mark.site, &self.files)
    }
}

fn bind(scope: &mut Scope, file: &Rc<File>, number: u32) {
    for template in &file.templates {
        if template.empty && scope.templates.contains_key(&template.name) {
            continue;
        }
        let bound = Bound {
            template: Rc::clone(template),
            file: number,
        };
        scope.templates.insert(Rc::clone(&template.name), bound);
    }
}

/// Helm cannot keep text/template from printing missing values, and removes them from the result.
fn without_no_value(text: &Text) -> Text {
    const NO_VALUE: &str = "<no value>";
    if !text.contains(NO_VALUE) {
        return text.clone();
    }
    let mut out = TextBuilder::new();
    let mut at = 0;
    for (found, _) in text.match_indices(NO_VALUE) {
        out.push_slice(text, at..found);
        at = found + NO_VALUE.len();
    }
    out.push_slice(text, at..text.len());
    out.finish()
}

#[cfg(test)]
mod tests;
