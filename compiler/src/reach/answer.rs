//! A question and everything that there is to say about it.

use super::directory::{Directory, Target};
use super::judge::{Judge, over_ports};
use super::ports::{self, PortRange};
use super::question::{PortQuestion, Who};
use netpol_policy::cidr::Family;
use netpol_policy::{Cluster, Decision, Flow, Matrix, Party, Protocol, Verdict};
use std::collections::HashMap;

/// Where questions are asked: the parties, their classes, and who judges.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Who is there.
    pub cluster: &'a Cluster,
    /// Their classes.
    pub matrix: &'a Matrix<'a>,
    /// Their names.
    pub directory: &'a Directory<'a>,
    /// Who gives the verdicts.
    pub judge: &'a dyn Judge,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// From whom to whom on which ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who opens the connection.
    pub from: Who,
    /// To whom.
    pub to: Who,
    /// On which ports of the destination.
    pub ports: PortQuestion,
}

/// One decision and everything that it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// Who opens the connection.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Set where the address families have different answers.
    pub family: Option<Family>,
    /// Ports of the destination.
    pub ports: Vec<PortRange>,
    /// What becomes of these packets.
    pub decision: Decision,
    /// One of these packets: what a derivation is about.
    pub witness: Flow,
}

/// Everything that there is to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// By source, then destination; what passes first, then what may, then what is dropped.
    pub answers: Vec<Answer>,
    /// What else one should know, one sentence each.
    pub notes: Vec<String>,
}

/// The verdict on everything that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    /// All of it passes.
    Allow,
    /// All of it is dropped.
    Deny,
    /// The input does not decide it, or not all of it while the rest passes.
    Unknown,
    /// A part is dropped, another part is not.
    Mixed,
}

impl Answers {
    /// One verdict for all of it.
    pub fn overall(&self) -> Overall {
        let any = |verdict| self.answers.iter().any(|a| a.decision.verdict == verdict);
        match (
            any(Verdict::Allow),
            any(Verdict::Deny),
            any(Verdict::Unknown),
        ) {
            (false, true, false) => Overall::Deny,
            (true, false, false) => Overall::Allow,
            (_, true, _) => Overall::Mixed,
            (_, false, _) => Overall::Unknown,
        }
    }
}

/// More pairs than this are `reach`'s to answer.
const MOST_PAIRS: usize = 1 << 20;

/// Answers a question.
///
/// # Errors
/// One sentence: an unknown name, a port name that nobody has, more pairs than one can read.
pub fn ask(desk: &Desk<'_>, question: &Question) -> Result<Answers, String> {
    let from = desk.directory.find(&question.from)?;
    let to = desk.directory.find(&question.to)?;
    if from.len().saturating_mul(to.len()) > MOST_PAIRS {
        return Err(format!(
            "that is {} × {} pairs; ask for fewer, or use `netpolc reach`",
            from.len(),
            to.len()
        ));
    }
    let exact = question.from.is_exact() && question.to.is_exact();
    let mut found = Answers::default();
    let mut refusals = Vec::new();
    for source in &from {
        for destination in &to {
            if !exact && is_itself(desk.cluster, source, destination) {
                continue;
            }
            match ask_pair(desk, source, destination, &question.ports) {
                Ok(answers) => found.answers.extend(answers),
                Err(refusal) => refusals.push(refusal),
            }
        }
    }
    if found.answers.is_empty() {
        let nobody = "nobody is meant on one of the sides".to_owned();
        return Err(refusals.into_iter().next().unwrap_or(nobody));
    }
    if found.answers.iter().any(|a| a.family.is_some()) {
        found.notes.push(
            "IPv4 and IPv6 have different answers; the primary address's stands first".to_owned(),
        );
    }
    found
        .notes
        .extend(service_notes(desk.cluster, &to, &question.ports));
    let pieces = |who: &Who, targets: &[Target]| match who {
        Who::World => Some(targets.len()),
        Who::Block(_) => Some(0),
        _ => None,
    };
    if let Some(pieces) = pieces(&question.from, &from).or_else(|| pieces(&question.to, &to)) {
        found.answers = join_pieces(found.answers, &question.from, pieces);
    }
    Ok(found)
}

/// One pod asked about itself, which only an exact question means.
fn is_itself(cluster: &Cluster, source: &Target, destination: &Target) -> bool {
    let same = source
        .endpoint()
        .filter(|at| destination.endpoint() == Some(*at));
    let endpoint = same.and_then(|at| cluster.endpoints.get(at));
    endpoint.is_some_and(|e| !e.several)
}

fn ask_pair(
    desk: &Desk<'_>,
    source: &Target,
    destination: &Target,
    ports: &PortQuestion,
) -> Result<Vec<Answer>, String> {
    let runs = ports.at(desk.cluster, destination.endpoint());
    if let (PortQuestion::Named { protocol, name }, []) = (ports, runs.as_slice()) {
        return Err(no_such_port(desk.cluster, destination, *protocol, name));
    }
    let meetings = meet(source, destination);
    if meetings.is_empty() {
        return Err(format!(
            "{} and {} have no address family in common",
            source.name, destination.name
        ));
    }
    let judged: Vec<_> = meetings
        .iter()
        .map(|(family, from, to)| {
            let parties = (*from, *to);
            (*family, parties, by_decision(desk, parties, &runs))
        })
        .collect();
    if judged.iter().all(|(.., decisions)| decisions.is_empty()) {
        return Err(no_verdict(&source.name, &destination.name));
    }
    let alike = judged.windows(2).all(|w| matches!(w, [a, b] if a.2 == b.2));
    let answers = judged.into_iter().take(if alike { 1 } else { usize::MAX });
    let answers = answers.flat_map(|(family, parties, decisions)| {
        decisions.into_iter().map(move |(decision, ports)| Answer {
            from: source.name.clone(),
            to: destination.name.clone(),
            family: family.filter(|_| !alike),
            witness: witness(parties, &ports),
            ports,
            decision,
        })
    });
    Ok(answers.collect())
}

/// The packet to the first of these ports.
fn witness((source, destination): (Party, Party), ports: &[PortRange]) -> Flow {
    let first = ports.first();
    Flow {
        source,
        destination,
        protocol: first.map_or(Protocol::Other, |range| range.protocol),
        port: first.map_or(0, |range| range.first),
    }
}

/// The parties of two targets that can send each other packets, by family; the source's primary
/// address first.
pub fn meet(source: &Target, destination: &Target) -> Vec<(Option<Family>, Party, Party)> {
    let mut meetings = Vec::new();
    for (of_source, from) in &source.parties {
        for (of_destination, to) in &destination.parties {
            match (of_source, of_destination) {
                (Some(a), Some(b)) if a != b => {}
                (a, b) => meetings.push((a.or(*b), *from, *to)),
            }
        }
    }
    meetings
}

/// The decisions on these ports, each once: what passes first, then in the order of their first
/// port.
fn by_decision(
    desk: &Desk<'_>,
    parties: (Party, Party),
    runs: &[(Protocol, u16, u16)],
) -> Vec<(Decision, Vec<PortRange>)> {
    let mut found: Vec<(Decision, Vec<PortRange>)> = Vec::new();
    let mut places: HashMap<Decision, usize> = HashMap::new();
    for &(protocol, first, last) in runs {
        for (first, last, decision) in
            over_ports(desk.judge, desk.matrix, parties, (protocol, first, last))
        {
            let at = *places.entry(decision).or_insert_with(|| {
                found.push((decision, Vec::new()));
                found.len() - 1
            });
            if let Some((_, ranges)) = found.get_mut(at) {
                ports::push(ranges, PortRange::new(protocol, first, last));
            }
        }
    }
    found.sort_by_key(|(decision, _)| match decision.verdict {
        Verdict::Allow => 0,
        Verdict::Unknown => 1,
        Verdict::Deny => 2,
    });
    found
}

/// Pieces of an address space that have the same answer become one answer; all pieces of the world
/// are `world` again. One side's pieces are joined, never both sides': the product would claim too
/// much.
fn join_pieces(answers: Vec<Answer>, from: &Who, pieces: usize) -> Vec<Answer> {
    let sources = matches!(from, Who::World | Who::Block(_));
    let side = |answer: &mut Answer| {
        std::mem::take(if sources {
            &mut answer.from
        } else {
            &mut answer.to
        })
    };
    let mut joined: Vec<(Answer, Vec<String>)> = Vec::new();
    let mut places: HashMap<Answer, usize> = HashMap::new();
    for mut answer in answers {
        let name = side(&mut answer);
        // Each piece has a packet of its own; the first piece's speaks for all.
        let nobody = witness((Party::Unknown, Party::Unknown), &[]);
        let packet = std::mem::replace(&mut answer.witness, nobody);
        if let Some((_, names)) = places.get(&answer).and_then(|at| joined.get_mut(*at)) {
            names.push(name);
        } else {
            places.insert(answer.clone(), joined.len());
            answer.witness = packet;
            joined.push((answer, vec![name]));
        }
    }
    let answers = joined.into_iter().map(|(mut answer, names)| {
        let name = if names.len() == pieces {
            "world".to_owned()
        } else {
            names.join(", ")
        };
        *(if sources {
            &mut answer.from
        } else {
            &mut answer.to
        }) = name;
        answer
    });
    answers.collect()
}

/// Only images have no verdict on parties that exist.
pub(super) fn no_verdict(source: &str, destination: &str) -> String {
    format!(
        "nothing compiled speaks of packets from {source} to {destination}: one of them has no \
         address yet, or its node no image"
    )
}

fn no_such_port(cluster: &Cluster, destination: &Target, protocol: Protocol, name: &str) -> String {
    let endpoint = destination
        .endpoint()
        .and_then(|at| cluster.endpoints.get(at));
    let named = endpoint.map_or(&[][..], |e| &e.ports).iter();
    let known: Vec<String> = named
        .filter_map(|p| Some(format!("{}/{}", p.protocol, p.name.as_ref()?)))
        .collect();
    let known = if known.is_empty() {
        "it names no port".to_owned()
    } else {
        format!("it has {}", known.join(", "))
    };
    format!(
        "`{}` has no {protocol} port named `{name}`; {known}",
        destination.name
    )
}

/// Policies judge the pods' ports; who asks for a Service's port should know that.
fn service_notes(cluster: &Cluster, to: &[Target], asked: &PortQuestion) -> Vec<String> {
    let PortQuestion::Range {
        protocol,
        first,
        last,
    } = asked
    else {
        return Vec::new();
    };
    let [target] = to else { return Vec::new() };
    let Some(endpoint) = target.endpoint().and_then(|at| cluster.endpoints.get(at)) else {
        return Vec::new();
    };
    let declared = |port: u16| {
        let mut ports = endpoint.ports.iter();
        ports.any(|p| p.protocol == *protocol && p.port == port)
    };
    if first != last || declared(*first) {
        return Vec::new();
    }
    let services = cluster.services.iter();
    let services = services.filter(|s| s.namespace == endpoint.namespace);
    let mut notes = Vec::new();
    for service in services {
        for port in (service.ports.iter()).filter(|p| p.protocol == *protocol && p.port == *first) {
            let behind = port.backends.iter();
            let behind = behind.filter(|(a, at)| endpoint.addresses.contains(a) && at != first);
            notes.extend(behind.take(1).map(|(_, at)| {
                format!(
                    "{protocol}/{first} is a port of Service {}/{}; policies judge the pod's port, \
                     {protocol}/{at}",
                    service.namespace, service.name
                )
            }));
        }
    }
    notes
}
