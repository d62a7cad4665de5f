//! Whatever bytes an image has, decoding refuses it or every packet is judged.

use netpol_image::{LinkOptions, Packet, decode, eval, link};
use netpol_policy::{Cluster, Direction, PolicySet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

/// A small cluster in the form of the inventory.
const CLUSTER: &str = r#"{
  "nodes": [{"name": "n1", "addresses": ["192.168.0.1"], "podCIDRs": ["10.0.0.0/24", "fd00::/64"]}],
  "endpoints": [
    {"namespace": "a", "name": "x", "labels": {"app": "x"}, "node": "n1",
     "addresses": ["10.0.0.5", "fd00::5"]},
    {"namespace": "a", "name": "y", "labels": {"app": "y"}, "node": "n1",
     "addresses": ["10.0.0.6", "fd00::6"]}
  ]
}"#;

/// A policy in canonical form.
const POLICIES: &str = r#"{"dialect": "kubernetes", "policies": [{
  "tier": "namespace",
  "key": {"kind": "NetworkPolicy", "namespace": "a", "name": "p"},
  "subject": {"endpoints": {"namespaces": {"named": "a"}, "pods": []}},
  "isolates": [true, false],
  "rules": [{"direction": "ingress", "action": "allow",
             "peers": [{"ipBlock": {"cidr": "10.0.0.0/25"}}],
             "ports": [{"type": "range", "protocol": "TCP", "first": 80, "last": 90}]}]
}]}"#;

fn linked() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let mut cluster: Cluster = serde_json::from_str(CLUSTER).expect("the cluster above");
        cluster.normalize();
        let policies: PolicySet = serde_json::from_str(POLICIES).expect("the policies above");
        let image = link(&policies, &cluster, "n1", &LinkOptions::default());
        image.expect("it links").into_bytes()
    })
}

/// The first byte says how many edits follow, each an offset (three bytes, little-endian) and the
/// byte to put there; an offset beyond the end cuts the image. What is left are packets. Returns how
/// many were judged.
pub fn run(data: &[u8]) -> usize {
    let mut judged = 0;
    let mut image = linked().to_vec();
    let (count, rest) = data.split_first().unwrap_or((&0, &[]));
    let (edits, packets) = rest.split_at(rest.len().min(usize::from(*count) * 4));
    for edit in edits.chunks_exact(4) {
        let &[a, b, c, value] = edit else { continue };
        let offset = u32::from_le_bytes([a, b, c, 0]) as usize;
        match image.get_mut(offset) {
            Some(byte) => *byte = value,
            None => image.truncate(offset % (image.len() + 1)),
        }
    }
    // The bytes themselves are an image too, as a rule a refused one.
    for bytes in [&image[..], data] {
        let Ok(view) = decode(bytes) else { continue };
        for packet in packets.chunks(8).map(packet) {
            let first = eval(&view, &packet);
            assert_eq!(first, eval(&view, &packet), "two runs differ");
            judged += 1;
        }
    }
    judged
}

/// A packet near the addresses of the cluster.
fn packet(bytes: &[u8]) -> Packet {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let address = |last| -> IpAddr {
        if byte(0) & 1 == 0 {
            Ipv4Addr::new(10, 0, 0, last).into()
        } else {
            Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into()).into()
        }
    };
    Packet {
        direction: if byte(0) & 2 == 0 {
            Direction::Ingress
        } else {
            Direction::Egress
        },
        source: address(byte(1)),
        destination: address(byte(2)),
        protocol: byte(3),
        port: u16::from_le_bytes([byte(4), byte(5)]),
        made_here: byte(0) & 4 != 0,
        interface: (byte(0) & 8 != 0).then_some(byte(6).into()),
    }
}
