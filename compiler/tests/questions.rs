//! `query`, `reach` and `decide` never disagree, on random worlds of all policy languages: every
//! pair of parties, outside addresses and nodes included, at every port where something changes;
//! and what is put together or followed over several hops is what the pairs say.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use netpol_policy::cidr::Family;
use netpol_policy::{Flow, Matrix, Party, Protocol, Verdict, decide, from_local_node, is_self};
use netpol_testgen::{Gen, Size, World};
use netpolc::reach::aggregate::aggregated;
use netpolc::reach::blast::blast;
use netpolc::reach::directory::Target;
use netpolc::reach::graph::GroupKind;
use netpolc::reach::view::{How, View};
use netpolc::reach::{
    Answers, Desk, Directory, ModelJudge, PortQuestion, Question, Reachability, Who, ask,
};
use std::collections::{BTreeMap, BTreeSet};

const WORLDS: u64 = 24;

/// A world and everything that is made of it.
fn with_world(seed: u64, check: impl FnOnce(&World, &Matrix<'_>, &Directory<'_>, &View<'_>)) {
    let world = Gen::world(seed, Size::SMALL);
    let matrix = Matrix::new(&world.policies, &world.cluster);
    let directory = Directory::new(&world.cluster, &matrix);
    let reach = Reachability::new(&world.cluster, &matrix, &directory);
    let view = View::new(&reach, &directory, &world.cluster, &matrix, &world.policies);
    check(&world, &matrix, &directory, &view);
}

/// A few ports of every protocol, those at which policies change something among them.
fn ports(world: &World, seed: u64) -> Vec<(Protocol, u16)> {
    let flows = Gen::flows(seed, world, 40);
    let mut ports: BTreeSet<(Protocol, u16)> = flows.iter().map(|f| (f.protocol, f.port)).collect();
    ports.extend([
        (Protocol::Tcp, 80),
        (Protocol::Udp, 53),
        (Protocol::Other, 0),
    ]);
    ports.into_iter().take(12).collect()
}

/// Every party of a view with its group: names, and an address of each outside run at which nobody
/// is.
fn everybody(view: &View<'_>, directory: &Directory<'_>) -> Vec<(usize, Target)> {
    let by_name: BTreeMap<String, Target> = (directory.everybody().into_iter())
        .map(|(target, ..)| (target.name.clone(), target))
        .collect();
    let mut all = Vec::new();
    for (at, node) in view.nodes.iter().enumerate() {
        for member in &node.members {
            all.push((at, by_name[&member.name].clone()));
        }
        for range in &node.addresses {
            let address = range.family.address(range.first);
            let party = directory.party_of(address);
            if matches!(party, Party::External(_) | Party::UnknownPod(_)) {
                let parties = vec![(Some(range.family), party)];
                let name = address.to_string();
                all.push((at, Target { name, parties }));
            }
        }
    }
    all
}

/// What a view says of a pair of groups at a port.
fn shown(
    view: &View<'_>,
    (from, to): (usize, usize),
    family: Option<Family>,
    (protocol, port): (Protocol, u16),
) -> Verdict {
    let rows = view.rows.iter().filter(|row| {
        (row.from, row.to) == (from, to)
            && row.family.is_none_or(|f| Some(f) == family)
            && row.ports.iter().any(|range| range.contains(protocol, port))
    });
    let found: Vec<How> = rows.map(|row| row.how).collect();
    match found.as_slice() {
        [] => Verdict::Deny,
        [How::Certain] => Verdict::Allow,
        [How::Unknown] => Verdict::Unknown,
        other => panic!("one row for a port: {other:?}"),
    }
}

#[test]
fn reach_says_of_every_pair_what_decide_says() {
    let (mut asked, mut allowed, mut hosts, mut apart) = (0_u32, 0, 0, 0);
    for seed in 0..WORLDS {
        with_world(seed, |world, _, directory, view| {
            let all = everybody(view, directory);
            apart += u32::from(view.lists_nodes);
            for ((from, source), (to, destination)) in
                all.iter().flat_map(|a| all.iter().map(move |b| (a, b)))
            {
                let kinds = [view.nodes[*from].kind, view.nodes[*to].kind];
                let a_host = kinds.contains(&GroupKind::Hosts);
                let listed = kinds.contains(&GroupKind::Pods) || (view.lists_nodes && a_host);
                if !listed || (source.name == destination.name && !a_host_of(view, *from)) {
                    continue;
                }
                for (family, a, b) in netpolc::reach::answer::meet(source, destination) {
                    for (protocol, port) in ports(world, seed) {
                        let flow = Flow {
                            source: a,
                            destination: b,
                            protocol,
                            port,
                        };
                        let local = from_local_node(&world.cluster, &flow);
                        if is_self(&world.cluster, &flow) || (!view.lists_nodes && local.possible())
                        {
                            continue;
                        }
                        let expected = decide(&world.policies, &world.cluster, &flow).verdict;
                        let got = shown(view, (*from, *to), family, (protocol, port));
                        assert_eq!(
                            got, expected,
                            "seed {seed}: {} → {} {family:?} {protocol}/{port}",
                            source.name, destination.name
                        );
                        asked += 1;
                        allowed += u32::from(expected == Verdict::Allow);
                        hosts += u32::from(a_host);
                    }
                }
            }
        });
    }
    assert!(
        asked > 100_000 && allowed > asked / 10 && allowed < asked * 9 / 10,
        "{allowed} of {asked}"
    );
    assert!(hosts > 5_000, "{hosts}");
    assert!(apart > 2, "{apart} worlds tell nodes apart");
}

/// A name that may stand for several, so that it has siblings.
fn a_host_of(view: &View<'_>, at: usize) -> bool {
    view.nodes[at].kind == GroupKind::Pods && view.nodes[at].members.iter().all(|m| m.several)
}

#[test]
fn query_says_of_every_pair_what_reach_says() {
    let mut asked = 0;
    for seed in 100..100 + WORLDS / 2 {
        with_world(seed, |world, matrix, directory, view| {
            let judge = ModelJudge::new(matrix, &world.cluster);
            let desk = Desk {
                cluster: &world.cluster,
                matrix,
                directory,
                judge: &judge,
            };
            let all = everybody(view, directory);
            for ((from, source), (to, destination)) in
                all.iter().flat_map(|a| all.iter().map(move |b| (a, b)))
            {
                let kinds = [view.nodes[*from].kind, view.nodes[*to].kind];
                if !kinds.contains(&GroupKind::Pods) || source.name == destination.name {
                    continue;
                }
                let meetings = netpolc::reach::answer::meet(source, destination);
                let from_own_node = meetings.iter().any(|(_, a, b)| {
                    let flow = Flow {
                        source: *a,
                        destination: *b,
                        protocol: Protocol::Tcp,
                        port: 80,
                    };
                    from_local_node(&world.cluster, &flow).possible()
                });
                if meetings.is_empty() || (from_own_node && !view.lists_nodes) {
                    continue;
                }
                let who = |name: &str| name.parse::<Who>().unwrap();
                let question = Question {
                    from: who(&source.name),
                    to: who(&destination.name),
                    ports: PortQuestion::All,
                };
                let answers = ask(&desk, &question).unwrap();
                for (family, ..) in meetings {
                    for (protocol, port) in ports(world, seed) {
                        let said = answered(&answers, family, (protocol, port));
                        let got = shown(view, (*from, *to), family, (protocol, port));
                        assert_eq!(
                            got, said,
                            "seed {seed}: {} → {} {family:?} {protocol}/{port}",
                            source.name, destination.name
                        );
                        asked += 1;
                    }
                }
            }
        });
    }
    assert!(asked > 30_000, "{asked}");
}

fn answered(answers: &Answers, family: Option<Family>, port: (Protocol, u16)) -> Verdict {
    let fits = |a: &&netpolc::reach::Answer| {
        a.family.is_none_or(|f| Some(f) == family)
            && a.ports.iter().any(|range| range.contains(port.0, port.1))
    };
    let mut found = answers.answers.iter().filter(fits);
    let verdict = found.next().unwrap().decision.verdict;
    assert!(found.all(|a| a.decision.verdict == verdict), "{answers:#?}");
    verdict
}

/// Three heaps by name: for each port as many pairs pass as there are.
#[test]
fn what_is_put_together_counts_its_pairs() {
    let mut some = 0;
    for seed in 200..200 + WORLDS / 2 {
        with_world(seed, |world, _, directory, view| {
            let heap = |name: &str| (name.bytes().map(u32::from).sum::<u32>() % 3).to_string();
            let whole = aggregated(view, |_, member| heap(&member.name));
            let all = everybody(view, directory);
            let place = |old: usize, target: &Target| {
                let node = &view.nodes[old];
                (whole.nodes.iter()).position(|n| {
                    let same = if node.members.is_empty() {
                        n.addresses == node.addresses
                    } else {
                        n.name.as_deref() == Some(&heap(&target.name))
                    };
                    same && n.kind == node.kind
                })
            };
            let (protocol, port) = (Protocol::Tcp, 80);
            let mut counts: BTreeMap<(usize, usize, Family), (u64, u64)> = BTreeMap::new();
            for ((from, source), (to, destination)) in
                all.iter().flat_map(|a| all.iter().map(move |b| (a, b)))
            {
                let same = source.name == destination.name;
                let has_siblings =
                    (view.nodes[*from].members.iter()).any(|m| m.name == source.name && m.several);
                // An outside group is one party, however many runs it has.
                let first = |at: usize, target: &Target| {
                    let node = &view.nodes[at];
                    let mut own = all.iter().filter(|(other, _)| *other == at);
                    !node.members.is_empty() || own.next().unwrap().1.name == target.name
                };
                if (same && !has_siblings) || !first(*from, source) || !first(*to, destination) {
                    continue;
                }
                let key = (
                    place(*from, source).unwrap(),
                    place(*to, destination).unwrap(),
                );
                for family in [Family::V4, Family::V6] {
                    let verdict = shown(view, (*from, *to), Some(family), (protocol, port));
                    let count = counts.entry((key.0, key.1, family)).or_default();
                    count.0 += u64::from(verdict == Verdict::Allow);
                    count.1 += u64::from(verdict == Verdict::Unknown);
                }
            }
            for ((from, to, family), expected) in counts {
                let rows = whole.rows.iter().filter(|row| {
                    (row.from, row.to) == (from, to)
                        && row.family.is_none_or(|f| f == family)
                        && row.ports.iter().any(|range| range.contains(protocol, port))
                });
                let found: Vec<How> = rows.map(|row| row.how).collect();
                match found.as_slice() {
                    [] => assert_eq!(expected, (0, 0), "seed {seed}"),
                    [How::Certain] => assert!(expected.0 > 0 && expected.1 == 0, "seed {seed}"),
                    [How::Unknown] => assert!(expected.0 == 0 && expected.1 > 0, "seed {seed}"),
                    [
                        How::Some {
                            allowed,
                            unknown,
                            pairs,
                        },
                    ] => {
                        assert_eq!((*allowed, *unknown), expected, "seed {seed}");
                        assert!(allowed.max(unknown) < pairs, "seed {seed}");
                        some += 1;
                    }
                    other => panic!("one row for a port: {other:?}"),
                }
            }
            let _ = world;
        });
    }
    assert!(some > 100, "{some}");
}

/// Who is within reach is who is found by walking along connections, one party after the other.
#[test]
fn the_blast_radius_is_the_closure_of_the_pairs() {
    let (mut far, mut worlds) = (0, 0);
    for seed in 300..300 + WORLDS {
        with_world(seed, |world, _, directory, view| {
            let all = everybody(view, directory);
            let names: Vec<(usize, &Target)> = (all.iter())
                .filter(|(at, _)| !view.nodes[*at].members.is_empty())
                .map(|(at, target)| (*at, target))
                .collect();
            let start = &names[0].1.name;
            let homes = homes(world, &names);
            let passes = |(from, a): (usize, &Target), (to, b): (usize, &Target)| {
                let kinds = (view.nodes[from].kind, view.nodes[to].kind);
                let own = kinds == (GroupKind::Hosts, GroupKind::Pods)
                    && !view.lists_nodes
                    && homes.contains_key(&a.name)
                    && homes.get(&a.name) == homes.get(&b.name);
                own || (view.rows.iter())
                    .any(|row| (row.from, row.to) == (from, to) && row.how == How::Certain)
            };
            let mut hops: BTreeMap<&str, usize> = BTreeMap::from([(start.as_str(), 0)]);
            let mut edge = vec![names[0]];
            let mut distance = 0;
            while !edge.is_empty() {
                distance += 1;
                let mut next = Vec::new();
                for (from, to) in edge
                    .iter()
                    .flat_map(|a| names.iter().map(move |b| (*a, *b)))
                {
                    if !hops.contains_key(to.1.name.as_str()) && passes(from, to) {
                        hops.insert(&to.1.name, distance);
                        next.push(to);
                    }
                }
                edge = next;
            }
            let inside = BTreeSet::from([start.clone()]);
            let found = blast(view, &inside, false, None, &homes);
            let mut got: BTreeMap<&str, usize> = BTreeMap::from([(start.as_str(), 0)]);
            for one in found.reached.iter().filter(|one| one.certain) {
                assert_eq!(one.path.len(), one.hops + 1);
                for member in &found.view.nodes[one.node].members {
                    got.insert(&member.name, one.hops);
                }
            }
            assert_eq!(got, hops, "seed {seed} from {start}");
            far += usize::from(hops.values().any(|hops| *hops > 1));
            worlds += 1;
        });
    }
    assert!(far > worlds / 6, "{far} of {worlds} reach beyond one hop");
}

fn homes(world: &World, names: &[(usize, &Target)]) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for (_, target) in names {
        let home = match target.parties[0].1 {
            Party::Endpoint(at, _) => world.cluster.endpoints[at].node.clone(),
            Party::Node(at, _) => Some(world.cluster.nodes[at].name.clone()),
            _ => None,
        };
        if let Some(home) = home {
            homes.insert(target.name.clone(), home);
        }
    }
    homes
}
