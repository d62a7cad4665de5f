//! Before an image goes into force it answers questions whose answers are known.
//!
//! A second instance of the same programs, with maps of its own, runs upon the very map that will
//! be live. The questions are made here from inventory and policies: every local endpoint, every
//! identity class that can be told apart, both directions, the borders of the port ranges. The
//! answers come from [`decide()`], the evaluator that follows the specification word by word.

use crate::error::Error;
use crate::frame::{Frame, is_discovery};
use crate::kernel::ctl::{Ctl, Word};
use crate::kernel::maps::{Maps, Sizes};
use crate::kernel::object::{Programs, WithoutImage};
use crate::kernel::sys::{self, Hook, TestRun};
use netpol_policy::{Cluster, Direction, Flow, Matrix, Party, PolicySet, Protocol, decide};
use std::fs;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// No more questions are asked; when there are more, they are taken at even distances.
const MAX_QUESTIONS: usize = 2000;
/// What a TCX program returns to drop a packet.
const DROP: u32 = 2;

/// A local endpoint as far as questions are concerned.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its place in the inventory.
    pub endpoint: usize,
    /// The host side of its veth pair.
    pub ifindex: u32,
}

/// One question: a packet, and whether it must pass.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The hook that sees it.
    pub hook: Hook,
    /// At which interface.
    pub ifindex: u32,
    /// Was it made on this node?
    pub made_here: bool,
    /// The packet.
    pub frame: Frame,
    /// The answer.
    pub passes: bool,
}

/// Makes questions and answers.
pub fn questions(
    policies: &PolicySet,
    cluster: &Cluster,
    node: &str,
    subjects: &[Subject],
) -> Vec<Question> {
    let matrix = Matrix::new(policies, cluster);
    let peers: Vec<(Party, IpAddr)> = (0..matrix.class_count())
        .filter_map(|class| matrix.representative(class))
        .chain((0..cluster.nodes.len()).map(|at| cluster_node(cluster, at)))
        .filter_map(|party| Some((party, party.address()?)))
        .filter(|(_, address)| is_judged_as_itself(cluster, *address))
        .collect();
    let ports: Vec<(Protocol, u16)> = matrix
        .atoms()
        .iter()
        .flat_map(|atom| [(atom.protocol, atom.first), (atom.protocol, atom.last)])
        .collect();
    let asked = Asked {
        policies,
        cluster,
        node,
    };
    let all = subjects.iter().flat_map(|subject| {
        let addresses = cluster
            .endpoints
            .get(subject.endpoint)
            .map_or(&[][..], |e| &e.addresses);
        let (asked, peers, ports) = (&asked, &peers, &ports);
        addresses.iter().flat_map(move |own| {
            peers.iter().flat_map(move |peer| {
                ports.iter().flat_map(move |port| {
                    Direction::BOTH
                        .into_iter()
                        .map(move |direction| (asked, subject, *own, *peer, *port, direction))
                })
            })
        })
    });
    let count = subjects.len().max(1) * peers.len().max(1) * ports.len().max(1) * 4;
    // An odd step meets both directions and both ends of port ranges in turn.
    let step = (count / MAX_QUESTIONS) | 1;
    all.step_by(step)
        .filter_map(|(asked, subject, own, peer, port, direction)| {
            asked.question(subject, own, peer, port, direction)
        })
        .take(MAX_QUESTIONS)
        .collect()
}

fn cluster_node(cluster: &Cluster, at: usize) -> Party {
    let address = cluster.nodes.get(at).and_then(|n| n.addresses.first());
    Party::Node(at, address.copied())
}

/// Services are judged by their backends, link-local addresses by their interface: the questions
/// leave both out.
fn is_judged_as_itself(cluster: &Cluster, address: IpAddr) -> bool {
    let service = cluster
        .services
        .iter()
        .any(|s| s.addresses.contains(&address));
    let link = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(a) => a.is_unicast_link_local() || a.is_multicast(),
    };
    !service && !link
}

struct Asked<'a> {
    policies: &'a PolicySet,
    cluster: &'a Cluster,
    node: &'a str,
}

impl Asked<'_> {
    fn question(
        &self,
        subject: &Subject,
        own: IpAddr,
        (peer, address): (Party, IpAddr),
        (protocol, port): (Protocol, u16),
        direction: Direction,
    ) -> Option<Question> {
        if own.is_ipv4() != address.is_ipv4() || self.cluster.party_of(address) != peer {
            return None;
        }
        let me = Party::Endpoint(subject.endpoint, Some(own));
        let host = self.cluster.host_of(peer);
        let made_here = direction == Direction::Ingress && host == Some(Some(self.node));
        // Whoever forwards a packet with a node's address does not say who sent it.
        let peer = if direction == Direction::Ingress && host.is_some() && !made_here {
            Party::Unknown
        } else {
            peer
        };
        let (hook, source, destination, from, to) = match direction {
            Direction::Ingress => (Hook::ToPod, peer, me, address, own),
            Direction::Egress => (Hook::FromPod, me, peer, own, address),
        };
        let flow = Flow {
            source,
            destination,
            protocol,
            port,
        };
        let frame = Frame::opening(from, to, protocol, port);
        if is_discovery(&frame) {
            return None;
        }
        let side = decide(self.policies, self.cluster, &flow).side(direction);
        Some(Question {
            hook,
            ifindex: subject.ifindex,
            made_here,
            frame,
            passes: side.passes(),
        })
    }
}

/// What a self-test did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Questions that were asked, all of them answered as they must be.
    pub questions: usize,
}

/// Asks the programs about an image that is not in force yet.
///
/// # Errors
/// An answer is wrong, there is nothing to ask although endpoints are local, or the kernel refuses
/// the second instance.
pub fn run(
    pins: &Path,
    sizes: Sizes,
    image: BorrowedFd<'_>,
    questions: &[Question],
    subjects: usize,
) -> Result<Report, Error> {
    if questions.is_empty() && subjects > 0 {
        return Err(Error::SelfTest("there is nothing to ask".to_owned()));
    }
    let folder = pins.join("selftest");
    clean(&folder);
    crate::kernel::bpffs::make_private(&folder)?;
    let result = ask_all(&folder, sizes, image, questions);
    clean(&folder);
    result
}

/// Removes what a self-test pins; also what one left that was killed.
pub fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // What cannot be removed now is found again by the next run.
        let _ = fs::remove_file(entry.path());
    }
    let _ = fs::remove_dir(folder);
}

fn ask_all(
    folder: &Path,
    sizes: Sizes,
    image: BorrowedFd<'_>,
    questions: &[Question],
) -> Result<Report, Error> {
    let maps = Maps::open_or_create(folder, folder, sizes)?;
    let programs = Programs::load(&maps, sizes, WithoutImage::Drop)?;
    maps.set_slot(0, image)?;
    Ctl::map(&maps)?.store(Word::default());
    for question in questions {
        if ask(&programs, question)? != question.passes {
            return Err(Error::SelfTest(sentence(question)));
        }
    }
    Ok(Report {
        questions: questions.len(),
    })
}

/// Does the packet pass?
///
/// # Errors
/// The kernel refuses the test run.
pub fn ask(programs: &Programs, question: &Question) -> Result<bool, Error> {
    let run = TestRun {
        ingress_ifindex: u32::from(!question.made_here),
        ifindex: question.ifindex,
        repeat: 1,
    };
    let frame = question.frame.bytes().unwrap_or_default();
    let (answer, _) = sys::test_run(programs.at(question.hook), &frame, run)
        .map_err(|e| Error::kernel("run the program in the self-test", &e))?;
    Ok(answer != DROP)
}

fn sentence(question: &Question) -> String {
    let Frame {
        source,
        destination,
        protocol,
        port,
        ..
    } = question.frame;
    let (should, does) = if question.passes {
        ("pass", "drops")
    } else {
        ("drop", "passes")
    };
    format!(
        "{source} to {destination}, {} {port}, must {should} at {} and {does}",
        Protocol::from_ip(protocol),
        question.hook.name(),
    )
}
