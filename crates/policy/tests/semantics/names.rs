//! Part 3: namespaces.

use crate::world::{World, allow_from, network_policy, pods_in};
use netpol_policy::{Cluster, Direction, UnknownCause, Verdict};

const IN: &[Direction] = &[Direction::Ingress];
const NAME: &str = "kubernetes.io/metadata.name";

/// S-NS-NAME: every namespace carries its name as a label, declared or not, and whatever the
/// manifest says.
#[test]
fn every_namespace_is_named_by_a_label() {
    let world = World::new()
        .namespace("declared", &[("team", "a"), (NAME, "a-lie")])
        .namespace("target", &[])
        .pod("declared/x", &[], &["10.0.0.1"])
        .pod("mentioned/y", &[], &["10.0.0.2"])
        .pod("target/db", &[], &["10.0.0.3"]);
    let label = |cluster: &Cluster, name: &str| {
        let namespace = cluster.namespaces.get(name).expect("a namespace");
        namespace.labels.get(NAME).map(str::to_owned)
    };
    let cluster = world.cluster();
    assert_eq!(label(&cluster, "declared").as_deref(), Some("declared"));
    assert_eq!(label(&cluster, "mentioned").as_deref(), Some("mentioned"));

    let by_name = |name| {
        allow_from(
            network_policy("target/by-name", &[], IN),
            vec![pods_in(&[(NAME, name)], &[])],
            vec![],
        )
    };
    let world = world.policy(by_name("mentioned"));
    assert!(world.allows("mentioned/y", "target/db", "TCP/80"));
    assert!(!world.allows("declared/x", "target/db", "TCP/80"));
}

/// S-NS-UNDECLARED: of a namespace that no manifest declares, only the name is known.
#[test]
fn labels_of_undeclared_namespaces_are_unknown() {
    let world = |labels| {
        World::new()
            .namespace("target", &[])
            .pod("mentioned/y", &[], &["10.0.0.2"])
            .pod("target/db", &[], &["10.0.0.3"])
            .policy(allow_from(
                network_policy("target/by-team", &[], IN),
                vec![pods_in(labels, &[])],
                vec![],
            ))
    };
    let side = world(&[("team", "a")])
        .ask("mentioned/y", "target/db", "TCP/80")
        .decision
        .ingress;
    assert_eq!(side.verdict, Verdict::Unknown);
    assert_eq!(side.cause, Some(UnknownCause::NamespaceLabels));
    // A requirement on the name that fails settles it, whatever else is asked.
    assert!(!world(&[("team", "a"), (NAME, "other")]).allows("mentioned/y", "target/db", "TCP/80"));
    // The empty selector asks for nothing.
    assert!(world(&[]).allows("mentioned/y", "target/db", "TCP/80"));
}

/// S-NS-UNDECLARED: in a closed world what was not seen is absent.
#[test]
fn a_closed_world_has_no_unknown_labels() {
    let world = World::new()
        .namespace("target", &[])
        .pod("mentioned/y", &[], &["10.0.0.2"])
        .pod("target/db", &[], &["10.0.0.3"])
        .policy(allow_from(
            network_policy("target/by-team", &[], IN),
            vec![pods_in(&[("team", "a")], &[])],
            vec![],
        ))
        .closed();
    assert!(!world.allows("mentioned/y", "target/db", "TCP/80"));
}
