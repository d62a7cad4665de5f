//! From a reading to the findings that are told of it.

use super::baseline::Baseline;
use super::known;
use super::settings::Settings;
use crate::lint;
use crate::lint::suppress::{self, By, Sifted};
use crate::resolve::{self, Analysis};
use crate::source::Sources;
use std::collections::BTreeSet;

/// How readings are judged: the same way before an edit and after it.
pub(super) struct Judge<'a> {
    pub(super) settings: &'a Settings,
    /// What is read.
    pub(super) asked: resolve::Inputs,
    /// Findings that are known, and from where.
    pub(super) known: Vec<(BTreeSet<String>, By)>,
    /// The findings of `known` that stand in a file.
    pub(super) baseline: Option<Baseline>,
    /// Is there no other target that may have a use for a suppression?
    pub(super) alone: bool,
    /// The other targets of the configuration, when texts that they may share are to be edited.
    pub(super) others: Vec<(String, resolve::Inputs)>,
}

/// A reading and what is told of it.
pub(super) struct Judged {
    pub(super) analysis: Analysis,
    pub(super) sifted: Sifted,
}

impl Judge<'_> {
    /// Finds and sifts; NP108 stays apart, and so does what is known.
    pub(super) fn sift(&self, analysis: &mut Analysis) -> Sifted {
        let wishes = self.settings.wishes(&mut analysis.sources);
        let found = lint::everything(analysis, &self.settings.selection);
        suppress::sift(found, analysis, &self.settings.selection, &wishes)
    }

    /// Takes out what is known.
    pub(super) fn without_known(&self, sifted: &mut Sifted, sources: &Sources) {
        lint::sort(&mut sifted.told);
        for (marks, by) in &self.known {
            known::take_out(sifted, sources, marks, *by);
        }
    }

    /// Everything that would be told of this reading alone.
    pub(super) fn judged(&self, mut analysis: Analysis) -> Judged {
        let mut sifted = self.sift(&mut analysis);
        let alone = self.alone;
        let idle = std::mem::take(&mut sifted.idle).into_iter();
        let settled = idle.filter(|idle| alone || idle.unmatched.is_none());
        sifted.told.extend(settled.map(|idle| idle.finding));
        self.without_known(&mut sifted, &analysis.sources);
        Judged { analysis, sifted }
    }
}
