//! A stream of numbered UDP packets, alternating between two ports of one pod.
//!
//! One version of the policy allows one port, the other version the other. Packet `n` goes to port
//! `n % 2`; as long as one version is in force, exactly one of two neighbours arrives. A swap is a
//! clean cut in the numbers. Anything else (both ports at once, or none) is a mixture or a loss.

use netpold::netns::Namespace;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Between two packets: twenty thousand a second.
const PAUSE: Duration = Duration::from_micros(50);
/// After the last packet, for what is still under way.
const SETTLE: Duration = Duration::from_millis(300);

/// A sender and a receiver at work.
pub(super) struct Stream {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<u64>,
    receiver: JoinHandle<Vec<u64>>,
}

/// What arrived.
pub(super) struct Report {
    sent: u64,
    arrived: usize,
    /// Changes from one version to the other.
    pub(super) cuts: usize,
    /// Packets that neither version explains.
    pub(super) mixtures: usize,
}

impl Stream {
    pub(super) fn start(
        from: &Namespace,
        to: &Namespace,
        target: IpAddr,
        ports: [u16; 2],
    ) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let receiving = sockets(to, ports)?;
        let sending = in_namespace(from, || UdpSocket::bind((unspecified(target), 0)))?;
        let (told, also_told) = (Arc::clone(&stop), Arc::clone(&stop));
        let receiver = thread::spawn(move || receive(&receiving, &told));
        let sender = thread::spawn(move || send(&sending, target, ports, &also_told));
        Ok(Self {
            stop,
            sender,
            receiver,
        })
    }

    pub(super) fn finish(self) -> Result<Report, String> {
        self.stop.store(true, Ordering::Relaxed);
        let sent = self.sender.join().map_err(|_| "the sender failed")?;
        let arrived = self.receiver.join().map_err(|_| "the receiver failed")?;
        Ok(judge(sent, arrived))
    }
}

fn unspecified(target: IpAddr) -> IpAddr {
    match target {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn in_namespace<T: Send>(
    namespace: &Namespace,
    work: impl FnOnce() -> std::io::Result<T> + Send,
) -> Result<T, String> {
    namespace
        .run(work)
        .and_then(|done| done)
        .map_err(|e| format!("socket: {e}"))
}

fn sockets(namespace: &Namespace, ports: [u16; 2]) -> Result<Vec<UdpSocket>, String> {
    ports
        .iter()
        .map(|port| {
            in_namespace(namespace, || {
                let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, *port))?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            })
        })
        .collect()
}

fn send(socket: &UdpSocket, target: IpAddr, ports: [u16; 2], stop: &AtomicBool) -> u64 {
    let mut number = 0u64;
    while !stop.load(Ordering::Relaxed) {
        for port in ports {
            // A packet that the kernel does not take is a gap, and shows as one.
            let _taken = socket.send_to(&number.to_le_bytes(), SocketAddr::new(target, port));
            number += 1;
        }
        thread::sleep(PAUSE);
    }
    number
}

fn receive(sockets: &[UdpSocket], stop: &AtomicBool) -> Vec<u64> {
    let mut numbers = Vec::new();
    let mut buffer = [0u8; 8];
    let mut last_round = false;
    loop {
        let mut idle = true;
        for socket in sockets {
            while let Ok(8) = socket.recv(&mut buffer) {
                numbers.push(u64::from_le_bytes(buffer));
                idle = false;
            }
        }
        if last_round && idle {
            return numbers;
        }
        if stop.load(Ordering::Relaxed) && !last_round {
            thread::sleep(SETTLE);
            last_round = true;
        }
        if idle {
            thread::sleep(Duration::from_micros(200));
        }
    }
}

/// The numbers that arrived, held against the rule that one port at a time is open.
fn judge(sent: u64, mut numbers: Vec<u64>) -> Report {
    numbers.sort_unstable();
    let arrived = numbers.len();
    let (mut cuts, mut mixtures) = (0, 0);
    for pair in numbers.windows(2) {
        let [before, after] = pair else { continue };
        match after - before {
            // The same port again: the same version.
            2 => {}
            // Both neighbours arrived, or neither of the two between: one cut explains it.
            1 | 3 => cuts += 1,
            gap => mixtures += usize::try_from(gap / 2).unwrap_or(usize::MAX),
        }
    }
    Report {
        sent,
        arrived,
        cuts,
        mixtures,
    }
}

impl Report {
    pub(super) fn sentence(&self) -> String {
        format!(
            "{} numbered packets sent, {} arrived, {} clean cuts between the versions, {} packets that met a mixture or were lost.",
            self.sent, self.arrived, self.cuts, self.mixtures
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_port_at_a_time_is_no_mixture() {
        let report = judge(10, vec![0, 2, 4, 5, 7, 9]);
        assert_eq!((report.cuts, report.mixtures), (1, 0));
    }

    #[test]
    fn a_hole_is_one() {
        let report = judge(20, vec![0, 2, 8, 10]);
        assert_eq!((report.cuts, report.mixtures), (0, 3));
    }

    #[test]
    fn both_ports_at_once_are_too_many_cuts() {
        let report = judge(6, vec![0, 1, 2, 3]);
        assert_eq!(report.cuts, 3);
    }
}
