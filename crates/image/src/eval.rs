//! The reference interpreter: what the dataplane program does with a packet, in Rust, over the
//! same bytes.
//!
//! It shares the layout with [`link()`](crate::link()) and nothing else. What it does not do is what needs
//! more than the image: replies, flows and fragments.

use crate::decode::ImageView;
use crate::layout::{
    ALLOW, CLASS_UNKNOWN, LOG, NEED_STATE, ROW_EMPTY, ROW_LIMIT, ROW_NODE, header as h,
};
use crate::reason;
use netpol_policy::{Direction, Protocol, RuleId, Verdict};
use std::net::{IpAddr, Ipv6Addr};

/// A packet that opens a connection, as a hook sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Ingress: on its way to a pod of this node. Egress: coming from one.
    pub direction: Direction,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// The protocol number of the IP header.
    pub protocol: u8,
    /// The destination port; the ICMP type; 0 for protocols without ports.
    pub port: u16,
    /// Was it made on this node (`ingress_ifindex` is 0)?
    pub made_here: bool,
    /// The host-side interface of the hook. With it the address on the pod's side must be that of
    /// the pod behind the interface; without it that of any pod of this node.
    pub interface: Option<u32>,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Allow or deny; an image never says unknown.
    pub verdict: Verdict,
    /// A reply might be denied, so the flow may have to be remembered.
    pub need_state: bool,
    /// An event is wanted although the packet passes.
    pub log: bool,
    /// The rule that decided, or one of [`crate::reason`].
    pub rule: RuleId,
}

impl Outcome {
    fn drop(rule: RuleId) -> Self {
        Self {
            verdict: Verdict::Deny,
            need_state: false,
            log: false,
            rule,
        }
    }

    fn own() -> Self {
        Self {
            verdict: Verdict::Allow,
            ..Self::drop(RuleId::SELF)
        }
    }
}

/// Judges one packet. Never panics, whatever the view shows; where an image is damaged the packet
/// is dropped ([`reason::NO_IMAGE`]).
pub fn eval(view: &ImageView<'_>, packet: &Packet) -> Outcome {
    judge(view, packet).unwrap_or_else(|| Outcome::drop(reason::NO_IMAGE))
}

fn judge(view: &ImageView<'_>, packet: &Packet) -> Option<Outcome> {
    let (own, other) = match packet.direction {
        Direction::Ingress => (packet.destination, packet.source),
        Direction::Egress => (packet.source, packet.destination),
    };
    let protocol = Protocol::from_ip(packet.protocol);
    if own.is_ipv4() != other.is_ipv4() || packet.port > protocol.last_port() {
        return Some(Outcome::drop(reason::MALFORMED));
    }
    let row = match local_row(view, packet, own)? {
        Ok(row) => row,
        Err(reason) => return Some(Outcome::drop(reason)),
    };
    let (mut class, peer_row) = lookup(view, other)?;
    if peer_row == ROW_EMPTY {
        class = interval(view, other)?;
    }
    if peer_row == row {
        return Some(Outcome::own());
    }
    if packet.direction == Direction::Ingress && peer_row == ROW_NODE && !packet.made_here {
        class = CLASS_UNKNOWN;
    }
    let (word, rule) = verdict(view, packet.direction, row, class, (protocol, packet.port))?;
    Some(Outcome {
        verdict: if word & ALLOW == 0 {
            Verdict::Deny
        } else {
            Verdict::Allow
        },
        need_state: word & (ALLOW | NEED_STATE) == ALLOW | NEED_STATE,
        log: word & LOG != 0,
        rule,
    })
}

/// The row of the pod that the packet is for or from, or why there is none. `None`: damaged.
fn local_row(view: &ImageView<'_>, packet: &Packet, own: IpAddr) -> Option<Result<u16, RuleId>> {
    let is_row = |row: u16| row < ROW_LIMIT && u64::from(row) < view.field(h::N_ROWS);
    let (_, of_address) = lookup(view, own)?;
    let Some(interface) = packet.interface else {
        let known = is_row(of_address);
        return Some(known.then_some(of_address).ok_or(reason::NOT_OURS));
    };
    let (index, entry) = view.interface_at(interface)?;
    if index != interface || !is_row(entry) {
        return Some(Err(reason::NOT_OURS));
    }
    // Link-local addresses stand in no inventory; they do not leave the link.
    if of_address == entry || is_link_local(own) {
        return Some(Ok(entry));
    }
    Some(Err(match packet.direction {
        Direction::Ingress => reason::NOT_OURS,
        Direction::Egress => reason::SPOOFED,
    }))
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(a) => a.is_unicast_link_local(),
    }
}

/// Class and row of a known address; the row is [`ROW_EMPTY`] when nobody known has it.
fn lookup(view: &ImageView<'_>, address: IpAddr) -> Option<(u16, u16)> {
    let (same, entry) = match address {
        IpAddr::V4(a) => {
            let wanted = u32::from_le_bytes(a.octets());
            let (found, class, row) = view.address4(wanted)?;
            (found == wanted, (class, row))
        }
        IpAddr::V6(a) => {
            let wanted = halves(a);
            let (found, class, row) = view.address6(wanted)?;
            (found == wanted, (class, row))
        }
    };
    Some(if same {
        entry
    } else {
        (CLASS_UNKNOWN, ROW_EMPTY)
    })
}

/// The address as two little-endian numbers, as the packet carries it.
fn halves(address: Ipv6Addr) -> (u64, u64) {
    let mut halves = [[0_u8; 8]; 2];
    let octets = address.octets();
    for (byte, octet) in halves.iter_mut().flatten().zip(octets) {
        *byte = octet;
    }
    let [high, low] = halves.map(u64::from_le_bytes);
    (high, low)
}

/// The class of the interval that an address lies in: the same steps as in the kernel.
fn interval(view: &ImageView<'_>, address: IpAddr) -> Option<u16> {
    match address {
        IpAddr::V4(a) => {
            let address = a.to_bits();
            let at = search(view.field(h::N_INTERVALS4), |at| {
                Some(view.interval4(at)? <= address)
            })?;
            view.interval_class4(at)
        }
        IpAddr::V6(a) => {
            let address = a.to_bits();
            let at = search(view.field(h::N_INTERVALS6), |at| {
                Some(view.interval6(at)? <= address)
            })?;
            view.interval_class6(at)
        }
    }
}

fn search(count: u64, begins_before: impl Fn(u64) -> Option<bool>) -> Option<u64> {
    let (mut low, mut left) = (0, count);
    for _ in 0..crate::layout::INTERVAL_STEPS {
        if left <= 1 {
            break;
        }
        let half = left / 2;
        if begins_before(low + half)? {
            low += half;
        }
        left -= half;
    }
    Some(low)
}

/// The verdict word and the rule.
fn verdict(
    view: &ImageView<'_>,
    direction: Direction,
    row: u16,
    class: u16,
    (protocol, port): (Protocol, u16),
) -> Option<(u16, RuleId)> {
    let ports = view.field(h::N_PORT_CLASSES);
    let port_class = u64::from(view.port_class(protocol, port)?);
    if u64::from(class) >= view.field(h::N_CLASSES) || port_class >= ports {
        return None;
    }
    let (verdict_row, attr_row) = view.row(u64::from(row), direction)?;
    let vector = u64::from(view.vector(verdict_row, class)?);
    let attr_vector = u64::from(view.attr_vector(attr_row, class)?);
    if vector >= view.field(h::N_VECTORS) || attr_vector >= view.field(h::N_ATTR_VECTORS) {
        return None;
    }
    let word = view.verdict_word(vector * ports + port_class)?;
    let rule = view.rule(attr_vector.checked_mul(ports)?.checked_add(port_class)?)?;
    Some((word, RuleId(rule)))
}
