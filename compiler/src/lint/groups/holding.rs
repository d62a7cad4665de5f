//! Which ipBlocks hold an address.

use ipnet::IpNet;
use netpol_policy::IpBlock;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// The ipBlocks of all policies by their nets. Which of them hold an address is asked once for each
/// length of prefix that any of them has, not once for each block.
pub(super) struct Blocks<'a> {
    /// Each once; what stands here are places.
    by_net: HashMap<IpNet, Vec<(usize, &'a IpBlock)>>,
    /// The lengths of IPv4 and of IPv6 that there are.
    lengths: [BTreeSet<u8>; 2],
}

impl<'a> Blocks<'a> {
    /// Sorts them in.
    pub(super) fn new(blocks: impl Iterator<Item = &'a IpBlock>) -> Self {
        let all: BTreeSet<&IpBlock> = blocks.collect();
        let mut by_net: HashMap<IpNet, Vec<(usize, &IpBlock)>> = HashMap::new();
        let [mut v4, mut v6] = [BTreeSet::new(), BTreeSet::new()];
        for (place, block) in all.into_iter().enumerate() {
            let net = block.cidr.trunc();
            let lengths = if net.addr().is_ipv4() {
                &mut v4
            } else {
                &mut v6
            };
            lengths.insert(net.prefix_len());
            by_net.entry(net).or_default().push((place, block));
        }
        Self {
            by_net,
            lengths: [v4, v6],
        }
    }

    /// The places of those that hold an address; the order is the same for every address.
    pub(super) fn holding(&self, address: IpAddr) -> Vec<usize> {
        let [v4, v6] = &self.lengths;
        let lengths = if address.is_ipv4() { v4 } else { v6 };
        let nets = lengths.iter().filter_map(|length| {
            let net = IpNet::new(address, *length).ok()?.trunc();
            self.by_net.get(&net)
        });
        let holding = nets.flatten();
        let holding = holding.filter(|(_, block)| block.contains(address));
        holding.map(|(place, _)| *place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Blocks;
    use netpol_policy::IpBlock;

    #[test]
    fn looking_up_is_asking_every_block() {
        let net = |text: &str| text.parse().expect("a net");
        let block = |cidr: &str, except: &[&str]| IpBlock {
            cidr: net(cidr),
            except: except.iter().map(|e| net(e)).collect(),
        };
        let blocks = [
            block("0.0.0.0/0", &["10.0.0.0/8"]),
            block("10.0.0.0/8", &[]),
            block("10.0.0.0/8", &["10.1.0.0/16"]),
            block("10.1.2.0/24", &[]),
            block("10.1.2.3/32", &[]),
            block("::/0", &["fd00::/8"]),
            block("fd00::/8", &[]),
        ];
        let found = Blocks::new(blocks.iter());
        let texts = [
            "10.1.2.3", "10.1.2.4", "10.2.0.0", "8.8.8.8", "fd00::1", "2001::1",
        ];
        let addresses = texts.map(|text| text.parse().expect("an address"));
        for one in addresses {
            for other in addresses {
                let alike = blocks.iter().all(|b| b.contains(one) == b.contains(other));
                let same = found.holding(one) == found.holding(other);
                assert_eq!(same, alike, "{one} and {other}");
            }
            let holding = blocks.iter().filter(|block| block.contains(one)).count();
            assert_eq!(found.holding(one).len(), holding, "{one}");
        }
    }
}
