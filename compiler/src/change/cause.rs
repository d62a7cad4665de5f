//! Which edits do it: proved by asking again with edits made alone and left out.

use super::groups::{Group, Witness};
use super::lens::{self, Lens};
use super::rows::{Change, witnesses};
use super::state::Assembly;
use super::touch::Edits;
use super::{Standing, services};
use crate::reach::graph::FamilyClasses;
use netpol_policy::cidr::Family;
use netpol_policy::{Matrix, Party};
use serde::Serialize;
use std::collections::HashMap;

/// So many states are put together at most; beyond it causes are those that come into question.
const MOST_STATES: usize = 128;

/// The causes of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Because {
    /// Places in [`Assembly::edits`], with what is known about each.
    pub causes: Vec<Cause>,
    /// How sure that is.
    pub proof: Proof,
}

/// One edit that has to do with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// Its place.
    pub edit: usize,
    /// Made alone, it makes the change.
    pub alone: bool,
    /// Left out, the change is not made.
    pub needed: bool,
}

/// What the causes were found by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Each of the causes makes the change alone.
    Alone,
    /// All of them together make the change, and none of them can be spared.
    Together,
    /// They come into question; it was not asked, because there are too many.
    #[default]
    Unproven,
}

/// Finds the causes of all changes.
pub(super) fn find(changes: &mut [Change], groups: &[Group], assembly: &dyn Assembly) {
    let count = assembly.edits().len();
    let all: Edits = (0..count).collect();
    let mut asked = Asked {
        changes: changes.to_vec(),
        groups,
        assembly,
        known: HashMap::new(),
    };
    for (at, change) in changes.iter_mut().enumerate() {
        let candidates = if change.relevant.is_empty() {
            &all
        } else {
            &change.relevant
        };
        change.because = asked.because(at, candidates, &all);
    }
}

/// Answers that are known, by the edits that were made.
struct Asked<'a> {
    changes: Vec<Change>,
    groups: &'a [Group],
    assembly: &'a dyn Assembly,
    known: HashMap<Vec<usize>, Vec<Standing>>,
}

impl Asked<'_> {
    fn because(&mut self, at: usize, candidates: &Edits, all: &Edits) -> Because {
        let unproven = || Because {
            causes: (candidates.iter())
                .map(|edit| Cause {
                    edit: *edit,
                    alone: false,
                    needed: false,
                })
                .collect(),
            proof: Proof::Unproven,
        };
        self.search(at, candidates, all).unwrap_or_else(unproven)
    }

    /// `None` when too many states would have to be put together.
    fn search(&mut self, at: usize, candidates: &Edits, all: &Edits) -> Option<Because> {
        let now = self.changes.get(at)?.now;
        let mut alone = Edits::new();
        let mut needed = Edits::new();
        for edit in candidates {
            let only = Edits::from([*edit]);
            if self.standing(at, &only)? == now {
                alone.insert(*edit);
            }
            let mut others = all.clone();
            others.remove(edit);
            if self.standing(at, &others)? != now {
                needed.insert(*edit);
            }
        }
        let (causes, proof) = if alone.is_empty() {
            (self.together(at, now, candidates, all)?, Proof::Together)
        } else {
            (alone.clone(), Proof::Alone)
        };
        let causes = causes.into_iter().map(|edit| Cause {
            edit,
            alone: alone.contains(&edit),
            needed: needed.contains(&edit),
        });
        Some(Because {
            causes: causes.collect(),
            proof,
        })
    }

    /// Edits that make the change together, of which none can be spared.
    fn together(&mut self, at: usize, now: Standing, from: &Edits, all: &Edits) -> Option<Edits> {
        let mut kept = from.clone();
        if self.standing(at, &kept)? != now {
            kept.clone_from(all);
            if self.standing(at, &kept)? != now {
                return None;
            }
        }
        for edit in kept.clone() {
            let mut fewer = kept.clone();
            fewer.remove(&edit);
            if self.standing(at, &fewer)? == now {
                kept = fewer;
            }
        }
        Some(kept)
    }

    /// What becomes of a change's first packet in the state that these edits make.
    fn standing(&mut self, at: usize, edits: &Edits) -> Option<Standing> {
        let key: Vec<usize> = edits.iter().copied().collect();
        if !self.known.contains_key(&key) {
            if self.known.len() >= MOST_STATES {
                return None;
            }
            let state = self.assembly.assemble(&|edit| edits.contains(&edit));
            let matrix = Matrix::new(&state.policies, &state.cluster);
            let finder = Finder::new(Lens::new(&state, &matrix));
            let answers = (self.changes.iter())
                .map(|change| finder.standing(change, self.groups))
                .collect();
            self.known.insert(key.clone(), answers);
        }
        self.known.get(&key)?.get(at).copied()
    }
}

/// Finds the witnesses of changes in any state.
struct Finder<'s> {
    lens: Lens<'s>,
    by_name: HashMap<(&'s str, &'s str, &'s str), Vec<usize>>,
}

impl<'s> Finder<'s> {
    fn new(lens: Lens<'s>) -> Self {
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, e) in lens.state.cluster.endpoints.iter().enumerate() {
            let key = (e.namespace.as_str(), e.kind.as_str(), e.name.as_str());
            by_name.entry(key).or_default().push(index);
        }
        Self { lens, by_name }
    }

    /// Nothing passes where one of the ends is not there.
    fn standing(&self, change: &Change, groups: &[Group]) -> Standing {
        self.passes(change, groups).unwrap_or(Standing::Deny)
    }

    fn passes(&self, change: &Change, groups: &[Group]) -> Option<Standing> {
        let (source, destination) = witnesses(change, groups);
        let port = change.ports.first()?;
        let source = self.classes(source?)?;
        if let Some((namespace, name)) = &change.ends.service {
            let route = self.lens.route(namespace, name);
            let port = services::port(route, port.protocol, port.first);
            return Some(self.lens.behind(&source, port));
        }
        let met = lens::meeting(&source, &self.classes(destination?)?);
        let (_, a, b) = (met.iter().find(|(f, ..)| *f == change.family)).or(met.first())?;
        let decision = self.lens.decision((*a, *b), port.protocol, port.first)?;
        Some(lens::standing(&decision))
    }

    fn classes(&self, witness: &Witness) -> Option<FamilyClasses> {
        match witness {
            Witness::Endpoint(sides) => {
                let index =
                    sides
                        .iter()
                        .rev()
                        .flatten()
                        .find_map(|(namespace, kind, name, nth)| {
                            let key = (namespace.as_str(), kind.as_str(), name.as_str());
                            let alike = self.by_name.get(&key)?;
                            alike.get(*nth).or(alike.last()).copied()
                        })?;
                Some(self.lens.endpoint(index))
            }
            Witness::Node(name) => {
                let nodes = &self.lens.state.cluster.nodes;
                let index = nodes.iter().position(|node| node.name == *name)?;
                Some(self.lens.node(index))
            }
            Witness::Address(range) => {
                // An address that somebody carries in this state is not meant.
                let party = (range.first..=range.last).take(64).find_map(|number| {
                    let party = self.lens.directory.party_of(range.family.address(number));
                    matches!(party, Party::External(_) | Party::UnknownPod(_)).then_some(party)
                })?;
                let family: Option<Family> = Some(range.family);
                Some(vec![(family, self.lens.matrix.class_of(party)?)])
            }
        }
    }
}
