//! What surrounds enforcement: events, counters, detach, privileges, signatures, other programs.

use crate::lab::{Town, bundle, ingress, no_egress, set, skip};
use netpol_image::{SecretKey, sign};
use netpol_policy::{PolicySet, RuleId};
use netpold::exec::Pins;
use netpold::{Error, Options};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fs;
use std::process::{Command, Output};

#[test]
fn a_drop_names_its_rule_and_its_pod() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let policies = set(vec![ingress("shop", "db", &[], 1)]);
    let isolated = RuleId::FIRST;
    let loaded = town.load(&policies);
    let db = town.address("shop/db", true);
    assert!(!town.connects("shop/web", db, 5432));
    let told = town.view(|view| {
        let event = view.events().unwrap().next_event().expect("an event");
        view.explain(event)
    });
    assert_eq!(told.event.rule, isolated);
    assert_eq!(told.event.generation, loaded.generation);
    assert!(loaded.bundle.starts_with(&told.event.bundle));
    assert_eq!(told.event.destination, db);
    assert_eq!(told.event.source, town.address("shop/web", true));
    assert_eq!((told.event.port, told.event.direction), (5432, "ingress"));
    assert_eq!(told.event.ifindex, town.pod("shop/db").ifindex);
    assert_eq!(told.endpoint.as_deref(), Some("shop/db"));
    assert!(
        told.text
            .contains("isolated by NetworkPolicy shop/db-ingress"),
        "{}",
        told.text
    );
    let counters = town.view(|view| view.counters().unwrap());
    let counter = counters
        .iter()
        .find(|c| c.rule == isolated)
        .expect("a counter");
    assert!(counter.packets >= 1 && counter.bytes > 60 && counter.direction == "ingress");
}

#[test]
fn events_are_limited_per_pod_and_the_rest_is_counted() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    town.load(&set(vec![no_egress("shop", "web")]));
    let db = town.address("shop/db", false);
    let burst = || {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        for _ in 0..500 {
            let _ = socket.send_to(b"?", (db, 9));
        }
    };
    town.pod("shop/web").namespace.run(burst).unwrap();
    let told = town.view(|view| {
        let mut events = view.events().unwrap();
        std::iter::from_fn(|| events.next_event()).count()
    });
    let status = town.view(|view| view.status().unwrap());
    let web = status.endpoints.iter().find(|e| e.name == "web").unwrap();
    // The burst may straddle two or three seconds.
    assert!((1..=3 * 64).contains(&told), "{told}");
    let told = u64::try_from(told).unwrap();
    assert_eq!(told + web.suppressed_events + web.lost_events, 500);
}

#[test]
fn counters_belong_to_their_bundle() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let denied = |name: &str| set(vec![ingress("shop", name, &[], 1)]);
    let db = town.address("shop/db", false);
    let met = || {
        let counters = town.view(|view| view.counters().unwrap());
        let of_policies = counters.iter().filter(|c| c.rule >= RuleId::FIRST);
        of_policies.map(|c| c.packets).sum::<u64>()
    };
    town.load(&denied("db"));
    assert!(!town.connects("shop/web", db, 1));
    let first = met();
    assert!(first > 0);
    town.load(&denied("web"));
    assert_eq!(met(), 0);
    // The first bundle finds its counters again.
    town.agent(|agent| agent.rollback(None).unwrap());
    assert!(met() >= first);
}

#[test]
fn detach_leaves_nothing() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _server = town.listen("shop/db", 80);
    town.load(&set(vec![ingress("shop", "db", &[], 1)]));
    let db = town.address("shop/db", false);
    assert!(!town.connects("shop/web", db, 80));
    let base = town.options().bpffs.unwrap();
    let removed = town.agent(|agent| agent.detach().unwrap());
    assert_eq!(removed, 4);
    assert!(town.connects("shop/web", db, 80));
    assert!(
        !base.exists(),
        "{:?}",
        fs::read_dir(&base).unwrap().collect::<Vec<_>>()
    );
    assert_eq!(
        fs::read_dir(town.place.state().join("bundles"))
            .unwrap()
            .count(),
        0
    );
    let status = town.view(|view| view.status().unwrap());
    assert_eq!(status.live, None);
    // Generations go on counting.
    assert_eq!(town.load(&set(Vec::new())).generation, 2);
}

#[test]
fn a_file_system_of_its_own_goes_with_detach() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db"]);
    let own = town.place.state().join("bpffs");
    let options = Options {
        bpffs: Some(own.clone()),
        ..town.options()
    };
    let bytes = bundle(&set(Vec::new()));
    town.agent_with(options, |agent| {
        agent.load(bytes, None, &town.cluster).unwrap();
        assert!(netpold::kernel::bpffs::is_bpffs(&own));
        agent.detach().unwrap();
    });
    assert!(!own.exists());
}

#[test]
fn a_failed_load_changes_nothing() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    town.load(&set(vec![ingress("shop", "db", &[], 1)]));
    let pins = Pins::new(town.options().bpffs.unwrap());
    let before = (pins.links(), pins.instances(), pins.generations(1));
    let error = town.agent(|agent| {
        let mut bytes = bundle(&set(Vec::new()));
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        agent.load(bytes, None, &town.cluster).unwrap_err()
    });
    assert!(matches!(error, Error::Bundle(_)), "{error}");
    let elsewhere = Options {
        node: Some("elsewhere".to_owned()),
        ..town.options()
    };
    town.agent_with(elsewhere, |agent| {
        let bytes = bundle(&set(Vec::new()));
        let error = agent.load(bytes, None, &town.cluster).unwrap_err();
        assert!(error.to_string().contains("elsewhere"), "{error}");
    });
    assert_eq!(
        (pins.links(), pins.instances(), pins.generations(1)),
        before
    );
    let status = town.view(|view| view.status().unwrap());
    assert_eq!(status.live.unwrap().generation, 1);
}

#[test]
fn signatures_and_serial_numbers_only_go_up() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db"]);
    let secret = SecretKey::from_text(&format!("netpol-secret-key-v1\n{}\n", "07".repeat(32)));
    let secret = secret.unwrap();
    let with_key = Options {
        keys: vec![secret.public()],
        ..town.options()
    };
    let bytes = |at: u16| bundle(&set(vec![ingress("shop", "db", &["web"], at)]));
    let signed = |at: u16, serial| sign(&secret, &bytes(at), serial, None).to_text();
    let load = |options: &Options, at, signature: Option<String>| {
        town.agent_with(options.clone(), |agent| {
            agent.load(bytes(at), signature.as_deref(), &town.cluster)
        })
    };
    let unsigned = load(&with_key, 1, None).unwrap_err();
    assert!(unsigned.to_string().contains("not signed"), "{unsigned}");
    let other = load(&with_key, 1, Some(signed(2, 9))).unwrap_err();
    assert!(other.to_string().contains("another bundle"), "{other}");
    let loaded = load(&with_key, 1, Some(signed(1, 9))).unwrap();
    assert_eq!(loaded.serial, Some(9));
    let older = load(&with_key, 2, Some(signed(2, 8))).unwrap_err();
    assert!(older.to_string().contains("--allow-downgrade"), "{older}");
    let meant = Options {
        allow_downgrade: true,
        ..with_key
    };
    assert_eq!(load(&meant, 2, Some(signed(2, 8))).unwrap().serial, Some(8));
}

/// Runs the command inside of the node with exactly these capabilities.
fn netpold(town: &Town, capabilities: CapabilitySet, line: &[&str]) -> Output {
    let state = town.place.state();
    let pins = town.options().bpffs.unwrap();
    let run = || {
        for one in CapabilitySet::all().iter() {
            if !capabilities.contains(one) {
                // Capabilities that this kernel does not know are not there to be removed.
                let _ = rustix::thread::remove_capability_from_bounding_set(one);
            }
        }
        let sets = CapabilitySets {
            effective: capabilities,
            permitted: capabilities,
            inheritable: CapabilitySet::empty(),
        };
        rustix::thread::set_capabilities(None, sets).unwrap();
        Command::new(env!("CARGO_BIN_EXE_netpold"))
            .args(line)
            .arg("--state-dir")
            .arg(&state)
            .arg("--bpffs")
            .arg(&pins)
            .output()
            .unwrap()
    };
    town.node.namespace.run(run).unwrap()
}

fn files(town: &Town, policies: &PolicySet) -> [String; 2] {
    let folder = town.place.state().with_file_name("files");
    fs::create_dir_all(&folder).unwrap();
    let (policy, inventory) = (folder.join("policy.npb"), folder.join("inventory.json"));
    fs::write(&policy, bundle(policies)).unwrap();
    fs::write(&inventory, serde_json::to_vec(&town.cluster).unwrap()).unwrap();
    [policy, inventory].map(|path| path.to_str().unwrap().to_owned())
}

#[test]
fn three_capabilities_are_enough_and_each_is_missed_by_name() {
    if skip() {
        return;
    }
    let town = Town::new(&["shop/db", "shop/web"]);
    let _server = town.listen("shop/db", 80);
    let [policy, inventory] = files(&town, &set(vec![ingress("shop", "db", &[], 1)]));
    let needed = CapabilitySet::BPF | CapabilitySet::NET_ADMIN | CapabilitySet::PERFMON;
    let load = ["load", &policy, "--endpoints", &inventory];
    for (one, name) in [
        (CapabilitySet::BPF, "CAP_BPF"),
        (CapabilitySet::NET_ADMIN, "CAP_NET_ADMIN"),
        (CapabilitySet::PERFMON, "CAP_PERFMON"),
    ] {
        let ended = netpold(&town, needed - one, &load);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(name), "{said}");
    }
    for verb in [
        &load[..],
        &load[..],
        &["status"],
        &["counters"],
        &["events"],
        &["rollback"],
        &["detach"],
    ] {
        let ended = netpold(&town, needed, verb);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        // The same bundle twice leaves nothing to roll back to.
        let expected = if verb == ["rollback"] { 2 } else { 0 };
        assert_eq!(ended.status.code(), Some(expected), "{verb:?}: {said}");
        if verb == ["status"] {
            assert!(!town.connects("shop/web", town.address("shop/db", false), 80));
        }
    }
    assert!(town.connects("shop/web", town.address("shop/db", false), 80));
}

#[test]
fn programs_of_others_are_refused_unless_beside() {
    if skip() {
        return;
    }
    // Another instance of ourselves is somebody else.
    let town = Town::new(&["shop/db", "shop/web"]);
    town.load(&set(Vec::new()));
    let other = Options {
        bpffs: Some(town.place.bpffs().join("other")),
        ..Options::new(town.place.state().with_file_name("other"))
    };
    let bytes = || bundle(&set(vec![ingress("shop", "db", &[], 1)]));
    let error = town.agent_with(other.clone(), |agent| {
        agent.load(bytes(), None, &town.cluster).unwrap_err()
    });
    assert!(error.to_string().contains("--beside"), "{error}");
    let beside = Options {
        beside: true,
        ..other
    };
    let loaded = town.agent_with(beside, |agent| {
        agent.load(bytes(), None, &town.cluster).unwrap()
    });
    assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
    let _server = town.listen("shop/db", 80);
    assert!(!town.connects("shop/web", town.address("shop/db", false), 80));
}
