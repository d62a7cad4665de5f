//! From what is there and what shall be to the steps between: pure, and the same for the same
//! input, however that came about.
//!
//! The order of steps carries the promise of the agent. Whatever can fail happens before
//! [`Action::Store`], which is one store of one word; a first load fills before it attaches; what
//! is no longer needed goes last.

use crate::kernel::sys::Hook;
use std::collections::{BTreeMap, BTreeSet};

/// A link of ours, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    /// At a living interface, with the program of this instance.
    Runs(u32),
    /// At a living interface, with a program that no instance of ours has.
    Foreign,
    /// The interface is gone.
    Dead,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The instance whose slots the control word speaks of, if there is one.
    pub instance: Option<u32>,
    /// All instances that have pins.
    pub instances: BTreeSet<u32>,
    /// The live slot and its generation, once something is in force.
    pub live: Option<(u32, u64)>,
    /// Our links.
    pub links: BTreeMap<(u32, Hook), Attachment>,
    /// Interfaces with flow tables.
    pub endpoints: BTreeSet<u32>,
    /// Generations whose images are pinned.
    pub generations: BTreeSet<u64>,
}

/// What shall be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// The instance that the image fits into.
    pub instance: u32,
    /// The generation that goes into force, and the slot that it takes.
    pub generation: u64,
    /// The candidate's slot: neither the live nor the previous one.
    pub slot: u32,
    /// The host sides of local endpoints.
    pub interfaces: BTreeSet<u32>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make and pin maps and programs of an instance.
    MakeInstance(u32),
    /// Put the image in force into the same slot of a new instance, so that moving changes nothing.
    CopyLive {
        /// The new instance.
        to: u32,
        /// The live slot.
        slot: u32,
        /// Its generation.
        generation: u64,
    },
    /// Make room for an endpoint's flows.
    AddEndpoint(u32),
    /// Make, fill, freeze and pin the image's map and put it into its slot.
    Fill {
        /// The new generation.
        generation: u64,
        /// The candidate's slot.
        slot: u32,
    },
    /// Ask the candidate what is known.
    SelfTest(u64),
    /// Let a link run the program of another instance.
    Move {
        /// The link.
        link: (u32, Hook),
        /// From this instance.
        from: u32,
        /// To this one.
        to: u32,
    },
    /// Put the candidate in force: the one store.
    Store {
        /// The candidate's slot.
        slot: u32,
    },
    /// Attach the program before all others and pin the link.
    Attach((u32, Hook)),
    /// Remove a link.
    Detach((u32, Hook)),
    /// Forget an endpoint's flows.
    RemoveEndpoint(u32),
    /// Remove the pin of an image that is neither live nor previous.
    Unpin(u64),
    /// Remove the pins of an instance.
    RemoveInstance(u32),
    /// Take the image out of its slot and remove its pin.
    Withdraw {
        /// The generation that is not wanted any more.
        generation: u64,
        /// Its slot.
        slot: u32,
    },
}

impl Action {
    /// What takes the step back. `None`: nothing is to be taken back, or the step is the commit
    /// itself, after which only another load or a rollback changes anything.
    pub fn undo(&self) -> Option<Self> {
        match *self {
            Self::MakeInstance(instance) => Some(Self::RemoveInstance(instance)),
            Self::AddEndpoint(ifindex) => Some(Self::RemoveEndpoint(ifindex)),
            Self::Fill { generation, slot } => Some(Self::Withdraw { generation, slot }),
            Self::Move { link, from, to } => Some(Self::Move {
                link,
                from: to,
                to: from,
            }),
            Self::Attach(link) => Some(Self::Detach(link)),
            Self::CopyLive { .. }
            | Self::SelfTest(_)
            | Self::Store { .. }
            | Self::Detach(_)
            | Self::RemoveEndpoint(_)
            | Self::Unpin(_)
            | Self::RemoveInstance(_)
            | Self::Withdraw { .. } => None,
        }
    }
}

/// The steps from what is there to what shall be.
pub fn plan(observed: &Observed, desired: &Desired) -> Vec<Action> {
    let mut actions = Vec::new();
    let moves = observed.instance != Some(desired.instance);
    if moves {
        actions.push(Action::MakeInstance(desired.instance));
        if let Some((slot, generation)) = observed.live {
            actions.push(Action::CopyLive {
                to: desired.instance,
                slot,
                generation,
            });
        }
    }
    let new = desired.interfaces.difference(&observed.endpoints);
    actions.extend(new.map(|ifindex| Action::AddEndpoint(*ifindex)));
    actions.push(Action::Fill {
        generation: desired.generation,
        slot: desired.slot,
    });
    actions.push(Action::SelfTest(desired.generation));
    for (link, attachment) in &observed.links {
        if let Attachment::Runs(from) = attachment
            && *from != desired.instance
        {
            actions.push(Action::Move {
                link: *link,
                from: *from,
                to: desired.instance,
            });
        }
    }
    actions.push(Action::Store { slot: desired.slot });
    links(&mut actions, observed, desired);
    let gone = observed.endpoints.difference(&desired.interfaces);
    actions.extend(gone.map(|ifindex| Action::RemoveEndpoint(*ifindex)));
    let previous = observed.live.map(|(_, generation)| generation);
    let kept = |g: &u64| *g == desired.generation || Some(*g) == previous;
    // When the instance changes, the pins of the old one go with it.
    let old = (observed.generations.iter()).filter(|g| !moves && !kept(g));
    actions.extend(old.map(|generation| Action::Unpin(*generation)));
    let others = observed
        .instances
        .iter()
        .filter(|i| **i != desired.instance);
    actions.extend(others.map(|instance| Action::RemoveInstance(*instance)));
    actions
}

/// After the commit: links of endpoints that came, and of those that went.
fn links(actions: &mut Vec<Action>, observed: &Observed, desired: &Desired) {
    let broken = |a: &Attachment| matches!(a, Attachment::Dead | Attachment::Foreign);
    for (link, attachment) in &observed.links {
        if !desired.interfaces.contains(&link.0) || broken(attachment) {
            actions.push(Action::Detach(*link));
        }
    }
    for ifindex in &desired.interfaces {
        for hook in Hook::BOTH {
            let link = (*ifindex, hook);
            if observed.links.get(&link).is_none_or(broken) {
                actions.push(Action::Attach(link));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(interfaces: &[u32], instance: u32) -> Observed {
        Observed {
            instance: Some(instance),
            instances: [instance].into(),
            live: Some((0, 7)),
            links: interfaces
                .iter()
                .flat_map(|i| Hook::BOTH.map(|h| ((*i, h), Attachment::Runs(instance))))
                .collect(),
            endpoints: interfaces.iter().copied().collect(),
            generations: [6, 7].into(),
        }
    }

    fn wanted(interfaces: &[u32], instance: u32) -> Desired {
        Desired {
            instance,
            generation: 8,
            slot: 2,
            interfaces: interfaces.iter().copied().collect(),
        }
    }

    fn place(actions: &[Action], wanted: impl Fn(&Action) -> bool) -> Option<usize> {
        actions.iter().position(wanted)
    }

    #[test]
    fn a_first_load_fills_before_it_attaches() {
        let actions = plan(&Observed::default(), &wanted(&[4, 9], 1));
        let store = place(&actions, |a| matches!(a, Action::Store { .. })).unwrap();
        let fill = place(&actions, |a| matches!(a, Action::Fill { .. })).unwrap();
        let attach = place(&actions, |a| matches!(a, Action::Attach(_))).unwrap();
        assert!(fill < store && store < attach);
        let attached = actions.iter().filter(|a| matches!(a, Action::Attach(_)));
        assert_eq!(attached.count(), 4);
        assert_eq!(actions.first(), Some(&Action::MakeInstance(1)));
    }

    #[test]
    fn the_same_endpoints_need_no_links() {
        let actions = plan(&running(&[4], 1), &wanted(&[4], 1));
        assert_eq!(
            actions,
            [
                Action::Fill {
                    generation: 8,
                    slot: 2
                },
                Action::SelfTest(8),
                Action::Store { slot: 2 },
                Action::Unpin(6),
            ]
        );
    }

    #[test]
    fn links_move_before_the_store_and_after_the_copy() {
        let actions = plan(&running(&[4], 1), &wanted(&[4], 2));
        let copy = place(&actions, |a| matches!(a, Action::CopyLive { .. })).unwrap();
        let first = place(&actions, |a| matches!(a, Action::Move { .. })).unwrap();
        let store = place(&actions, |a| matches!(a, Action::Store { .. })).unwrap();
        assert!(copy < first && first < store);
        assert_eq!(actions.last(), Some(&Action::RemoveInstance(1)));
    }

    #[test]
    fn endpoints_come_and_go_after_the_store() {
        let mut observed = running(&[4, 5, 6], 1);
        observed.links.insert((6, Hook::ToPod), Attachment::Dead);
        let actions = plan(&observed, &wanted(&[4, 6, 9], 1));
        let store = place(&actions, |a| matches!(a, Action::Store { .. })).unwrap();
        let after = &actions[store..];
        for expected in [
            Action::Detach((5, Hook::ToPod)),
            Action::Detach((5, Hook::FromPod)),
            Action::Detach((6, Hook::ToPod)),
            Action::Attach((6, Hook::ToPod)),
            Action::Attach((9, Hook::FromPod)),
            Action::RemoveEndpoint(5),
        ] {
            assert!(after.contains(&expected), "{expected:?} in {after:?}");
        }
        assert!(!after.contains(&Action::Attach((6, Hook::FromPod))));
    }

    #[test]
    fn every_step_before_the_store_can_be_taken_back_or_leaves_nothing() {
        let actions = plan(&running(&[4], 1), &wanted(&[4, 9], 2));
        for action in &actions {
            if matches!(action, Action::Store { .. }) {
                break;
            }
            let leaves_nothing = matches!(action, Action::SelfTest(_) | Action::CopyLive { .. });
            assert_eq!(action.undo().is_none(), leaves_nothing, "{action:?}");
        }
    }
}
