//! What would be is what is once the files have been edited.

use crate::round_trip::{ask, manifests, world, written};
use crate::support::{dir, netpolc, shop, write};
use netpol_policy::PolicySet;
use netpol_testgen::World;
use std::path::Path;

const WORLDS: u64 = 16;

/// Flags, and the world in which their changes have been made.
type Edit = (Vec<String>, World);

fn edits(seed: u64, world: &World, dir: &Path) -> Vec<Edit> {
    let at = |count: usize| usize::try_from(seed).unwrap() % count.max(1);
    let with = |policies: Vec<_>| PolicySet::new(world.policies.dialect(), policies);
    let written = world.policies.policies();
    let mut edits: Vec<Edit> = Vec::new();

    // A policy goes, and one of another world comes under a new name or in its place.
    let gone = &written[at(written.len())].key;
    let name = format!("{}/{}", gone.namespace.as_deref().unwrap(), gone.name);
    let mut fewer = written.to_vec();
    fewer.retain(|policy| policy.key != *gone);
    let without = World {
        policies: with(fewer.clone()),
        ..world.clone()
    };
    edits.push((
        vec!["--remove".into(), format!("NetworkPolicy/{name}")],
        without.clone(),
    ));
    let other = self::world(seed + 500);
    let strangers = other.policies.policies().iter().rev();
    let mut of_pods = strangers.filter(|policy| policy.subject.endpoints().is_some());
    let mut stranger = of_pods.next().unwrap().clone();
    for new_name in ["stranger", &gone.name] {
        // The selectors of a NetworkPolicy lie in its own namespace.
        new_name.clone_into(&mut stranger.key.name);
        stranger.key.namespace.clone_from(&gone.namespace);
        let text = manifests(&World {
            policies: with(vec![rehomed(&stranger)]),
            cluster: netpol_policy::Cluster::default(),
        });
        let file = dir.with_file_name(format!("what-if-added-{seed}-{new_name}.yaml"));
        write(&file, &text);
        let mut more = written.to_vec();
        more.retain(|policy| policy.key.name != new_name || policy.key.namespace != gone.namespace);
        more.push(rehomed(&stranger));
        let edited = World {
            policies: with(more),
            ..world.clone()
        };
        edits.push((
            vec!["--add".into(), file.to_str().unwrap().to_owned()],
            edited,
        ));
    }

    // A pod or workload gets another label, loses one, or goes.
    let cluster = &world.cluster;
    let pod = at(cluster.endpoints.len());
    let endpoint = &cluster.endpoints[pod];
    let name = endpoint.display_name();
    let mut edited = world.clone();
    edited.cluster.endpoints[pod].labels.insert("app", "db");
    edits.push((vec!["--label".into(), format!("{name}=app=db")], edited));
    if let Some((key, _)) = endpoint.labels.iter().next() {
        let mut edited = world.clone();
        edited.cluster.endpoints[pod].labels.remove(key);
        edits.push((vec!["--label".into(), format!("{name}={key}-")], edited));
    }
    let mut edited = world.clone();
    edited.cluster.endpoints.remove(pod);
    edits.push((
        vec!["--remove".into(), format!("{}/{name}", endpoint.kind)],
        edited,
    ));

    // A namespace gets another label.
    for (name, namespace) in &cluster.namespaces {
        if !namespace.undeclared {
            let mut edited = world.clone();
            let labels = &mut edited.cluster.namespaces.get_mut(name).unwrap().labels;
            labels.insert("team", "a");
            edits.push((
                vec!["--label".into(), format!("namespace/{name}=team=a")],
                edited,
            ));
        }
    }
    // Two at once: removed first, then labelled.
    let mut edited = without;
    edited.cluster.endpoints[pod].labels.insert("app", "db");
    let mut flags = edits[0].0.clone();
    flags.extend([
        "--label".into(),
        format!("{}=app=db", endpoint.display_name()),
    ]);
    edits.push((flags, edited));
    edits
}

/// The policy with the scopes of its own namespace.
fn rehomed(policy: &netpol_policy::Policy) -> netpol_policy::Policy {
    use netpol_policy::{NamespaceScope, Peer, Subject};
    let mut policy = policy.clone();
    let home = policy.key.namespace.clone().unwrap();
    let settle = |scope: &mut NamespaceScope| {
        if matches!(scope, NamespaceScope::Named(_)) {
            *scope = NamespaceScope::Named(home.clone());
        }
    };
    if let Subject::Endpoints(selector) = &mut policy.subject {
        settle(&mut selector.namespaces);
    }
    for peer in policy
        .rules
        .iter_mut()
        .flat_map(|r| r.peers.iter_mut().flatten())
    {
        if let Peer::Pods(selector) = peer {
            settle(&mut selector.namespaces);
        }
    }
    policy
}

#[test]
fn a_what_if_answers_as_the_edited_files_do() {
    let (mut asked, mut changed) = (0, 0);
    for seed in 0..WORLDS {
        let world = world(seed);
        let base = written(seed + 2000, &world);
        let reach = ["reach", "--format", "json"];
        let before = ask(&reach, &world, &base).expect_code(0).stdout;
        for (flags, edited) in edits(seed, &world, &base) {
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            let there = dir(&format!("what-if-{seed}"));
            write(&there.join("all.yaml"), &manifests(&edited));
            let would = ask(&[&reach[..], &flags].concat(), &world, &base)
                .expect_code(0)
                .stdout;
            let is = ask(&reach, &edited, &there).expect_code(0).stdout;
            assert_eq!(would, is, "seed {seed}: {flags:?}");
            let query = [
                "query", "*/*", "*/*", "--port", "TCP/80", "--format", "json",
            ];
            let would = ask(&[&query[..], &flags].concat(), &world, &base);
            let is = ask(&query, &edited, &there);
            assert_eq!(would.code, is.code, "seed {seed}: {flags:?}");
            assert_eq!(
                verdicts(&would.json()),
                verdicts(&is.json()),
                "seed {seed}: {flags:?}"
            );
            asked += 1;
            changed += usize::from(before != ask(&reach, &edited, &there).stdout);
        }
    }
    assert!(
        changed > asked / 3,
        "{changed} of {asked} edits change anything"
    );
}

fn verdicts(json: &serde_json::Value) -> Vec<String> {
    let answers = json["answers"].as_array().unwrap().iter();
    let shown =
        answers.map(|a| format!("{} {} {} {}", a["from"], a["to"], a["ports"], a["verdict"]));
    shown.collect()
}

#[test]
fn what_does_not_exist_or_makes_no_sense_is_refused_with_the_way_out() {
    let dir = shop("what-if-refused");
    let path = dir.to_str().unwrap();
    for (flags, sentence) in [
        (
            ["--remove", "NetworkPolicy/shop/aip"],
            "did you mean `NetworkPolicy/shop/api`?",
        ),
        (["--remove", "nonsense"], "write KIND/NAMESPACE/NAME"),
        (["--label", "shop/wbe=a=b"], "did you mean `shop/web`?"),
        (
            ["--label", "namespace/shp=a=b"],
            "did you mean `namespace/shop`?",
        ),
        (["--label", "shop/web"], "write ns/name=key=value"),
    ] {
        let args = ["query", "shop/web", "shop/api", flags[0], flags[1], path];
        let ended = netpolc(args).expect_code(2);
        assert!(
            ended.stderr.contains(sentence),
            "{flags:?}: {}",
            ended.stderr
        );
    }
    for (flags, way_out) in [
        (["--remove", "NetworkPolicy/shop/api"], "leave out --image"),
        (["--label", "shop/web=a=b"], "leave out --image"),
        (["--add", "new.yaml"], "leave out --image"),
        (["--dialect", "cilium"], "build it anew"),
        (["--cluster-state", "dump.json"], "give the dump as a PATH"),
    ] {
        let args = [
            "query",
            "--image",
            "policy.npb",
            "a/b",
            "c/d",
            flags[0],
            flags[1],
        ];
        let ended = netpolc(args).expect_code(2);
        assert!(
            ended.stderr.contains(way_out),
            "{flags:?}: {}",
            ended.stderr
        );
    }
}
