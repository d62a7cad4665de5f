//! Random policies in canonical form.

use crate::cluster::{APPS, ENVS, GHOST, ROLES, TEAMS};
use crate::{Gen, Size};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netpol_policy::labels::NAMESPACE_NAME;
use netpol_policy::{
    Action, Cluster, Dialect, Direction, EndpointSelector, IpBlock, NamespaceScope, Operator,
    Options, Peer, Policy, PolicyKey, PolicyKind, PolicySet, PortMatch, Protocol, Requirement,
    Rule, Selector, Subject, Tier,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Port ranges whose edges meet, overlap and lie at the ends.
const RANGES: [(u16, u16); 10] = [
    (80, 80),
    (443, 443),
    (53, 53),
    (0, 65535),
    (1, 1023),
    (1024, 65535),
    (8000, 8080),
    (8080, 9090),
    (65535, 65535),
    (0, 0),
];

const TYPES: [(u16, u16); 4] = [(8, 8), (0, 0), (128, 129), (0, 255)];

impl Gen {
    pub(crate) fn next_policies(
        &mut self,
        cluster: &Cluster,
        size: Size,
        dialect: Dialect,
    ) -> PolicySet {
        let mut policies = Vec::with_capacity(size.policies + size.cluster_policies);
        for number in 0..size.policies {
            policies.push(self.namespaced(number, cluster, dialect));
        }
        for number in 0..size.cluster_policies {
            let admin = self.rng.chance(60);
            policies.push(self.ordered(number, cluster, admin));
        }
        if dialect == Dialect::Cilium {
            for number in 0..self.rng.below(3) {
                policies.push(self.clusterwide(number, cluster));
            }
        }
        let options = Options {
            dialect,
            enforced: !self.rng.chance(2),
            blocks_cover_nodes: dialect == Dialect::Cilium && self.rng.chance(20),
        };
        PolicySet::with_options(options, policies)
    }

    /// `NetworkPolicy`, or `CiliumNetworkPolicy` with its denies.
    fn namespaced(&mut self, number: usize, cluster: &Cluster, dialect: Dialect) -> Policy {
        let namespace = self.namespace_name(cluster);
        let cilium = dialect == Dialect::Cilium && self.rng.chance(50);
        let isolates = *self
            .rng
            .pick(&[[true, false], [true, true], [false, true], [true, true]]);
        let mut rules = Vec::new();
        for direction in Direction::BOTH {
            // Rules of a direction that the policy types leave out are not part of the canonical
            // form; an empty list with the type set is "deny all".
            if isolates.get(direction.index()) == Some(&true) {
                for _ in 0..self.rng.below(4) {
                    let named = Some(namespace.as_str());
                    rules.push(if cilium {
                        self.cilium_rule(direction, cluster, named)
                    } else {
                        self.rule(direction, Action::Allow, cluster, named)
                    });
                }
            }
        }
        let kind = if cilium {
            PolicyKind::CiliumNetworkPolicy
        } else {
            PolicyKind::NetworkPolicy
        };
        Policy {
            tier: Tier::Namespace,
            key: PolicyKey {
                kind,
                namespace: Some(namespace.clone()),
                name: format!("policy-{number}"),
                part: 0,
            },
            subject: Subject::Endpoints(EndpointSelector::new(
                NamespaceScope::Named(namespace),
                self.pod_selector(),
            )),
            isolates,
            rules,
        }
    }

    /// `ClusterNetworkPolicy` of either tier.
    fn ordered(&mut self, number: usize, cluster: &Cluster, admin: bool) -> Policy {
        let priority = *self.rng.pick(&[0, 10, 10, 1000]);
        let tier = if admin {
            Tier::Admin { priority }
        } else {
            Tier::Baseline { priority }
        };
        let mut rules = Vec::new();
        for _ in 0..=self.rng.below(4) {
            let direction = *self.rng.pick(&Direction::BOTH);
            let action = *self.rng.pick(&[Action::Allow, Action::Deny, Action::Pass]);
            let mut rule = self.rule(direction, action, cluster, None);
            if direction == Direction::Egress && self.rng.chance(25) {
                // Names are for allows alone.
                let peer = self.beyond_pods(action == Action::Allow);
                rule.peers.get_or_insert_default().push(peer);
            }
            rules.push(rule);
        }
        Policy {
            tier,
            key: PolicyKey {
                kind: PolicyKind::ClusterNetworkPolicy,
                namespace: None,
                name: format!("policy-{number}"),
                part: 0,
            },
            subject: Subject::Endpoints(EndpointSelector::new(
                NamespaceScope::Matching(self.namespace_selector(cluster)),
                self.pod_selector(),
            )),
            isolates: [false, false],
            rules,
        }
    }

    pub(crate) fn namespace_name(&mut self, cluster: &Cluster) -> String {
        if self.rng.chance(5) {
            return GHOST.to_owned();
        }
        let names: Vec<&String> = cluster.namespaces.keys().collect();
        self.rng.pick(&names).as_str().to_owned()
    }

    pub(crate) fn rule(
        &mut self,
        direction: Direction,
        action: Action,
        cluster: &Cluster,
        namespace: Option<&str>,
    ) -> Rule {
        let peers = match self.rng.below(8) {
            0 => None,
            1 => Some(Vec::new()),
            _ => {
                let count = 1 + self.rng.below(3);
                Some((0..count).map(|_| self.peer(cluster, namespace)).collect())
            }
        };
        let ports = self.rng.chance(70).then(|| {
            let count = 1 + self.rng.below(3);
            (0..count).map(|_| self.port()).collect()
        });
        Rule {
            direction,
            action,
            peers,
            ports,
            condition: None,
        }
    }

    fn peer(&mut self, cluster: &Cluster, namespace: Option<&str>) -> Peer {
        if self.rng.chance(35) {
            return Peer::IpBlock(self.block(cluster));
        }
        let namespaces = match namespace {
            Some(name) if self.rng.chance(50) => NamespaceScope::Named(name.to_owned()),
            _ => NamespaceScope::Matching(self.namespace_selector(cluster)),
        };
        Peer::Pods(EndpointSelector::new(namespaces, self.pod_selector()))
    }

    pub(crate) fn pod_selector(&mut self) -> Selector {
        let mut requirements = Vec::new();
        for _ in 0..self.rng.below(3) {
            let (key, values): (&str, &[&str]) = if self.rng.chance(70) {
                ("app", &APPS)
            } else {
                ("role", &ROLES)
            };
            requirements.push(self.requirement(key, values));
        }
        Selector { requirements }
    }

    fn namespace_selector(&mut self, cluster: &Cluster) -> Selector {
        let mut requirements = Vec::new();
        for _ in 0..self.rng.below(3) {
            let requirement = match self.rng.below(4) {
                0 => {
                    let name = self.namespace_name(cluster);
                    self.requirement(NAMESPACE_NAME, &[name.as_str()])
                }
                1 => self.requirement("env", &ENVS),
                _ => self.requirement("team", &TEAMS),
            };
            requirements.push(requirement);
        }
        Selector { requirements }
    }

    pub(crate) fn requirement(&mut self, key: &str, values: &[&str]) -> Requirement {
        let operator = *self.rng.pick(&[
            Operator::In,
            Operator::In,
            Operator::NotIn,
            Operator::Exists,
            Operator::DoesNotExist,
        ]);
        let values = match operator {
            Operator::In | Operator::NotIn => (0..=self.rng.below(2))
                .map(|_| (*self.rng.pick(values)).to_owned())
                .collect(),
            Operator::Exists | Operator::DoesNotExist => Vec::new(),
        };
        Requirement {
            key: key.to_owned(),
            operator,
            values,
        }
    }

    fn port(&mut self) -> PortMatch {
        match self.rng.below(10) {
            0 => PortMatch::all_of(*self.rng.pick(&Protocol::ALL)),
            1 | 2 => {
                let protocol = *self.rng.pick(&[
                    Some(Protocol::Tcp),
                    Some(Protocol::Udp),
                    Some(Protocol::Sctp),
                    None,
                ]);
                let name = *self.rng.pick(&["http", "dns", "metrics", "nobody"]);
                PortMatch::Named {
                    protocol,
                    name: name.to_owned(),
                }
            }
            3 => {
                let protocol = *self.rng.pick(&[Protocol::Icmp, Protocol::Icmpv6]);
                let (first, last) = *self.rng.pick(&TYPES);
                PortMatch::Range {
                    protocol,
                    first,
                    last,
                }
            }
            _ => {
                let protocol =
                    *self
                        .rng
                        .pick(&[Protocol::Tcp, Protocol::Tcp, Protocol::Udp, Protocol::Sctp]);
                let (first, last) = *self.rng.pick(&RANGES);
                PortMatch::Range {
                    protocol,
                    first,
                    last,
                }
            }
        }
    }

    pub(crate) fn block(&mut self, cluster: &Cluster) -> IpBlock {
        let cidr = self.cidr(cluster);
        let mut except = Vec::new();
        if self.rng.chance(50) {
            for _ in 0..=self.rng.below(2) {
                except.extend(self.inside(cidr));
            }
        }
        IpBlock::new(cidr, except)
    }

    fn cidr(&mut self, cluster: &Cluster) -> IpNet {
        let v4 = |a, b, c, d, len| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), len));
        let v6 = |high: u32, len| {
            let address = Ipv6Addr::from_bits(u128::from(high) << 96);
            IpNet::V6(Ipv6Net::new_assert(address, len))
        };
        match self.rng.below(10) {
            0 => v4(0, 0, 0, 0, 0),
            1 => v6(0, 0),
            2 => v4(203, 0, 113, 0, 24),
            3 => v6(0x2001_0db8, 32),
            4 => v4(10, 0, 0, 0, 8),
            5 => v4(192, 168, 0, 0, 16),
            6 => v6(0xfd00_0000, 16),
            _ => match self.pod_address(cluster) {
                Some(IpAddr::V4(a)) => {
                    let len = *self.rng.pick(&[32, 31, 28, 24]);
                    IpNet::V4(Ipv4Net::new_assert(a, len).trunc())
                }
                Some(IpAddr::V6(a)) => {
                    let len = *self.rng.pick(&[128, 127, 120, 64]);
                    IpNet::V6(Ipv6Net::new_assert(a, len).trunc())
                }
                None => v4(198, 51, 100, 0, 24),
            },
        }
    }

    fn pod_address(&mut self, cluster: &Cluster) -> Option<IpAddr> {
        if cluster.endpoints.is_empty() {
            return None;
        }
        let addresses = &self.rng.pick(&cluster.endpoints).addresses;
        (!addresses.is_empty()).then(|| *self.rng.pick(addresses))
    }

    /// A part of a block, a little longer.
    fn inside(&mut self, cidr: IpNet) -> Option<IpNet> {
        let more = u8::try_from(1 + self.rng.below(12)).unwrap_or(1);
        let len = cidr
            .prefix_len()
            .saturating_add(more)
            .min(cidr.max_prefix_len());
        let host = u128::from(self.rng.bits()) << 64 | u128::from(self.rng.bits());
        match cidr {
            IpNet::V4(net) => {
                let host = u32::try_from(host >> 96).ok()? & net.hostmask().to_bits();
                let address = Ipv4Addr::from_bits(net.network().to_bits() | host);
                Some(IpNet::V4(Ipv4Net::new(address, len).ok()?.trunc()))
            }
            IpNet::V6(net) => {
                let host = host & net.hostmask().to_bits();
                let address = Ipv6Addr::from_bits(net.network().to_bits() | host);
                Some(IpNet::V6(Ipv6Net::new(address, len).ok()?.trunc()))
            }
        }
    }
}
