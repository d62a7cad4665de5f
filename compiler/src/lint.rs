//! What is wrong with the input, one rule per file.
//!
//! A rule is one file in `lint/rules/`, one line in [`registry`], one page in `docs/lints/`, one
//! pair in `policies-examples/lints/` that differs by one edit, and one snapshot; a test fails
//! when one of them is missing. `cargo xtask new-lint` makes all of them.
//!
//! Rules never look at pairs of pods. [`Context`] groups pods that no policy tells apart, and
//! every rule walks over what was written, so that its cost grows with the text.

pub mod absent;
pub mod ask;
pub mod blocks;
pub mod cni;
pub mod context;
pub mod counterpart;
pub mod denial;
pub mod differs;
pub mod dns;
pub mod edit;
pub mod edits;
pub mod fronts;
pub mod groups;
pub mod host;
pub mod image_bound;
pub mod image_size;
pub mod kustomized;
pub mod losses;
pub mod nearest;
pub mod needing;
pub mod nobody;
pub mod order;
pub mod ordered;
pub mod outside;
pub mod permission;
pub mod policy_map;
pub mod registry;
pub mod rules;
pub mod sample;
pub mod served;
pub mod split;
pub mod suppress;
pub mod wider;
pub mod words;
pub mod world;

pub use context::Context;
pub use registry::{REGISTRY, find};

use crate::finding::{Code, Finding, Severity};
use crate::resolve::Analysis;

/// What a group of codes is about; the first digit of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `NP1xx`: texts that cannot be read, or are read otherwise than they look.
    Reading,
    /// `NP2xx`: charts and the values given to them.
    Charts,
    /// `NP3xx`: policy against policy.
    Policies,
    /// `NP4xx`: policies against workloads.
    Workloads,
    /// `NP5xx`: what a compiled bundle cannot say.
    Lowering,
    /// `NP6xx`: values of the CNI, alone and against policies.
    Cni,
}

/// Who finds it.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// The readers of files and schemas (`load`, `schema`), while they read.
    Reading,
    /// A rule over the analysis, run by `check`.
    Analysis(fn(&Context<'_>, &Rule) -> Vec<Finding>),
    /// As `Analysis`, for rules that ask for what not everybody wants: they are run only when their
    /// whole code is selected.
    OptIn(fn(&Context<'_>, &Rule) -> Vec<Finding>),
    /// A rule over the analysis that matters to a compiled bundle alone, run by `build`.
    Lowering(fn(&Context<'_>, &Rule) -> Vec<Finding>),
    /// [`suppress`], when findings are held against suppressions.
    Suppression,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `NP301`.
    pub code: Code,
    /// The smell, as it is named in suppressions: `one-sided-allow`.
    pub name: &'static str,
    /// The severity of its findings; one finding may have a lower one.
    pub severity: Severity,
    /// The family of its code.
    pub family: Family,
    /// One line, lower case, no final period.
    pub summary: &'static str,
    /// The page `docs/lints/<code>.md`.
    pub page: &'static str,
    /// Who finds it.
    pub check: Check,
}

impl Rule {
    /// Is it run only when its whole code is selected?
    pub fn is_opt_in(&self) -> bool {
        matches!(self.check, Check::OptIn(_))
    }

    /// A finding of this rule at its usual severity.
    pub fn finding(&self, message: impl Into<String>) -> Finding {
        Finding::new(self.code, self.severity, message)
    }

    /// A finding of this rule that is only worth knowing.
    pub fn remark(&self, message: impl Into<String>) -> Finding {
        Finding::new(self.code, Severity::Note, message)
    }
}

/// Which codes are wanted, by prefix: `NP3` is a family. A prefix leaves out the rules that are
/// opt-in; they want their whole code.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these; empty means all.
    pub select: Vec<String>,
    /// None of these. The longer prefix wins over `select`; of equal ones `ignore` does.
    pub ignore: Vec<String>,
}

impl Selection {
    /// Is the code wanted?
    pub fn wants(&self, code: Code) -> bool {
        let named = self.select.iter().any(|selected| selected == code.0);
        if find(code.0).is_some_and(Rule::is_opt_in) && !named {
            return false;
        }
        let longest = |prefixes: &[String]| {
            let fitting = prefixes.iter().filter(|p| code.0.starts_with(p.as_str()));
            fitting.map(String::len).max()
        };
        match (longest(&self.select), longest(&self.ignore)) {
            (None, None) => self.select.is_empty(),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(select), Some(ignore)) => select > ignore,
        }
    }
}

/// Everything that reading and the rules of `check` find, in the order of reports, without what
/// comments and annotations of the texts suppress.
pub fn check(analysis: &Analysis, selection: &Selection) -> Vec<Finding> {
    let found = everything(analysis, selection);
    let sifted = suppress::sift(found, analysis, selection, &suppress::Wishes::default());
    let mut findings = sifted.told;
    findings.extend(sifted.idle.into_iter().map(|idle| idle.finding));
    sort(&mut findings);
    findings
}

/// The same, with nothing suppressed.
///
/// Findings that keep the input from being read are told whatever the selection says: without them
/// a report would look cleaner than it is.
pub fn everything(analysis: &Analysis, selection: &Selection) -> Vec<Finding> {
    let read = analysis.findings.iter();
    let read = read.filter(|f| selection.wants(f.code) || crate::resolve::is_fatal(f));
    let mut findings: Vec<Finding> = read.cloned().collect();
    let context = Context::new(analysis);
    for rule in REGISTRY.iter().filter(|r| selection.wants(r.code)) {
        if let Check::Analysis(run) | Check::OptIn(run) = rule.check {
            findings.extend(run(&context, rule));
        }
    }
    kustomized::soften(&mut findings, analysis);
    sort(&mut findings);
    kustomized::once_for_copies(&mut findings, analysis);
    findings
}

/// What the compiled form cannot say (`NP5xx`), for `build`, in the order of reports, with nothing
/// suppressed.
pub fn lowering(analysis: &Analysis) -> Vec<Finding> {
    let context = Context::new(analysis);
    let mut findings = Vec::new();
    for rule in REGISTRY {
        if let Check::Lowering(run) = rule.check {
            findings.extend(run(&context, rule));
        }
    }
    sort(&mut findings);
    findings
}

/// NP502 about the image of a node that was linked: what of it is too much. At the policy that costs
/// the most, in a file that people can open.
pub fn too_large(analysis: &Analysis, node: &str, excess: &image_size::Excess) -> Option<Finding> {
    let rule = find("NP502")?;
    let context = Context::new(analysis);
    let sizes = image_size::Sizes::new(&context);
    let place = sizes.place(node);
    let finding = rules::image_too_large::tell(&context, rule, &sizes, &place, excess);
    Some(finding.at_home(&analysis.sources))
}

/// Puts findings in the order of reports and takes out what is said twice.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        let by_place = a.sort_key().cmp(&b.sort_key());
        by_place.then(b.severity.cmp(&a.severity))
    });
    findings.dedup_by(|a, b| a.sort_key() == b.sort_key() && !a.labels.is_empty() || a == b);
}
