//! Interfaces of the node, as netlink knows them.

use crate::error::Error;
use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use rustix::fd::OwnedFd;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
};
use std::collections::BTreeMap;
use std::io;

/// Bytes of the largest answer that is taken in one go.
const ANSWER: usize = 1 << 16;

/// A route netlink socket of the network namespace in which it was opened.
#[derive(Debug)]
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket in the caller's network namespace.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn open() -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            // NETLINK_ROUTE is protocol 0.
            None,
        )?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends a request and gathers the answers until the kernel says that it is done.
    ///
    /// # Errors
    /// The kernel refuses the request, or its answer cannot be read.
    pub fn request(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> io::Result<Vec<RouteNetlinkMessage>> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = NetlinkMessage::from(message);
        packet.header.flags = NLM_F_REQUEST | flags;
        packet.header.sequence_number = self.sequence;
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        sendto(
            &self.socket,
            &bytes,
            SendFlags::empty(),
            &SocketAddrNetlink::new(0, 0),
        )?;
        self.answers(flags & NLM_F_DUMP == NLM_F_DUMP)
    }

    fn answers(&mut self, dump: bool) -> io::Result<Vec<RouteNetlinkMessage>> {
        let mut found = Vec::new();
        let mut buffer = vec![0u8; ANSWER];
        loop {
            let (length, _) = recv(&self.socket, buffer.as_mut_slice(), RecvFlags::empty())?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            while !rest.is_empty() {
                let message = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                    .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
                let taken = usize::try_from(message.header.length).unwrap_or(0).max(16);
                rest = rest.get(taken.next_multiple_of(4)..).unwrap_or_default();
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::Done(_) => return Ok(found),
                    NetlinkPayload::Error(error) => {
                        return match error.code {
                            None => Ok(found),
                            Some(_) => Err(error.to_io()),
                        };
                    }
                    NetlinkPayload::InnerMessage(inner) => found.push(inner),
                    _ => {}
                }
            }
            if !dump && !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Sends a request that changes something and waits until it is done.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn change(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.request(message, flags | NLM_F_ACK).map(drop)
    }
}

/// What is known of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its index in this network namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `veth`, `netkit` …; absent for hardware.
    pub kind: Option<String>,
}

impl Interface {
    fn of(message: &LinkMessage) -> Option<Self> {
        let name = message.attributes.iter().find_map(|a| match a {
            LinkAttribute::IfName(name) => Some(name.clone()),
            _ => None,
        })?;
        let infos = message.attributes.iter().find_map(|a| match a {
            LinkAttribute::LinkInfo(infos) => Some(infos),
            _ => None,
        });
        let kind = infos.into_iter().flatten().find_map(|info| match info {
            LinkInfo::Kind(InfoKind::Other(kind)) => Some(kind.clone()),
            LinkInfo::Kind(kind) => Some(kind.to_string()),
            _ => None,
        });
        Some(Self {
            index: message.header.index,
            name,
            kind,
        })
    }
}

/// All interfaces of the caller's network namespace, by name.
///
/// # Errors
/// The kernel refuses.
pub fn all() -> Result<BTreeMap<String, Interface>, Error> {
    let list = || -> io::Result<_> {
        let request = RouteNetlinkMessage::GetLink(LinkMessage::default());
        let answers = Netlink::open()?.request(request, NLM_F_DUMP)?;
        Ok(answers
            .iter()
            .filter_map(|answer| match answer {
                RouteNetlinkMessage::NewLink(link) => Interface::of(link),
                _ => None,
            })
            .map(|found| (found.name.clone(), found))
            .collect())
    };
    list().map_err(|e| Error::kernel("list the interfaces", &e))
}
