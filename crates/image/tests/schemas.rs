//! The schemas say what the programs read and write.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpol_image::{Bundle, SourceMap, SourceRef};
use netpol_policy::{Cluster, RuleId};
use netpol_testgen::{Gen, Size};
use serde_json::{Value, json};

const INVENTORY: &str = include_str!("../../../schemas/inventory.v1.json");
const BUNDLE: &str = include_str!("../../../schemas/bundle.v1.json");

fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn example() -> Value {
    json!({
        "namespaces": { "shop": { "labels": { "team": "red" } } },
        "nodes": [{
            "name": "n1",
            "addresses": ["192.168.0.1", "fd00:c0de::1"],
            "podCIDRs": ["10.1.1.0/24", "fd00:1::/64"]
        }],
        "endpoints": [{
            "namespace": "shop",
            "name": "web",
            "labels": { "app": "web" },
            "addresses": ["10.1.1.10", "fd00:1::10"],
            "ports": [{ "name": "http", "port": 8080 }],
            "node": "n1",
            "interface": "veth0"
        }],
        "services": [{
            "namespace": "shop",
            "name": "web",
            "addresses": ["10.9.0.1"],
            "ports": [{ "protocol": "TCP", "port": 80, "backends": [["10.1.1.10", 8080]] }]
        }]
    })
}

#[test]
fn the_example_is_an_inventory_for_schema_and_reader() {
    let schema = validator(INVENTORY);
    assert!(schema.is_valid(&example()));
    let cluster: Cluster = serde_json::from_value(example()).unwrap();
    assert_eq!(cluster.endpoints.len(), 1);
    assert!(schema.is_valid(&json!({})));
    assert_eq!(
        serde_json::from_value::<Cluster>(json!({})).unwrap(),
        Cluster::default()
    );
}

#[test]
fn what_is_written_is_valid() {
    let schema = validator(INVENTORY);
    for seed in 0..100 {
        let cluster = Gen::cluster(seed, Size::SMALL);
        let value = serde_json::to_value(&cluster).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "seed {seed}");
        assert_eq!(serde_json::from_value::<Cluster>(value).unwrap(), cluster);
    }
}

/// Every change makes the example wrong for both.
#[test]
fn schema_and_reader_refuse_the_same() {
    let schema = validator(INVENTORY);
    let changes = [
        ("/endpoints/0/name", Value::Null),
        ("/endpoints/0/phase", json!("Sleeping")),
        ("/endpoints/0/addresses/0", json!("10.1.1.010")),
        ("/endpoints/0/addresses/0", json!("10.1.1.10/32")),
        ("/endpoints/0/ports/0/port", json!(65_536)),
        ("/endpoints/0/ports/0/protocol", json!("tcp")),
        ("/endpoints/0/podSelector", json!({})),
        ("/endpoints/0/hostNetwork", json!("yes")),
        ("/nodes/0/podCIDRs/0", json!("10.1.1.0")),
        ("/nodes/0/podCidrs", json!([])),
        ("/services/0/ports/0/backends/0", json!(["10.1.1.10"])),
        ("/services/0/ports/0/backends/0/1", json!(-1)),
        ("/namespaces/shop/labels/team", json!(1)),
        ("/pods", json!([])),
    ];
    for (path, value) in changes {
        let mut inventory = example();
        let (parent, key) = path.rsplit_once('/').unwrap();
        match inventory.pointer_mut(parent).unwrap() {
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            Value::Array(list) => *list.get_mut(key.parse::<usize>().unwrap()).unwrap() = value,
            _ => unreachable!("{parent} is neither a map nor a list"),
        }
        assert!(!schema.is_valid(&inventory), "the schema takes {path}");
        let read = serde_json::from_value::<Cluster>(inventory);
        assert!(read.is_err(), "the reader takes {path}");
    }
}

#[test]
fn the_sections_of_a_bundle_are_valid() {
    let schema = validator(BUNDLE);
    for seed in 0..20 {
        let world = Gen::world(seed, Size::SMALL);
        let mut sources = SourceMap::default();
        let first = world.policies.policies().first().unwrap();
        let place = SourceRef {
            policy: first.key.clone(),
            text: "isolated".to_owned(),
            file: "base/policy.yaml".to_owned(),
            line: 1,
            column: 1,
            start: 0,
            end: 9,
        };
        sources.add(RuleId(RuleId::FIRST), place);
        let bundle = Bundle {
            sources,
            policies: world.policies,
            inventory: Some(world.cluster),
            ..Bundle::default()
        };
        let bytes = bundle.encode("netpolc 0.1.0").unwrap();
        let (back, meta) = Bundle::decode_with_meta(&bytes).unwrap();
        let value = json!({ "meta": meta, "sources": back.sources });
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "seed {seed}");
    }
}
