//! Load, real packets, status: the way through.

use crate::lab::{Town, connects, ingress, no_egress, set, skip};

#[test]
fn a_loaded_bundle_judges_real_connections() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/other", "shop/web"]);
    let _server = town.listen("shop/db", 5432);
    let _other = town.listen("shop/db", 5433);
    for v6 in [false, true] {
        assert!(town.connects("shop/other", town.address("shop/db", v6), 5432));
    }
    let loaded = town.load(&set(vec![ingress("shop", "db", &["web"], 5432)]));
    assert_eq!(loaded.generation, 1);
    assert_eq!(loaded.endpoints.len(), 3);
    assert!(loaded.questions > 0);
    for v6 in [false, true] {
        let db = town.address("shop/db", v6);
        assert!(town.connects("shop/web", db, 5432), "v6 {v6}");
        assert!(!town.connects("shop/web", db, 5433), "v6 {v6}");
        assert!(!town.connects("shop/other", db, 5432), "v6 {v6}");
        // The node always reaches its own pods.
        let run = || connects(db, 5433);
        assert!(town.node.namespace.run(run).unwrap(), "v6 {v6}");
    }
    let status = town.view(|view| view.status().unwrap());
    assert_eq!(status.live.unwrap().generation, 1);
    assert!(status.faults.is_empty(), "{:?}", status.faults);
    assert!(status.endpoints.iter().all(|e| e.enforced));
}

#[test]
fn replies_pass_where_policy_alone_would_deny_them() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _server = town.listen("shop/db", 5432);
    // The server may send nothing of its own accord, and the client takes nothing in.
    town.load(&set(vec![
        ingress("shop", "db", &["web"], 5432),
        no_egress("shop", "db"),
        ingress("shop", "web", &[], 1),
    ]));
    for v6 in [false, true] {
        let db = town.address("shop/db", v6);
        assert!(town.connects("shop/web", db, 5432), "v6 {v6}");
        assert!(!town.connects("shop/db", town.address("shop/web", v6), 80));
        // Also to the node, which made the first packet.
        assert!(town.node.namespace.run(|| connects(db, 5432)).unwrap());
    }
}
