//! Real sockets in pods: servers that answer, and many connection attempts at once.
//!
//! TCP counts as passed when the handshake ends, UDP when the echo comes back. So both the packet
//! and its reply have crossed the node.

use super::Namespace;
use netpol_policy::Protocol;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, listen, recv,
    recvfrom, sendto, socket_with,
};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Connections that wait in a server's queue; nobody takes them out.
const BACKLOG: i32 = 4096;
/// A first attempt is over after this time; who gets through needs a fraction of it.
const FIRST: Duration = Duration::from_millis(700);
/// What did not get through is tried once more for this long, so that a busy machine is not
/// mistaken for a policy. It covers two retransmissions of a SYN.
const SECOND: Duration = Duration::from_millis(3500);
/// UDP is sent again after this time.
const RESEND: Duration = Duration::from_millis(200);

/// Servers in one pod: every port accepts TCP connections or echoes UDP, in both families.
#[derive(Debug)]
pub struct Servers {
    stop: Arc<AtomicBool>,
    echoed: Arc<AtomicU64>,
    echo: Option<JoinHandle<()>>,
    /// A listening socket completes handshakes for as long as it is open.
    _listening: Vec<OwnedFd>,
}

impl Servers {
    /// Opens servers on these ports; protocols other than TCP and UDP are left out.
    ///
    /// # Errors
    /// A port is taken, or the kernel refuses a socket.
    pub fn start(pod: &Namespace, ports: &BTreeSet<(Protocol, u16)>) -> io::Result<Self> {
        let mut listening = Vec::new();
        let mut echoing = Vec::new();
        pod.run(|| -> io::Result<()> {
            for (protocol, port) in ports {
                let any = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), *port);
                match protocol {
                    Protocol::Tcp => {
                        let socket = open(AddressFamily::INET6, SocketType::STREAM)?;
                        bind(&socket, &any)?;
                        listen(&socket, BACKLOG)?;
                        listening.push(socket);
                    }
                    Protocol::Udp => {
                        let socket = open(AddressFamily::INET6, SocketType::DGRAM)?;
                        bind(&socket, &any)?;
                        echoing.push(socket);
                    }
                    _ => {}
                }
            }
            Ok(())
        })??;
        let stop = Arc::new(AtomicBool::new(false));
        let echoed = Arc::new(AtomicU64::new(0));
        let (told, count) = (Arc::clone(&stop), Arc::clone(&echoed));
        Ok(Self {
            stop,
            echoed,
            echo: Some(thread::spawn(move || echo(&echoing, &told, &count))),
            _listening: listening,
        })
    }

    /// How many UDP packets came in so far.
    pub fn echoed(&self) -> u64 {
        self.echoed.load(Ordering::Relaxed)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.echo.take() {
            // A server that panicked has nothing left to clean up.
            let _ended = thread.join();
        }
    }
}

fn open(family: AddressFamily, kind: SocketType) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    Ok(socket_with(family, kind, flags, None)?)
}

fn echo(sockets: &[OwnedFd], stop: &AtomicBool, count: &AtomicU64) {
    let mut buffer = [0u8; 64];
    while !stop.load(Ordering::Relaxed) {
        let mut waiting: Vec<PollFd<'_>> = sockets
            .iter()
            .map(|s| PollFd::new(s, PollFlags::IN))
            .collect();
        // An interrupted wait is a short one.
        let _ready = poll(&mut waiting, Some(&timespec(Duration::from_millis(50))));
        for socket in sockets {
            while let Ok((length, _, Some(from))) =
                recvfrom(socket, buffer.as_mut_slice(), RecvFlags::empty())
            {
                count.fetch_add(1, Ordering::Relaxed);
                let text = buffer.get(..length).unwrap_or_default();
                // The peer asks again when its answer gets lost.
                let _sent = sendto(socket, text, SendFlags::empty(), &from);
            }
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// One connection attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The address to reach.
    pub address: IpAddr,
    /// The port to reach.
    pub port: u16,
}

/// Tries all attempts from one pod at once and says which got through, in the same order.
///
/// # Errors
/// The kernel refuses a socket.
pub fn attempt(pod: &Namespace, attempts: &[Attempt]) -> io::Result<Vec<bool>> {
    let mut passed = pod.run(|| round(attempts, FIRST))??;
    let missing: Vec<usize> = (0..passed.len())
        .filter(|at| passed.get(*at) == Some(&false))
        .collect();
    let again: Vec<Attempt> = missing
        .iter()
        .filter_map(|at| attempts.get(*at).copied())
        .collect();
    let late = pod.run(|| round(&again, SECOND))??;
    for (at, got) in missing.into_iter().zip(late) {
        if let Some(slot) = passed.get_mut(at) {
            *slot = got;
        }
    }
    Ok(passed)
}

struct Pending {
    place: usize,
    socket: OwnedFd,
    protocol: Protocol,
}

fn round(attempts: &[Attempt], patience: Duration) -> io::Result<Vec<bool>> {
    let mut passed = vec![false; attempts.len()];
    let mut pending = Vec::new();
    for (place, attempt) in attempts.iter().enumerate() {
        if let Some(socket) = begin(attempt)? {
            pending.push(Pending {
                place,
                socket,
                protocol: attempt.protocol,
            });
        }
    }
    let start = Instant::now();
    let mut sent = start;
    while !pending.is_empty() && start.elapsed() < patience {
        if sent.elapsed() >= RESEND {
            sent = Instant::now();
            for p in pending.iter().filter(|p| p.protocol == Protocol::Udp) {
                let _again = rustix::net::send(&p.socket, b"?", SendFlags::empty());
            }
        }
        let mut waiting: Vec<PollFd<'_>> = pending
            .iter()
            .map(|p| match p.protocol {
                Protocol::Tcp => PollFd::new(&p.socket, PollFlags::OUT),
                _ => PollFd::new(&p.socket, PollFlags::IN),
            })
            .collect();
        if poll(&mut waiting, Some(&timespec(Duration::from_millis(20)))).is_err() {
            continue;
        }
        let ready: Vec<bool> = waiting.iter().map(|w| !w.revents().is_empty()).collect();
        drop(waiting);
        let mut flags = ready.into_iter();
        pending.retain(|p| {
            if flags.next() != Some(true) {
                return true;
            }
            let got = arrived(p);
            if let Some(slot) = passed.get_mut(p.place) {
                *slot |= got;
            }
            // A refused connection is over too: a reset or an ICMP error came back.
            false
        });
    }
    Ok(passed)
}

fn begin(attempt: &Attempt) -> io::Result<Option<OwnedFd>> {
    let family = match attempt.address {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    let kind = match attempt.protocol {
        Protocol::Tcp => SocketType::STREAM,
        Protocol::Udp => SocketType::DGRAM,
        _ => return Ok(None),
    };
    let socket = open(family, kind)?;
    match connect(&socket, &SocketAddr::new(attempt.address, attempt.port)) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(_) => return Ok(None),
    }
    if attempt.protocol == Protocol::Udp {
        let _first = rustix::net::send(&socket, b"?", SendFlags::empty());
    }
    Ok(Some(socket))
}

fn arrived(pending: &Pending) -> bool {
    if pending.protocol == Protocol::Tcp {
        return matches!(socket_error(&pending.socket), Ok(Ok(())));
    }
    let mut answer = [0u8; 8];
    recv(&pending.socket, answer.as_mut_slice(), RecvFlags::empty()).is_ok()
}

/// Lets this process open as many sockets as the system permits; every attempt takes one.
///
/// # Errors
/// The kernel refuses.
pub fn raise_file_limit() -> io::Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}
