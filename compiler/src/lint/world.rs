//! Packets that come from outside of the cluster or go there, to show findings with.

use super::ask::{opposite, parties};
use super::context::{Context, Written};
use netpol_policy::{Direction, Entity, Flow, Party, Peer, Protocol, Verdict, is_self};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of the documentation (RFC 5737, TEST-NET-3): nobody's.
const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
/// The same for IPv6 (RFC 3849).
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));

impl Context<'_> {
    /// A packet between a pod and somebody outside; at ingress it comes from there. `None` when
    /// the cluster uses the address itself.
    pub fn outside(&self, pod: usize, direction: Direction, at: (Protocol, u16)) -> Option<Flow> {
        let own = self.endpoint(pod)?.addresses.first().copied();
        let address = match own {
            Some(IpAddr::V6(_)) => V6,
            _ => V4,
        };
        let stranger = self.party_of(address);
        let Party::External(_) = stranger else {
            return None;
        };
        let subject = Party::Endpoint(pod, own);
        let (source, destination) = match direction {
            Direction::Ingress => (stranger, subject),
            Direction::Egress => (subject, stranger),
        };
        let (protocol, port) = at;
        Some(Flow {
            source,
            destination,
            protocol,
            port,
        })
    }

    /// A packet between two pods, of a family that both have.
    pub fn between(&self, from: usize, to: usize, at: (Protocol, u16)) -> Option<Flow> {
        let pairs = parties(from, self.endpoint(from)?, to, self.endpoint(to)?);
        let (source, destination) = pairs.into_iter().next()?;
        let (protocol, port) = at;
        Some(Flow {
            source,
            destination,
            protocol,
            port,
        })
    }

    /// Do both sides let a packet pass?
    pub fn passes(&self, flow: &Flow) -> bool {
        let allows = |direction| self.side(direction, flow).verdict == Verdict::Allow;
        let first = Direction::Ingress;
        allows(first) && allows(opposite(first))
    }

    /// A packet between a pod of a rule's receiving side and somebody whom the rule speaks of, on a
    /// port that it need not name; from anybody outside where it speaks of everybody. `None` where
    /// nobody whom it speaks of is known.
    pub fn packet(&self, written: Written<'_>, server: usize, at: (Protocol, u16)) -> Option<Flow> {
        let receiver = self.groups.of(server)?;
        if written.rule.direction == Direction::Egress {
            let subject = written.policy.subject.endpoints()?;
            let mut subjects = self.groups.certain(subject);
            return subjects.find_map(|subject| {
                let (from, to) = self.two_pods(subject, receiver)?;
                self.between(from, to, at)
            });
        }
        let Some(peers) = &written.rule.peers else {
            return self.outside(server, Direction::Ingress, at);
        };
        let (protocol, port) = at;
        let from = |source| {
            let destination = self.party_towards(server, source)?;
            let flow = Flow {
                source,
                destination,
                protocol,
                port,
            };
            (!is_self(self.cluster(), &flow)).then_some(flow)
        };
        peers.iter().find_map(|peer| match peer {
            Peer::Pods(_) | Peer::IpBlock(_) | Peer::Outside(_) => {
                self.ends(peer, receiver).into_iter().find_map(from)
            }
            Peer::Entity(Entity::World) => self.outside(server, Direction::Ingress, at),
            Peer::Entity(_) | Peer::Nodes(_) | Peer::Names(_) => None,
        })
    }

    /// A port that a rule opens at a pod; a port of the pod when the rule names none.
    pub fn some_port_of(&self, written: Written<'_>, pod: usize) -> (Protocol, u16) {
        let target = self.endpoint(pod);
        let ports = written.rule.ports.iter().flatten();
        let opened = ports.filter_map(|port| {
            let (protocol, first, _) = Self::ports(Some(port), target?).into_iter().next()?;
            Some((protocol, first))
        });
        opened
            .into_iter()
            .next()
            .unwrap_or_else(|| self.some_port(pod))
    }

    /// A port that a pod declares, else the one of HTTPS: for packets where any port would do.
    pub fn some_port(&self, pod: usize) -> (Protocol, u16) {
        let declared = self.endpoint(pod).and_then(|e| e.ports.first());
        declared.map_or((Protocol::Tcp, 443), |p| (p.protocol, p.port))
    }
}
