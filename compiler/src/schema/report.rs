//! Collects what the server would say about one object.

use super::path::Path;
use crate::finding::{Code, Finding, Severity};
use crate::load::{Kustomized, Object, quoted};
use crate::source::Location;
use netpol_yaml::{Kind, NodeRef};
use std::fmt;

/// The object under inspection and the findings so far.
pub(crate) struct Report<'a> {
    /// The object.
    pub object: &'a Object,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The first value with a variable (`${NAME}`) that a server would refuse as it stands.
    pub variable: Option<Location>,
}

impl<'a> Report<'a> {
    /// Nothing found yet.
    pub fn new(object: &'a Object) -> Self {
        Self {
            object,
            findings: Vec::new(),
            variable: None,
        }
    }

    /// Adds a finding about this object. What is wrong with a variable is not said: Flux, Argo CD or
    /// `envsubst` puts a value in its place before a server sees it.
    pub fn push(&mut self, finding: Finding) {
        if let Some(at) = finding.location().filter(|at| self.is_variable(*at)) {
            self.variable.get_or_insert(at);
            return;
        }
        self.push_plainly(finding);
    }

    fn is_variable(&self, at: Location) -> bool {
        let whole = self.object.at.span.start;
        let part = |byte: u32| usize::try_from(byte.checked_sub(whole)?).ok();
        let text = part(at.span.start)
            .zip(part(at.span.end))
            .and_then(|(start, end)| self.object.root().raw().get(start..end));
        text.is_some_and(|text| self.written_at(text).contains("${"))
    }

    /// A text, or what an alias stands for: the line of its anchor.
    fn written_at<'t>(&'t self, text: &'t str) -> &'t str {
        let Some(alias) = text.strip_prefix('*') else {
            return text;
        };
        let anchor = format!("&{} ", alias.trim_end());
        let raw = self.object.root().raw();
        let line = raw.lines().find(|line| line.contains(&anchor));
        line.unwrap_or_default()
    }

    /// NP107 for an object with a variable, which is left out.
    pub fn say_variable(&mut self) {
        let Some(at) = self.variable.take() else {
            return;
        };
        let name = self.object.display_name();
        // Where nothing shows that somebody fills it in, this is what a server gets.
        let severity = match self.object.kustomized {
            Kustomized::No => Severity::Error,
            _ => Severity::Warning,
        };
        let finding = Finding::new(
            Code("NP107"),
            severity,
            format!("{name} holds a variable that is not filled in"),
        )
        .at(at, "no server takes this as it stands; the object is left out of the analysis")
        .help(
            "check what is applied: `flux build kustomization NAME --path DIR | netpolc check -`, or \
             `envsubst < FILE | netpolc check -`",
        );
        self.push_plainly(finding);
    }

    fn push_plainly(&mut self, mut finding: Finding) {
        finding.object = Some(self.object.display_name());
        self.findings.push(finding);
    }

    /// NP103: the server refuses the value of a field, and says why.
    pub fn refuse(&mut self, node: NodeRef<'_>, path: &Path<'_>, why: impl fmt::Display) {
        let at = self.first_line(node);
        let value = match node.scalar_text() {
            Some(text) => format!("`{}` {why}", quoted(&text)),
            None => why.to_string(),
        };
        self.push(
            Finding::new(
                Code("NP103"),
                Severity::Error,
                format!("the server refuses `{path}`: {why}"),
            )
            .at(at, value),
        );
    }

    /// NP103 at a field's key, for what is wrong with a field as a whole.
    pub fn refuse_entry(
        &mut self,
        parent: NodeRef<'_>,
        key: &str,
        path: &Path<'_>,
        why: impl fmt::Display,
    ) {
        let node = parent.entry(key).map_or(parent, |(key, _)| key);
        let finding = Finding::new(
            Code("NP103"),
            Severity::Error,
            format!("the server refuses `{path}`: {why}"),
        );
        self.push(finding.at(self.first_line(node), why.to_string()));
    }

    /// The place of a node, cut to its first line, so that it can be pointed at.
    pub fn first_line(&self, node: NodeRef<'_>) -> Location {
        let mut at = self.object.locate(node);
        if matches!(node.kind(), Kind::Mapping | Kind::Sequence) {
            let first = node.raw().lines().next().unwrap_or_default();
            let length = u32::try_from(first.trim_end().len()).unwrap_or(0);
            at.span.end = at.span.end.min(at.span.start.saturating_add(length));
        }
        at
    }
}
