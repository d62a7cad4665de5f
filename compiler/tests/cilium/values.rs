//! Values of Cilium's chart against each other: every row of the table of contradictions, with
//! values that make it hold and values that do not, in every version of the chart that it holds
//! for (`tests/fixtures/cni-contradictions.json`).

use netpolc::finding::{Finding, Severity};
use netpolc::lint::cni::chart::versions;
use netpolc::lint::cni::contradiction::{Class, Row, table};
use netpolc::lint::{self, Selection};
use netpolc::load::LoadOptions;
use netpolc::model::ChartVersion;
use netpolc::resolve::{Inputs, read};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    bad: Value,
    good: Value,
    /// Where only one version is looked at.
    #[serde(default)]
    version: Option<String>,
}

/// What the rules of `NP6xx` say of values alone; YAML is a superset of JSON.
fn findings(values: &str, version: ChartVersion) -> Vec<Finding> {
    let analysis = read(&Inputs {
        cni_values: vec![PathBuf::from("-")],
        cni_version: Some(version),
        load: LoadOptions {
            stdin: Some(values.as_bytes().to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    });
    let selection = Selection {
        select: vec!["NP6".to_owned()],
        ignore: Vec::new(),
    };
    lint::check(&analysis, &selection)
}

fn code(row: &Row) -> &'static str {
    match row.class {
        Class::Chart => "NP603",
        Class::Agent => "NP604",
        Class::Lost => "NP605",
    }
}

/// The message up to its first value.
fn is_of(row: &Row, finding: &Finding) -> bool {
    let beginning = row.says.split('{').next().unwrap_or_default();
    finding.code.0 == code(row) && finding.message.starts_with(beginning)
}

#[test]
fn every_contradiction_is_found_where_it_is_and_nowhere_else() {
    let text = include_str!("../fixtures/cni-contradictions.json");
    let cases: BTreeMap<String, Case> = serde_json::from_str(text).expect("the cases read");
    let mut wrong = Vec::new();
    for row in &table().rows {
        let case = cases.get(&row.id);
        let case = case.unwrap_or_else(|| panic!("{} has no case", row.id));
        let only = case
            .version
            .as_deref()
            .map(|v| v.parse().expect("a version"));
        let holding = versions().into_iter().filter(|v| {
            row.since.is_none_or(|since| since <= *v)
                && row.until.is_none_or(|until| *v <= until)
                && only.is_none_or(|only: ChartVersion| only == *v)
        });
        let mut seen = 0;
        for version in holding {
            seen += 1;
            let bad = findings(&case.bad.to_string(), version);
            if !bad.iter().any(|finding| is_of(row, finding)) {
                wrong.push(format!("{} bad under {version}: {bad:#?}", row.id));
            }
            let good = findings(&case.good.to_string(), version);
            if !good.is_empty() {
                wrong.push(format!("{} good under {version}: {good:#?}", row.id));
            }
        }
        assert!(seen > 0, "{}: no version", row.id);
    }
    assert_eq!(
        cases.len(),
        table().rows.len(),
        "cases of rows that are gone"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_seen_in_another_agent_is_a_warning_that_says_so() {
    let values = "hostFirewall: {enabled: true}\nencryption: {enabled: true}\n";
    let version: ChartVersion = "1.20".parse().expect("a version");
    let found = findings(values, version);
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert_eq!(finding.severity, Severity::Warning);
    let says = |text: &str| finding.notes.iter().any(|note| note.contains(text));
    assert!(
        says("seen in the agent of 1.15; not looked up for 1.20"),
        "{finding:#?}"
    );
    // The type of encryption is a default: there is nothing to point at.
    assert!(
        says("`encryption.type` is `ipsec` by default"),
        "{finding:#?}"
    );
    let values = "directRoutingSkipUnreachable: true\n";
    let found = findings(values, "1.16".parse().expect("a version"));
    assert_eq!(found.len(), 1);
    assert!(
        found.iter().all(|f| f.severity == Severity::Error),
        "{found:#?}"
    );
}

/// The code and the message of what is found, for tables of small cases.
fn told(values: &str) -> Vec<String> {
    let found = findings(values, "1.20".parse().expect("a version"));
    let line = |f: &Finding| {
        let help = f.help.as_deref().unwrap_or_default();
        format!("{} {}; {help}", f.code, f.message)
    };
    found.iter().map(line).collect()
}

#[test]
fn keys_that_the_chart_does_not_have() {
    for (values, expected) in [
        (
            "policyEnforcmentMode: always",
            "did you mean `policyEnforcementMode`?",
        ),
        (
            "hostfirewall: {enabled: true}",
            "write `hostFirewall`: keys are case-sensitive",
        ),
        (
            "hubble: {realy: {enabled: true}}",
            "did you mean `hubble.relay`?",
        ),
        ("policyMapMax: 20000", "did you mean `bpf.policyMapMax`?"),
        (
            "enable-policy: always",
            "the chart's key is `policyEnforcementMode`",
        ),
        ("svcSourceRangeCheck: true", "give --cni-version"),
        (
            "extraConfig: {policyEnforcementMode: always}",
            "the agent's flag `enable-policy`",
        ),
        ("somethingElse: 1", "look its name up"),
        (
            "apiVersion: v1\nkind: HelmRelease\nspec: {}",
            "what stands below `spec.values`",
        ),
        (
            "cilium: {hubbel: {enabled: true}}\nother: 1",
            "did you mean `hubble`?",
        ),
    ] {
        let told = told(values);
        let fits = |line: &String| line.starts_with("NP601 ") && line.contains(expected);
        assert!(
            told.len() == 1 && told.iter().all(fits),
            "{values}: {told:#?}"
        );
    }
    // Hidden keys, open maps, Helm's own, and what is put aside.
    for values in [
        "policyAuditMode: false",
        "labels: \"k8s:app\"",
        "extraConfig: {some-flag: \"1\"}",
        "nodeSelector: {pool: a}",
        "podAnnotations: {a.b/c: d}",
        "global: {a: 1}",
        "x-anchor: &a {b: 1}",
        "hubble: {relay: {affinity: {x: {y: 1}}}}",
        "envoy: {log: {format_json: {a: b}}}",
        "eni: {nodeSpec: {subnetTags: [a=b]}}",
        "hubble: {export: {static: {allowList: [\"{}\"]}}}",
    ] {
        assert_eq!(told(values), Vec::<String>::new(), "{values}");
    }
}

#[test]
fn types_that_the_schema_refuses() {
    for (values, expected) in [
        (
            "hubble: true",
            "`hubble` takes a mapping, not true or false; write `hubble.enabled`",
        ),
        (
            "l7Proxy: {enabled: true}",
            "`l7Proxy` takes true or false, not a mapping",
        ),
        ("hubble: {enabled: \"true\"}", "take the quotes away"),
        (
            "policyEnforcementMode: 3",
            "takes a text, not a whole number; put `3` in quotes",
        ),
        (
            "bpf: {policyMapMax: \"20000\"}",
            "take the quotes away from `20000`",
        ),
        ("devices: 3", "takes a list or a text, not a whole number"),
    ] {
        let told = told(values);
        let fits = |line: &String| line.starts_with("NP603 ") && line.contains(expected);
        assert!(told.iter().any(fits), "{values}: {told:#?}");
    }
    for values in [
        "bpf: {policyMapMax: 20000.0}",
        "hubble: {}",
        "kubeProxyReplacement: true",
    ] {
        assert_eq!(told(values), Vec::<String>::new(), "{values}");
    }
}

#[test]
fn values_of_another_shape() {
    for (values, expected) in [
        ("conntrackGCInterval: \"30\"", "a duration with a unit"),
        ("cluster: {name: My_Cluster}", "lower-case letters"),
        ("ipv4NativeRoutingCIDR: 10.0.0.0/99", "an IPv4 range"),
        ("policyEnforcementMode: alwyas", "did you mean `always`?"),
    ] {
        let told = told(values);
        let fits = |line: &String| line.starts_with("NP602 ") && line.contains(expected);
        assert!(
            told.len() == 1 && told.iter().all(fits),
            "{values}: {told:#?}"
        );
    }
    // The chart lowers the mode.
    for values in [
        "policyEnforcementMode: Always",
        "conntrackGCInterval: 1m30s",
    ] {
        assert_eq!(told(values), Vec::<String>::new(), "{values}");
    }
}

#[test]
fn a_flag_in_extra_config_wins() {
    let told = told("policyEnforcementMode: always\nextraConfig: {enable-policy: default}");
    let expected = "NP605 `policyEnforcementMode: always` is overruled by `extraConfig.enable-policy: default`";
    assert!(
        told.iter().any(|line| line.starts_with(expected)),
        "{told:#?}"
    );
}

/// What the codes say of a policy in the world of the cases under these values.
fn of_policy(codes: &str, policy: &str, values: &str) -> Vec<Finding> {
    let analysis = crate::table::analyse(policy, values);
    let selection = Selection {
        select: vec![codes.to_owned()],
        ignore: Vec::new(),
    };
    lint::check(&analysis, &selection)
}

const HEAD: &str = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  endpointSelector: {}\n";
const NODES: &str = "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: p}\nspec:\n  nodeSelector: {}\n  ingress: [{fromEntities: [cluster]}]\n";
const CLUSTER: &str = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\nspec:\n  tier: Admin\n  priority: 1\n  subject: {namespaces: {}}\n  ingress: [{name: a, action: Deny, from: [{namespaces: {}}]}]\n";

/// Every row of `schemas/cni/cilium-needs.json`: found when off, silent when on.
#[test]
fn every_feature_that_policies_need() {
    let cilium = |rules: &str| format!("{HEAD}{rules}");
    let cases = [
        (
            cilium(
                "  egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{method: GET}]}}]}]\n",
            ),
            "rules for requests need",
            "l7Proxy: false",
            "l7Proxy: true",
        ),
        (
            cilium("  egress: [{toFQDNs: [{matchName: a.example}]}]\n"),
            "`toFQDNs` needs",
            "l7Proxy: false",
            "l7Proxy: true",
        ),
        (
            NODES.to_owned(),
            "a policy with `nodeSelector` needs",
            "hostFirewall: {enabled: false}",
            "hostFirewall: {enabled: true}",
        ),
        (
            cilium("  ingress: [{fromNodes: [{matchLabels: {a: b}}]}]\n"),
            "`fromNodes` and `toNodes` need",
            "nodeSelectorLabels: false",
            "nodeSelectorLabels: true",
        ),
        (
            cilium("  ingress: [{toPorts: [{ports: [{port: \"80\", protocol: SCTP}]}]}]\n"),
            "ports of SCTP need",
            "ipv4: {enabled: true}",
            "extraConfig: {enable-sctp: \"true\"}",
        ),
        (
            cilium("  ingress: [{icmps: [{fields: [{type: 8, family: IPv4}]}]}]\n"),
            "`icmps` need",
            "extraConfig: {enable-icmp-rules: \"false\"}",
            "ipv4: {enabled: true}",
        ),
        (
            cilium("  ingress: [{fromCIDR: [\"2001:db8::/32\"]}]\n"),
            "a rule for IPv6 addresses alone needs",
            "ipv4: {enabled: true}",
            "ipv6: {enabled: true}",
        ),
        (
            cilium("  ingress: [{fromCIDR: [192.0.2.0/24]}]\n"),
            "a rule for IPv4 addresses alone needs",
            "ipv4: {enabled: false}\nipv6: {enabled: true}",
            "ipv4: {enabled: true}",
        ),
        (
            cilium("  ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]\n"),
            "`authentication.mode: required` needs",
            "ipv4: {enabled: true}",
            "authentication: {enabled: true}",
        ),
        (
            CLUSTER.to_owned(),
            "a ClusterNetworkPolicy needs",
            "ipv4: {enabled: true}",
            "k8sClusterNetworkPolicy: {enabled: true}",
        ),
        (
            cilium("  enableDefaultDeny: {ingress: false}\n  ingress: [{fromEndpoints: [{}]}]\n"),
            "`enableDefaultDeny: false` needs",
            "enableNonDefaultDenyPolicies: false",
            "enableNonDefaultDenyPolicies: true",
        ),
    ];
    for (policy, says, off, on) in &cases {
        let found = of_policy("NP607", policy, off);
        let fits = |f: &Finding| f.message.starts_with(says) && f.help.is_some();
        assert!(
            found.len() == 1 && found.iter().all(fits),
            "{says}: {found:#?}"
        );
        assert_eq!(of_policy("NP607", policy, on), [], "{says}");
    }
    // One row needs a node of the world.
    assert_eq!(cases.len() + 1, lint::cni::needs::rows().len());
}

#[test]
fn a_block_that_was_written_for_a_node() {
    let world = crate::table::analyse(NODES, "ipv4: {enabled: true}");
    let nodes = world.model.cluster.nodes.iter();
    let address = nodes.flat_map(|n| &n.addresses).find(|a| a.is_ipv4());
    let address = address.expect("the world has a node with an address");
    let policy = format!("{HEAD}  ingress: [{{fromCIDR: [{address}/32]}}]\n");
    let found = of_policy("NP607", &policy, "ipv4: {enabled: true}");
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(
        finding.message.contains("policyCIDRMatchMode: nodes"),
        "{finding:#?}"
    );
    for on in ["policyCIDRMatchMode: nodes", "policyCIDRMatchMode: [nodes]"] {
        assert_eq!(of_policy("NP607", &policy, on), [], "{on}");
    }
    // Everybody's addresses are meant for nobody in particular.
    let wide = format!("{HEAD}  ingress: [{{fromCIDR: [0.0.0.0/0]}}]\n");
    assert_eq!(of_policy("NP607", &wide, "ipv4: {enabled: true}"), []);
}

#[test]
fn what_an_upgrade_changes() {
    let told = |values: &str, from: &str, to: &str| -> Vec<String> {
        let analysis = read(&Inputs {
            cni_values: vec![PathBuf::from("-")],
            cni_version: from.parse().ok(),
            cni_upgrade_to: to.parse().ok(),
            load: LoadOptions {
                stdin: Some(values.as_bytes().to_vec()),
                ..LoadOptions::default()
            },
            ..Inputs::default()
        });
        let selection = Selection {
            select: vec!["NP608".to_owned()],
            ignore: Vec::new(),
        };
        let found = lint::check(&analysis, &selection);
        found.into_iter().map(|f| f.message).collect()
    };
    for (values, from, to, expected) in [
        (
            "cluster: {name: a, id: 1}",
            "1.18",
            "1.19",
            "`clustermesh.policyDefaultLocalCluster` becomes `true`",
        ),
        (
            "cluster: {name: a, id: 1}",
            "1.16",
            "1.20",
            "`clustermesh.policyDefaultLocalCluster` becomes `true`",
        ),
        (
            "clustermesh: {useAPIServer: true, policyDefaultLocalCluster: true}",
            "1.18",
            "1.19",
            "`clustermesh.apiserver.tls.authMode` becomes `migration`",
        ),
        (
            "clustermesh: {useAPIServer: true}",
            "1.19",
            "1.20",
            "`clustermesh.apiserver.tls.auto.certValidityDuration` becomes `365`",
        ),
        (
            "encryption: {strictMode: {enabled: true}}",
            "1.19",
            "1.20",
            "`encryption.strictMode.enabled` is no longer read",
        ),
        (
            "svcSourceRangeCheck: true",
            "1.18",
            "1.19",
            "`svcSourceRangeCheck` is no longer read by chart 1.19",
        ),
        (
            "enableRuntimeDeviceDetection: true",
            "1.17",
            "1.20",
            "`enableRuntimeDeviceDetection` is no longer read by chart 1.20",
        ),
    ] {
        let told = told(values, from, to);
        let one = told.len() == 1 && told.iter().all(|m| m.starts_with(expected));
        assert!(one, "{values} {from} {to}: {told:#?}");
    }
    for (values, from, to) in [
        ("cluster: {name: a, id: 1}", "1.19", "1.20"),
        ("cluster: {name: a}", "1.18", "1.19"),
        (
            "cluster: {name: a, id: 1}\nclustermesh: {policyDefaultLocalCluster: false}",
            "1.18",
            "1.19",
        ),
        // What the new chart refuses is not silent.
        ("enableCiliumEndpointSlice: true", "1.17", "1.18"),
        (
            "hubble: {enabled: true}\nkubeProxyReplacement: true",
            "1.16",
            "1.20",
        ),
    ] {
        assert_eq!(
            told(values, from, to),
            Vec::<String>::new(),
            "{values} {from} {to}"
        );
    }
}

#[test]
fn defaults_that_an_upgrade_changes_for_policies() {
    for (rules, from, to, expected) in [
        (
            "  ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]\n",
            "1.18",
            "1.19",
            "`authentication.enabled` becomes `false`",
        ),
        (
            "  egress: [{toFQDNs: [{matchName: a.example}]}]\n",
            "1.16",
            "1.17",
            "`dnsProxy.endpointMaxIpPerHostname` becomes `1000`",
        ),
    ] {
        let policy = format!("{HEAD}{rules}");
        let mut analysis = crate::table::analyse(&policy, "ipv4: {enabled: true}");
        let values = analysis.model.cni.as_mut().expect("there are values");
        values.version = from.parse().ok();
        values.upgrade_to = to.parse().ok();
        let selection = Selection {
            select: vec!["NP608".to_owned()],
            ignore: Vec::new(),
        };
        let found = lint::check(&analysis, &selection);
        let fits = |f: &Finding| f.message.starts_with(expected);
        assert!(found.len() == 1 && found.iter().all(fits), "{found:#?}");
    }
}

#[test]
fn policy_maps_overflow_and_fit() {
    let rule = |peers: &str, ports: &str| {
        format!(
            "{HEAD}  ingress: [{{{peers}, toPorts: [{{ports: [{{{ports}, protocol: TCP}}]}}]}}]\n"
        )
    };
    let blocks = |n: u32| -> String {
        let all: Vec<String> = (0..n).map(|i| format!("198.51.{i}.0/24")).collect();
        format!("fromCIDR: [{}]", all.join(", "))
    };
    let tight = "bpf: {policyMapMax: 256}";
    for (peers, ports, entries) in [
        (
            blocks(9),
            "port: \"1\", endPort: 65534",
            Some("needs 272 entries and has 256"),
        ),
        (blocks(8), "port: \"1\", endPort: 65534", None),
        (blocks(250), "port: \"80\"", None),
        (blocks(255), "port: \"80\"", Some("needs 257 entries")),
        (blocks(255), "port: \"0\"", Some("needs 257 entries")),
    ] {
        let found = of_policy("NP501", &rule(&peers, ports), tight);
        let told: Vec<&str> = found.iter().map(|f| f.message.as_str()).collect();
        match entries {
            Some(entries) => assert!(told.len() == 1 && told[0].contains(entries), "{told:?}"),
            None => assert_eq!(told, Vec::<&str>::new()),
        }
    }
    // A wide block has the identities of the blocks within.
    let wide =
        rule(&blocks(200), "port: \"80\"").replace("198.51.0.0/24", "198.0.0.0/8, 198.51.0.0/24");
    assert_eq!(of_policy("NP501", &wide, tight), []);
    let everywhere = rule("fromEntities: [all]", "port: \"80\"");
    assert_eq!(of_policy("NP501", &everywhere, tight), []);
    // The default is enough for the same policies.
    let many = rule(&blocks(255), "port: \"1\", endPort: 60");
    assert_eq!(of_policy("NP501", &many, "ipv4: {enabled: true}"), []);
    let lockdown = format!("{tight}\nendpointLockdownOnMapOverflow: true");
    let found = of_policy("NP501", &rule(&blocks(255), "port: \"80\""), &lockdown);
    let says = |f: &Finding| {
        f.notes
            .iter()
            .any(|n| n.contains("every packet of such a pod is dropped"))
    };
    assert!(found.len() == 1 && found.iter().all(says), "{found:#?}");
}
