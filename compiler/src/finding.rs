//! What a check reports: a code, the places it is about, a witness, a way out.

mod day;

pub use day::{Day, NoDay};

use crate::source::{Home, Location, Sources, Span};
use serde::Serialize;

/// How much it matters. A code's severity stands in the registry of `lint`; open-world readings
/// may lower it for one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a check unless asked to.
    Note,
    /// Probably not what was meant.
    Warning,
    /// Wrong: refused by the server, or not doing what it says.
    Error,
}

impl Severity {
    /// As it is written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The number of a rule, `NP` and three digits; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Where.
    pub at: Location,
    /// Short, lower case, no final period.
    pub text: String,
    /// The losing side of a contradiction is primary, the winning side is not. The first primary
    /// label is where the finding is filed.
    pub primary: bool,
}

/// One concrete packet that shows the finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Witness {
    /// `ns/name` or an address.
    pub from: String,
    /// `ns/name` or an address.
    pub to: String,
    /// `TCP/8443`.
    pub port: String,
}

/// A replacement of bytes that would resolve a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub at: Location,
    /// By what.
    pub replacement: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule found it.
    pub code: Code,
    /// How much it matters here.
    pub severity: Severity,
    /// Short, lower case, user words in backticks, no final period.
    pub message: String,
    /// The places, the primary one first. Empty only when there is no text to point at (a file
    /// that cannot be opened).
    pub labels: Vec<Label>,
    /// One packet that shows it, for findings about reachability.
    pub witness: Option<Witness>,
    /// How many pairs of endpoints it touches; 0 where that has no meaning.
    pub pairs: usize,
    /// Why it matters or what is known about it.
    pub notes: Vec<String>,
    /// What to change, in words.
    pub help: Option<String>,
    /// What to change, in bytes.
    pub edits: Vec<Edit>,
    /// `Kind/namespace/name` of the object that it is about.
    pub object: Option<String>,
}

impl Finding {
    /// A finding at one place; fill in the rest.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            witness: None,
            pairs: 0,
            notes: Vec::new(),
            help: None,
            edits: Vec::new(),
            object: None,
        }
    }

    /// Adds a primary label.
    #[must_use]
    pub fn at(mut self, at: Location, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            at,
            text: text.into(),
            primary: true,
        });
        self
    }

    /// Adds a label of the other side.
    #[must_use]
    pub fn see(mut self, at: Location, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            at,
            text: text.into(),
            primary: false,
        });
        self
    }

    /// Says what to change.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Where the finding is filed: its first primary label, else its first label.
    pub fn location(&self) -> Option<Location> {
        let primary = self.labels.iter().find(|l| l.primary);
        primary.or(self.labels.first()).map(|l| l.at)
    }

    /// The same finding at places that people can open: what a chart rendered is told at the line of
    /// the template, with the values that it was made of.
    #[must_use]
    pub fn at_home(mut self, sources: &Sources) -> Self {
        let mut more = Vec::new();
        for label in &mut self.labels {
            let home = sources.home(label.at);
            if home.at == label.at {
                continue;
            }
            if label.primary {
                let calls = home.calls.first();
                more.extend(calls.map(|at| (*at, "called from here".to_owned())));
                more.extend(values_of(&home));
            }
            label.at = home.at;
        }
        for (at, text) in more {
            if !self.labels.iter().any(|label| label.at == at) {
                self = self.see(at, text);
            }
        }
        let edits = self.edits.drain(..).map(|edit| edit.at_home(sources));
        self.edits = edits.collect::<Option<Vec<_>>>().unwrap_or_default();
        self
    }

    /// The order of reports: by place, then code, then message.
    pub fn sort_key(&self) -> (Option<Location>, Code, &str) {
        (self.location(), self.code, &self.message)
    }
}

/// So many values are shown with a place that was made of them.
const VALUES: usize = 3;

/// The values behind a place: those that it shows, and those of the user that decided whether it is
/// there.
fn values_of(home: &Home<'_>) -> Vec<(Location, String)> {
    let shown = home.leaves.iter().take(VALUES);
    let shown = shown.map(|leaf| (leaf.at, format!("`{}` is set here", leaf.path)));
    let guards = home.guards.iter().filter(|leaf| leaf.given).take(VALUES);
    let guards = guards.map(|leaf| {
        (
            leaf.at,
            format!("`{}` decides whether it is there", leaf.path),
        )
    });
    shown.chain(guards).collect()
}

impl Edit {
    /// The same edit in a file; `None` when no file holds these bytes as they are.
    fn at_home(self, sources: &Sources) -> Option<Self> {
        let source = sources.get(self.at.source)?;
        let Some(provenance) = source.provenance() else {
            return Some(self);
        };
        let [mark] = provenance.marks(self.at.span) else {
            return None;
        };
        let whole = mark.start <= self.at.span.start && self.at.span.end <= mark.end;
        let at = match &*mark.leaves {
            _ if mark.verbatim && whole => sources.home(self.at).at,
            [leaf] if whole => leaf.at,
            _ => return None,
        };
        let there = sources.get(at.source)?.slice(at.span)?;
        (source.slice(self.at.span)? == there).then_some(Self { at, ..self })
    }
}

impl Location {
    /// The empty place before the first byte: where text would be inserted.
    #[must_use]
    pub fn start(self) -> Self {
        let span = Span {
            start: self.span.start,
            end: self.span.start,
        };
        Self { span, ..self }
    }
}
