//! Bundles come back as they were, and damaged ones do not come back at all.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpol_image::bundle::Counts;
use netpol_image::{
    Bundle, BundleError, LinkOptions, SourceMap, SourceRef, hex, link, policy_digest,
};
use netpol_policy::{Direction, RuleId};
use netpol_testgen::{Gen, Rng, Size, World};

const PRODUCER: &str = "netpolc 0.1.0";

fn sources(world: &World) -> SourceMap {
    let mut sources = SourceMap::default();
    for (place, policy) in world.policies.policies().iter().enumerate() {
        let isolation = world.policies.isolation_id(place, Direction::Ingress);
        let rules = (0..policy.rules.len()).map(|rule| world.policies.rule_id(place, rule));
        for id in std::iter::once(isolation).chain(rules) {
            let line = id.0;
            let place = SourceRef {
                policy: policy.key.clone(),
                text: format!("rule {line}"),
                file: format!("charts/shop/templates/{}.yaml", policy.key.name),
                line,
                column: 3,
                start: u64::from(line) * 40,
                end: u64::from(line) * 40 + 12,
            };
            sources.add(id, place);
        }
    }
    sources
}

fn bundle(seed: u64, size: Size) -> Bundle {
    let world = Gen::world(seed, size);
    let options = LinkOptions {
        policy_digest: policy_digest(&world.policies).unwrap(),
    };
    let images = (world.cluster.nodes.iter())
        .map(|node| {
            let image = link(&world.policies, &world.cluster, &node.name, &options).unwrap();
            (node.name.clone(), image.into_bytes())
        })
        .collect();
    Bundle {
        sources: sources(&world),
        policies: world.policies,
        inventory: Some(world.cluster),
        images,
    }
}

#[test]
fn a_bundle_comes_back_as_it_was_and_has_one_form() {
    for seed in 0..50 {
        let bundle = bundle(seed, Size::SMALL);
        let bytes = bundle.encode(PRODUCER).unwrap();
        assert_eq!(bytes, bundle.encode(PRODUCER).unwrap(), "seed {seed}");
        let (back, meta) = Bundle::decode_with_meta(&bytes).unwrap();
        assert_eq!(back, bundle, "seed {seed}");
        assert_eq!(back.encode(PRODUCER).unwrap(), bytes, "seed {seed}");
        assert_eq!(meta.producer, PRODUCER);
        assert_eq!(meta.counts.rule_bound, bundle.policies.id_bound());
        let digest = policy_digest(&bundle.policies).unwrap();
        assert_eq!(meta.policy_digest, hex::encode(&digest));
        for node in bundle.images.keys() {
            let view = back.image(node).unwrap().unwrap();
            let field = netpol_image::layout::header::POLICY_DIGEST;
            assert_eq!(view.digest(field), digest);
        }
        assert!(back.image("no such node").is_none());
    }
}

#[test]
fn an_empty_bundle_is_a_bundle() {
    let bytes = Bundle::default().encode(PRODUCER).unwrap();
    let (back, meta) = Bundle::decode_with_meta(&bytes).unwrap();
    assert_eq!(back, Bundle::default());
    let counts = Counts {
        rule_bound: RuleId::FIRST,
        ..Counts::default()
    };
    assert_eq!(meta.counts, counts);
}

#[test]
fn every_rule_leads_back_to_its_file() {
    let bundle = bundle(4, Size::SMALL);
    let back = Bundle::decode(&bundle.encode(PRODUCER).unwrap()).unwrap();
    let mut rules = 0;
    for (id, places) in back.sources.iter() {
        assert_eq!(places.first().unwrap().line, id.0);
        assert_eq!(back.sources.get(id), places);
        rules += 1;
    }
    assert!(rules > 10, "{rules}");
    assert!(back.sources.get(RuleId::SELF).is_empty());
}

#[test]
fn every_cut_and_every_flipped_bit_is_refused() {
    let size = Size {
        namespaces: 1,
        nodes: 1,
        endpoints: 1,
        workloads: 1,
        services: 0,
        policies: 1,
        cluster_policies: 0,
    };
    let mut bundle = bundle(2, size);
    bundle.images.clear();
    let good = bundle.encode(PRODUCER).unwrap();
    Bundle::decode(&good).unwrap();
    for len in 0..good.len() {
        let cut = good.get(..len).unwrap();
        assert!(Bundle::decode(cut).is_err(), "cut at {len}");
    }
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        *bytes.get_mut(bit / 8).unwrap() ^= 1 << (bit % 8);
        assert!(Bundle::decode(&bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn random_bytes_are_refused() {
    let mut rng = Rng::new(11);
    let good = bundle(3, Size::TINY).encode(PRODUCER).unwrap();
    for _ in 0..2_000 {
        let mut bytes = good.clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(bytes.len());
            *bytes.get_mut(at).unwrap() = u8::try_from(rng.below(256)).unwrap();
        }
        if bytes != good {
            assert!(Bundle::decode(&bytes).is_err());
        }
    }
}

#[test]
fn files_outside_of_the_root_are_refused() {
    for file in ["/etc/passwd", "../secret.yaml", "a/../../b.yaml"] {
        let mut bundle = bundle(1, Size::TINY);
        let (_, places) = bundle.sources.iter().next().unwrap();
        let place = SourceRef {
            file: file.to_owned(),
            ..places.first().unwrap().clone()
        };
        bundle.sources.add(RuleId(RuleId::FIRST), place);
        let error = bundle.encode(PRODUCER).unwrap_err();
        assert!(matches!(error, BundleError::Path(_)), "{error}");
    }
}

#[test]
fn sources_of_rules_that_do_not_exist_are_refused() {
    let mut bundle = bundle(1, Size::TINY);
    let (_, places) = bundle.sources.iter().next().unwrap();
    let place = places.first().unwrap().clone();
    let beyond = RuleId(bundle.policies.id_bound());
    bundle.sources.add(beyond, place);
    assert!(bundle.encode(PRODUCER).is_err());
}
