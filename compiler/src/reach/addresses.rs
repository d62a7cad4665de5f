//! Runs of addresses that no policy tells apart.

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use netpol_policy::cidr::{Family, bounds};
use netpol_policy::matrix::ClassId;
use netpol_policy::{Cluster, Matrix};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// `first..=last` of one family, as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    /// The family.
    pub family: Family,
    /// The first address.
    pub first: u128,
    /// The last address.
    pub last: u128,
}

impl AddressRange {
    /// All addresses of a block.
    pub fn of(block: &IpNet) -> Self {
        let (first, last) = bounds(block);
        Self {
            family: Family::of(block.addr()),
            first,
            last,
        }
    }

    /// All addresses of a family.
    pub fn whole(family: Family) -> Self {
        Self {
            family,
            first: 0,
            last: family.last(),
        }
    }

    /// What both have in common.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let common = Self {
            family: self.family,
            first: self.first.max(other.first),
            last: self.last.min(other.last),
        };
        (self.family == other.family && common.first <= common.last).then_some(common)
    }

    /// The fewest blocks that make it up.
    pub fn blocks(self) -> Vec<IpNet> {
        match (
            self.family.address(self.first),
            self.family.address(self.last),
        ) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for AddressRange {
    /// As a block when it is one, else as first and last address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [block] = self.blocks().as_slice() {
            return write!(f, "{block}");
        }
        let address = |number| self.family.address(number);
        write!(f, "{}-{}", address(self.first), address(self.last))
    }
}

/// A run of addresses of one class, all inside or all outside of pod CIDRs. Endpoints and nodes
/// whose addresses lie within it are not meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The addresses.
    pub range: AddressRange,
    /// What policies see of them.
    pub class: ClassId,
    /// Do they lie in a pod CIDR, so that they are never "world"?
    pub unassigned: bool,
}

/// All addresses of a family, cut where the class or the pod CIDRs change. The intervals of the
/// matrix alone are not enough: in the kubernetes dialect an address of a pod CIDR at which no pod
/// is known may be of the same class as its neighbours outside.
pub fn runs(cluster: &Cluster, matrix: &Matrix<'_>, family: Family) -> Vec<Run> {
    let intervals = matrix.intervals(family);
    let mut cuts: BTreeSet<u128> = intervals.iter().map(|i| i.first).collect();
    for cidr in cluster.pod_cidrs().map(AddressRange::of) {
        if cidr.family == family {
            cuts.insert(cidr.first);
            cuts.extend(
                cidr.last
                    .checked_add(1)
                    .filter(|next| *next <= family.last()),
            );
        }
    }
    let cuts: Vec<u128> = cuts.into_iter().collect();
    let pods = pod_ranges(cluster, family);
    let mut found = Vec::new();
    for (at, &first) in cuts.iter().enumerate() {
        let last = cuts.get(at + 1).map_or(family.last(), |next| next - 1);
        let interval = intervals.partition_point(|i| i.first <= first);
        let Some(interval) = interval.checked_sub(1).and_then(|i| intervals.get(i)) else {
            continue;
        };
        let before = pods.partition_point(|range| range.first <= first);
        let before = before.checked_sub(1).and_then(|at| pods.get(at));
        let run = Run {
            range: AddressRange {
                family,
                first,
                last,
            },
            class: interval.class,
            unassigned: before.is_some_and(|range| first <= range.last),
        };
        match found.last_mut() {
            Some(Run {
                range,
                class,
                unassigned,
            }) if (*class, *unassigned) == (run.class, run.unassigned) => range.last = last,
            _ => found.push(run),
        }
    }
    found
}

/// The pod CIDRs of a family as ranges that do not overlap, rising.
fn pod_ranges(cluster: &Cluster, family: Family) -> Vec<AddressRange> {
    let ranges = cluster.pod_cidrs().map(AddressRange::of);
    let mut ranges: Vec<AddressRange> = ranges.filter(|range| range.family == family).collect();
    ranges.sort_unstable();
    let mut apart: Vec<AddressRange> = Vec::new();
    for range in ranges {
        match apart.last_mut() {
            Some(before) if range.first <= before.last => before.last = before.last.max(range.last),
            _ => apart.push(range),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use netpol_policy::{
        Action, Direction, EndpointSelector, NamespaceScope, Node, Policy, PolicyKey, PolicyKind,
        Rule, Selector, Subject, Tier,
    };
    use netpol_policy::{Dialect, IpBlock, Peer, PolicySet};

    #[test]
    fn pod_cidrs_cut_runs_that_share_a_class() {
        let cluster = Cluster {
            nodes: vec![Node {
                name: "n".to_owned(),
                pod_cidrs: vec!["10.1.0.0/16".parse().unwrap()],
                ..Node::default()
            }],
            ..Cluster::default()
        };
        let policy = Policy {
            tier: Tier::Namespace,
            key: PolicyKey {
                kind: PolicyKind::NetworkPolicy,
                namespace: Some("a".to_owned()),
                name: "p".to_owned(),
                part: 0,
            },
            subject: Subject::Endpoints(EndpointSelector::new(
                NamespaceScope::Named("a".to_owned()),
                Selector::everything(),
            )),
            isolates: [true, false],
            rules: vec![Rule {
                direction: Direction::Ingress,
                action: Action::Allow,
                peers: Some(vec![Peer::IpBlock(IpBlock::new(
                    "10.0.0.0/8".parse().unwrap(),
                    [],
                ))]),
                ports: None,
                condition: None,
            }],
        };
        let policies = PolicySet::new(Dialect::Kubernetes, vec![policy]);
        let matrix = Matrix::new(&policies, &cluster);
        let runs = runs(&cluster, &matrix, Family::V4);
        let shown: Vec<(String, bool)> = runs
            .iter()
            .map(|r| (r.range.to_string(), r.unassigned))
            .collect();
        let expected = [
            ("0.0.0.0-9.255.255.255", false),
            ("10.0.0.0/16", false),
            ("10.1.0.0/16", true),
            ("10.2.0.0-10.255.255.255", false),
            ("11.0.0.0-255.255.255.255", false),
        ];
        assert_eq!(
            shown,
            expected.map(|(range, pods)| (range.to_owned(), pods))
        );
    }
}
