//! Nodes and pods made of network namespaces and veth pairs, for tests and the demo.
//!
//! Everything lives in namespaces of its own: the host's interfaces, addresses and routes are never
//! touched, nothing has a name outside of this process, and all of it is gone when the values are
//! dropped or the process ends. No other program is called.
//!
//! A pod has its addresses on `eth0`, and its routes lead to the node, whose side of the pair has
//! the gateway's address: what the `ptp` plugin of the reference CNI makes.

pub mod wire;

use crate::kernel::interface::Netlink;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, State,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily as Domain, SocketType, socket};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};
use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::Duration;

/// The node's address on the pods' links, and the pods' IPv4 gateway.
pub const NODE_V4: Ipv4Addr = Ipv4Addr::new(10, 244, 0, 1);
/// The node's IPv6 address.
pub const NODE_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x244, 0, 0, 0, 0, 0, 1);
/// The pods' IPv6 gateway.
const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// A network namespace that lives as long as this value.
#[derive(Debug)]
pub struct Namespace {
    file: File,
}

impl Namespace {
    /// Makes an empty namespace, with `lo` up.
    ///
    /// # Errors
    /// `CAP_SYS_ADMIN` is missing, or the kernel refuses.
    pub fn new() -> io::Result<Self> {
        let made = thread::spawn(|| -> io::Result<Self> {
            // SAFETY: a new network namespace changes nothing about memory or descriptors, and
            // this thread ends right after.
            unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)? };
            let file = File::open("/proc/thread-self/ns/net")?;
            // Addresses are to be usable at once, and are known to be free.
            for scope in ["all", "default"] {
                let path = format!("/proc/sys/net/ipv6/conf/{scope}/accept_dad");
                fs::write(path, "0")?;
            }
            set_up("lo")?;
            Ok(Self { file })
        });
        made.join().map_err(|_| stopped())?
    }

    /// Does something inside of the namespace, on a thread of its own.
    ///
    /// # Errors
    /// The namespace cannot be entered, or the work panicked.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> io::Result<R> {
        thread::scope(|scope| {
            let worker = scope.spawn(|| -> io::Result<R> {
                let network = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(self.file.as_fd(), network)?;
                Ok(work())
            });
            worker.join().map_err(|_| stopped())?
        })
    }

    /// Moves the calling thread into the namespace for good.
    ///
    /// # Errors
    /// `CAP_SYS_ADMIN` is missing.
    pub fn enter(&self) -> io::Result<()> {
        let network = Some(LinkNameSpaceType::Network);
        Ok(move_into_link_name_space(self.file.as_fd(), network)?)
    }
}

fn stopped() -> io::Error {
    io::Error::other("the work in the network namespace panicked")
}

/// A pod: a namespace with `eth0`, and the other side of the pair in the node's namespace.
#[derive(Debug)]
pub struct Pod {
    /// Where its sockets live.
    pub namespace: Namespace,
    /// The name of the host side.
    pub interface: String,
    /// The index of the host side within the node.
    pub ifindex: u32,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A node: the namespace in which the host sides of all pods are, forwarding between them.
#[derive(Debug)]
pub struct Node {
    /// Where the agent runs.
    pub namespace: Namespace,
}

impl Node {
    /// Makes a node without pods, with the addresses [`NODE_V4`] and [`NODE_V6`].
    ///
    /// # Errors
    /// `CAP_SYS_ADMIN` is missing, or the kernel refuses.
    pub fn new() -> io::Result<Self> {
        let namespace = Namespace::new()?;
        namespace.run(|| -> io::Result<()> {
            fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
            fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1")?;
            let mut netlink = Netlink::open()?;
            add_address(&mut netlink, index_of("lo")?, NODE_V4.into())?;
            add_address(&mut netlink, index_of("lo")?, NODE_V6.into())
        })??;
        Ok(Self { namespace })
    }

    /// Makes a pod with these addresses; `interface` names the host side (at most 15 bytes).
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn add_pod(&self, interface: &str, addresses: &[IpAddr]) -> io::Result<Pod> {
        let namespace = Namespace::new()?;
        let ifindex = self.namespace.run(|| -> io::Result<u32> {
            let mut netlink = Netlink::open()?;
            add_veth(&mut netlink, interface, "eth0", &namespace.file)?;
            let host = index_of(interface)?;
            set_up(interface)?;
            namespace.run(|| set_up("eth0"))??;
            namespace.run(|| wait_until_up("eth0"))??;
            wait_until_up(interface)?;
            for gateway in [NODE_V4.into(), GATEWAY_V6.into()] {
                add_address(&mut netlink, host, gateway)?;
            }
            for address in addresses {
                add_route(&mut netlink, host, Some(*address), None)?;
            }
            wait_until_settled()?;
            Ok(host)
        })??;
        namespace.run(|| configure_pod(addresses))??;
        Ok(Pod {
            namespace,
            interface: interface.to_owned(),
            ifindex,
            addresses: addresses.to_vec(),
        })
    }

    /// Takes a pod's link away, as when the pod ends.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn remove_pod(&self, pod: &Pod) -> io::Result<()> {
        self.namespace.run(|| {
            let mut message = LinkMessage::default();
            message.header.index = pod.ifindex;
            Netlink::open()?.change(RouteNetlinkMessage::DelLink(message), 0)
        })?
    }
}

fn configure_pod(addresses: &[IpAddr]) -> io::Result<()> {
    let mut netlink = Netlink::open()?;
    let own = index_of("eth0")?;
    for address in addresses {
        add_address(&mut netlink, own, *address)?;
    }
    if addresses.iter().any(IpAddr::is_ipv4) {
        add_route(&mut netlink, own, Some(NODE_V4.into()), None)?;
        add_route(&mut netlink, own, None, Some(NODE_V4.into()))?;
    }
    if addresses.iter().any(IpAddr::is_ipv6) {
        add_route(&mut netlink, own, None, Some(GATEWAY_V6.into()))?;
    }
    wait_until_settled()
}

fn index_of(name: &str) -> io::Result<u32> {
    let any = socket(Domain::INET, SocketType::DGRAM, None)?;
    Ok(name_to_index(&any, name)?)
}

fn set_up(name: &str) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = index_of(name)?;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    Netlink::open()?.change(RouteNetlinkMessage::SetLink(message), 0)
}

/// IPv6 addresses answer nobody until the kernel has thought about them, also without looking for
/// duplicates.
fn wait_until_settled() -> io::Result<()> {
    let mut netlink = Netlink::open()?;
    wait("the addresses do not settle", || {
        let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let answers = netlink.request(request, NLM_F_DUMP)?;
        Ok(answers.iter().all(|answer| match answer {
            RouteNetlinkMessage::NewAddress(address) => {
                !address.header.flags.contains(AddressHeaderFlags::Tentative)
            }
            _ => true,
        }))
    })
}

fn wait(fault: &str, mut done: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    for _ in 0..3000 {
        if done()? {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, fault.to_owned()))
}

/// The kernel notices a little later that both sides of a pair are up, and gives addresses no use
/// before that.
fn wait_until_up(name: &str) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = index_of(name)?;
    let mut netlink = Netlink::open()?;
    wait(&format!("the interface `{name}` does not come up"), || {
        let request = RouteNetlinkMessage::GetLink(message.clone());
        let answers = netlink.request(request, 0)?;
        Ok(answers.iter().any(|answer| match answer {
            RouteNetlinkMessage::NewLink(link) => link
                .attributes
                .contains(&LinkAttribute::OperState(State::Up)),
            _ => false,
        }))
    })
}

fn add_veth(netlink: &mut Netlink, host: &str, pod: &str, namespace: &File) -> io::Result<()> {
    let mut peer = LinkMessage::default();
    peer.attributes = vec![
        LinkAttribute::IfName(pod.to_owned()),
        LinkAttribute::NetNsFd(namespace.as_raw_fd()),
    ];
    let mut message = LinkMessage::default();
    message.attributes = vec![
        LinkAttribute::IfName(host.to_owned()),
        LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]),
    ];
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    netlink.change(RouteNetlinkMessage::NewLink(message), flags)
}

fn add_address(netlink: &mut Netlink, index: u32, address: IpAddr) -> io::Result<()> {
    let (family, length) = family(address);
    let mut message = AddressMessage::default();
    message.header.family = family;
    message.header.prefix_len = length;
    message.header.flags = AddressHeaderFlags::Nodad;
    message.header.index = index;
    message.attributes = vec![
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
    ];
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    netlink.change(RouteNetlinkMessage::NewAddress(message), flags)
}

/// A route to one address, or the default route by way of a gateway.
fn add_route(
    netlink: &mut Netlink,
    index: u32,
    to: Option<IpAddr>,
    by: Option<IpAddr>,
) -> io::Result<()> {
    let Some(known) = to.or(by) else {
        return Ok(());
    };
    let (family, length) = family(known);
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: family,
        destination_prefix_length: if to.is_some() { length } else { 0 },
        table: RouteHeader::RT_TABLE_MAIN,
        protocol: RouteProtocol::Static,
        scope: if by.is_some() || known.is_ipv6() {
            RouteScope::Universe
        } else {
            RouteScope::Link
        },
        kind: RouteType::Unicast,
        ..RouteHeader::default()
    };
    message.attributes.push(RouteAttribute::Oif(index));
    if let Some(to) = to {
        let to = RouteAddress::from(to);
        message.attributes.push(RouteAttribute::Destination(to));
    }
    if let Some(by) = by {
        let by = RouteAddress::from(by);
        message.attributes.push(RouteAttribute::Gateway(by));
    }
    let flags = NLM_F_CREATE | NLM_F_EXCL;
    netlink.change(RouteNetlinkMessage::NewRoute(message), flags)
}

fn family(address: IpAddr) -> (AddressFamily, u8) {
    match address {
        IpAddr::V4(_) => (AddressFamily::Inet, 32),
        IpAddr::V6(_) => (AddressFamily::Inet6, 128),
    }
}
