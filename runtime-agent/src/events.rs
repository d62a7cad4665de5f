//! Drop events: which packet, at which endpoint, by which rule of which bundle.

use crate::error::Error;
use crate::kernel::sys::Hook;
use aya::maps::{MapData, RingBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

/// Bytes of `struct event` in `bpf/maps.h`.
const LENGTH: usize = 88;

/// A packet that was dropped, or whose passing somebody wanted to hear of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The kernel's jiffies when it happened.
    pub jiffies: u64,
    /// The generation that judged it.
    pub generation: u64,
    /// The first half of the bundle's SHA-256, in hexadecimal digits.
    pub bundle: String,
    /// The rule that decided.
    pub rule: u32,
    /// The interface of the endpoint.
    pub ifindex: u32,
    /// Bytes of the frame.
    pub length: u32,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Source port, or the identifier of an ICMP echo.
    pub source_port: u16,
    /// What policies speak of: the destination port, or the ICMP type.
    pub port: u16,
    /// The IP protocol number.
    pub protocol: u8,
    /// The pod's direction.
    pub direction: &'static str,
    /// TCP flags.
    pub tcp_flags: u8,
    /// Did it pass all the same?
    pub passed: bool,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn address(&mut self) -> Option<[u8; 16]> {
        self.take()
    }
}

fn ip(v6: bool, bytes: [u8; 16]) -> IpAddr {
    let [a, b, c, d, ..] = bytes;
    if v6 {
        Ipv6Addr::from(bytes).into()
    } else {
        Ipv4Addr::new(a, b, c, d).into()
    }
}

impl Event {
    /// Reads an event as the program wrote it; `None` when it has another form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < LENGTH {
            return None;
        }
        let mut r = Reader(bytes);
        let jiffies = u64::from_ne_bytes(r.take()?);
        let generation = u64::from_ne_bytes(r.take()?);
        let digest: [u8; 16] = r.take()?;
        let rule = u32::from_ne_bytes(r.take()?);
        let ifindex = u32::from_ne_bytes(r.take()?);
        let length = u32::from_ne_bytes(r.take()?);
        let (source, destination) = (r.address()?, r.address()?);
        let source_port = u16::from_ne_bytes(r.take()?);
        let _dest_port: [u8; 2] = r.take()?;
        let port = u16::from_ne_bytes(r.take()?);
        let [protocol, v6, hook, tcp_flags, passed, _] = r.take()?;
        Some(Self {
            jiffies,
            generation,
            bundle: crate::package::hex(&digest),
            rule,
            ifindex,
            length,
            source: ip(v6 != 0, source),
            destination: ip(v6 != 0, destination),
            source_port,
            port,
            protocol,
            direction: if hook == 0 { "ingress" } else { "egress" },
            tcp_flags,
            passed: passed != 0,
        })
    }

    /// The hook that saw it.
    pub fn hook(&self) -> Hook {
        if self.direction == "ingress" {
            Hook::ToPod
        } else {
            Hook::FromPod
        }
    }
}

/// Reads the ring of events. What is read is gone: there is one reader at a time.
pub struct Events {
    ring: RingBuf<MapData>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

impl Events {
    /// Opens the ring by its pin.
    ///
    /// # Errors
    /// Nothing is loaded, or the kernel refuses.
    pub fn open(pin: &Path) -> Result<Self, Error> {
        let fail = |e: &dyn std::fmt::Display| {
            Error::message(format!(
                "could not open the events: {e}; is anything loaded?"
            ))
        };
        let data = MapData::from_pin(pin).map_err(|e| fail(&e))?;
        let map = aya::maps::Map::RingBuf(data);
        let ring = RingBuf::try_from(map).map_err(|e| fail(&e))?;
        Ok(Self { ring })
    }

    /// The next event that is there.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            let item = self.ring.next()?;
            if let Some(event) = Event::parse(&item) {
                return Some(event);
            }
        }
    }

    /// Waits until there may be another one, or the time is over.
    ///
    /// # Errors
    /// The kernel refuses to wait.
    pub fn wait(&self, time: Duration) -> Result<(), Error> {
        let timeout = Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        };
        let mut waiting = [PollFd::from_borrowed_fd(self.ring.as_fd(), PollFlags::IN)];
        match poll(&mut waiting, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(Error::kernel("wait for events", &e.into())),
        }
    }
}
