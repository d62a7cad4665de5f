//! Does the other side let anything of a permission through?
//!
//! The answers are `netpol_policy::decide_side`'s: rules of this crate never reimplement what a
//! policy means. Only the policies that may select the subject are asked, and only the ports at
//! which the answer can change.

use super::context::{Context, Decider};
use super::groups::GroupId;
use super::sample::SOME_PORT;
use crate::finding::Witness;
use netpol_policy::{
    Action, Direction, Endpoint, Flow, Party, PortMatch, Protocol, RuleId, Side, Verdict,
    decide_side,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A run of ports of one protocol, both ends inclusive.
pub type Ports = (Protocol, u16, u16);

/// A packet that one side allows and the other one drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The rule or isolation that drops it.
    pub by: RuleId,
    /// The packet.
    pub flow: Flow,
}

impl Context<'_> {
    /// What one side says about a packet between pods.
    pub fn side(&self, direction: Direction, flow: &Flow) -> Side {
        let subject = match direction {
            Direction::Ingress => flow.destination,
            Direction::Egress => flow.source,
        };
        let candidates = match subject {
            Party::Endpoint(index, _) => self.groups.of(index).map(|g| self.selecting(g)),
            _ => None,
        };
        let candidates = candidates.unwrap_or(&[]);
        decide_side(self.policies(), self.cluster(), flow, direction, candidates)
    }

    /// The ports that a rule's port means at a destination; every port for a rule without ports.
    pub fn ports(port: Option<&PortMatch>, destination: &Endpoint) -> Vec<Ports> {
        match port {
            None => Protocol::ALL.map(|p| (p, 0, p.last_port())).to_vec(),
            Some(PortMatch::Range {
                protocol,
                first,
                last,
            }) => vec![(*protocol, *first, (*last).min(protocol.last_port()))],
            Some(PortMatch::Named { protocol, name }) => {
                let declared = destination.ports.iter();
                let named = declared.filter(|d| d.name.as_deref() == Some(name.as_str()));
                let named = named.filter(|d| protocol.is_none_or(|p| p == d.protocol));
                named.map(|d| (d.protocol, d.port, d.port)).collect()
            }
        }
    }

    /// The packet that shows that nothing of what `granting` allows between two groups on some
    /// ports is let through by the other side; `None` when something passes, may pass, or when the
    /// granting side itself lets nothing through.
    pub fn refusal(
        &self,
        granting: Direction,
        pair: (GroupId, GroupId),
        port: Option<&PortMatch>,
    ) -> Option<Refusal> {
        let refusing = opposite(granting);
        let refused = |flow: &Flow| {
            let side = self.side(refusing, flow);
            (side.verdict == Verdict::Deny).then_some(side.rule)
        };
        let granted = |flow: &Flow| self.side(granting, flow).verdict == Verdict::Allow;
        let mut found: Option<Refusal> = None;
        for flow in self.flows(refusing, pair, port) {
            let by = refused(&flow)?;
            if found.is_none() && granted(&flow) {
                found = Some(Refusal { by, flow });
            }
        }
        let both = |flow: &Flow| refused(flow).filter(|_| granted(flow));
        found.map(|found| self.familiar(found, port, both))
    }

    /// The same on a port that the receiver declares, where it is one of several: nobody knows what
    /// to make of port 0.
    fn familiar(
        &self,
        found: Refusal,
        port: Option<&PortMatch>,
        refused: impl Fn(&Flow) -> Option<RuleId>,
    ) -> Refusal {
        let Some(pod) = self.cluster().pod(found.flow.destination) else {
            return found;
        };
        let runs = Self::ports(port, pod);
        if runs.iter().all(|(_, first, last)| first == last) {
            return found;
        }
        let asked = |(protocol, port): &(Protocol, u16)| {
            let within =
                |(p, first, last): &Ports| p == protocol && (*first..=*last).contains(port);
            runs.iter().any(within)
        };
        let declared = pod.ports.iter().map(|p| (p.protocol, p.port));
        let mut flows = declared
            .chain([SOME_PORT])
            .filter(asked)
            .map(|(protocol, port)| Flow {
                protocol,
                port,
                ..found.flow
            });
        let better = flows.find_map(|flow| {
            Some(Refusal {
                by: refused(&flow)?,
                flow,
            })
        });
        better.unwrap_or(found)
    }

    /// The packet that shows that rules deny, on one side, everything between two groups on some
    /// ports; `None` when something passes or may pass, or when nothing but an isolation drops it.
    pub fn denial(
        &self,
        direction: Direction,
        pair: (GroupId, GroupId),
        port: Option<&PortMatch>,
    ) -> Option<Refusal> {
        let denied = |flow: &Flow| {
            let side = self.side(direction, flow);
            match self.decided_by(side.rule)? {
                Decider::Rule(by) if by.rule.action == Action::Deny => {
                    (side.verdict == Verdict::Deny).then_some(side.rule)
                }
                _ => None,
            }
        };
        let mut found = None;
        for flow in self.flows(direction, pair, port) {
            let by = denied(&flow)?;
            found.get_or_insert(Refusal { by, flow });
        }
        found.map(|found| self.familiar(found, port, denied))
    }

    /// One packet for each way in which a side may answer about two groups on some ports: between
    /// a pod of each, per pair of addresses, at the ports at which the answer can change.
    pub fn flows(
        &self,
        judging: Direction,
        (source, destination): (GroupId, GroupId),
        port: Option<&PortMatch>,
    ) -> impl Iterator<Item = Flow> {
        let subject = match judging {
            Direction::Ingress => destination,
            Direction::Egress => source,
        };
        let pods = self.two_pods(source, destination);
        let pods = pods
            .and_then(|(from, to)| Some(((from, self.endpoint(from)?), (to, self.endpoint(to)?))));
        let each = pods.into_iter().flat_map(move |((from, a), (to, b))| {
            let runs = Self::ports(port, b);
            let pairs = parties(from, a, to, b).into_iter();
            pairs.flat_map(move |pair| {
                let runs = runs.clone().into_iter();
                runs.map(move |run| (pair, run, b))
            })
        });
        each.flat_map(move |((source, destination), run, target)| {
            let (protocol, first, _) = run;
            // Most questions are answered by the first packet.
            let others = move || self.cuts(subject, judging, run, target).into_iter();
            let others = std::iter::once_with(others).flatten();
            let ports = std::iter::once(first).chain(others.filter(move |port| *port != first));
            ports.map(move |port| Flow {
                source,
                destination,
                protocol,
                port,
            })
        })
    }

    /// A pod of each group, two different ones where that is possible: a pod always reaches
    /// itself.
    pub(super) fn two_pods(&self, source: GroupId, destination: GroupId) -> Option<(usize, usize)> {
        let from = self.groups.first(source)?;
        let several = self.endpoint(from)?.several;
        if source != destination || several {
            return Some((from, self.groups.first(destination)?));
        }
        let another = self.groups.members(destination).get(1)?;
        Some((from, *another))
    }

    /// The first port of a run and every port of it at which the subject's rules begin or end.
    fn cuts(
        &self,
        subject: GroupId,
        direction: Direction,
        (protocol, first, last): Ports,
        destination: &Endpoint,
    ) -> BTreeSet<u16> {
        let mut cuts = BTreeSet::from([first]);
        let policies = self.policies().policies();
        let selecting = self.selecting(subject).iter();
        let rules = selecting.filter_map(|at| policies.get(*at));
        let rules = rules.flat_map(|p| &p.rules);
        let rules = rules.filter(|r| r.direction == direction);
        for port in rules.flat_map(|r| r.ports.iter().flatten()) {
            for (p, from, to) in Self::ports(Some(port), destination) {
                if p == protocol {
                    cuts.insert(from);
                    cuts.extend(to.checked_add(1));
                }
            }
        }
        cuts.retain(|cut| (first..=last).contains(cut));
        cuts
    }

    /// A packet between pods in words.
    pub fn witness(&self, flow: &Flow) -> Option<Witness> {
        let name = |party| match party {
            Party::Endpoint(index, _) => Some(self.endpoint(index)?.display_name()),
            _ => Some(party.address()?.to_string()),
        };
        Some(Witness {
            from: name(flow.source)?,
            to: name(flow.destination)?,
            port: format!("{}/{}", flow.protocol, flow.port),
        })
    }
}

/// The other end's direction.
pub fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}

/// Two pods as parties, once per pair of addresses of one family.
pub(super) fn parties(
    from: usize,
    source: &Endpoint,
    to: usize,
    target: &Endpoint,
) -> Vec<(Party, Party)> {
    let known = |e: &Endpoint| -> Vec<Option<IpAddr>> {
        match e.addresses.as_slice() {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        }
    };
    let alike = |a: Option<IpAddr>, b: Option<IpAddr>| match (a, b) {
        (Some(a), Some(b)) => a.is_ipv4() == b.is_ipv4(),
        _ => true,
    };
    let targets = known(target);
    let mut pairs = Vec::new();
    for a in known(source) {
        let fitting = targets.iter().filter(|b| alike(a, **b));
        pairs.extend(fitting.map(|b| (Party::Endpoint(from, a), Party::Endpoint(to, *b))));
    }
    pairs
}
