//! The table of cases.

use netpol_policy::{Condition, Decision, Flow, Party, Verdict, decide};
use netpolc::load::LoadOptions;
use netpolc::resolve::{Analysis, Inputs, read};
use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

/// One case of a file.
#[derive(Default)]
struct Case {
    title: String,
    text: String,
    values: String,
    expected: Vec<String>,
    said: Vec<String>,
    refused: Vec<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cilium")
}

fn cases(text: &str) -> Vec<Case> {
    let mut out: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            out.push(Case {
                title: title.to_owned(),
                ..Case::default()
            });
            continue;
        }
        let Some(case) = out.last_mut() else { continue };
        let field = |name: &str| line.strip_prefix(&format!("# {name}: ")).map(str::to_owned);
        if let Some(line) = field("values") {
            case.values.push_str(&line);
            case.values.push('\n');
        }
        case.expected.extend(field("expect"));
        case.said.extend(field("said"));
        case.refused.extend(field("refused"));
        case.text.push_str(line);
        case.text.push('\n');
    }
    out
}

fn file(name: &str, text: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("netpolc-cilium-{}", std::process::id()));
    fs::create_dir_all(&root).expect("a folder for this test");
    let path = root.join(name);
    fs::write(&path, text).expect("a file of this test");
    path
}

/// Reads a text together with the world.
pub fn analyse(text: &str, values: &str) -> Analysis {
    let cni_values = if values.is_empty() {
        Vec::new()
    } else {
        // Tests run beside each other: a name for each content.
        let mut hasher = DefaultHasher::new();
        values.hash(&mut hasher);
        vec![file(&format!("values-{:x}.yaml", hasher.finish()), values)]
    };
    read(&Inputs {
        paths: vec![folder().join("world.yaml"), PathBuf::from("-")],
        cni_values,
        closed_world: true,
        load: LoadOptions {
            stdin: Some(text.as_bytes().to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    })
}

fn party(analysis: &Analysis, text: &str) -> Party {
    let cluster = &analysis.model.cluster;
    if let Some(name) = text.strip_prefix("node/") {
        let at = cluster.nodes.iter().position(|n| n.name == name);
        let at = at.unwrap_or_else(|| panic!("no node {name}"));
        return Party::Node(
            at,
            cluster
                .nodes
                .get(at)
                .and_then(|n| n.addresses.first().copied()),
        );
    }
    if let Ok(address) = text.parse() {
        return cluster.party_of(address);
    }
    let at = cluster
        .endpoints
        .iter()
        .position(|e| e.display_name() == text);
    let at = at.unwrap_or_else(|| panic!("no pod {text}"));
    let address = cluster
        .endpoints
        .get(at)
        .and_then(|e| e.addresses.first().copied());
    Party::Endpoint(at, address)
}

/// `FROM -> TO PORT`, judged.
pub fn ask(analysis: &Analysis, question: &str) -> Decision {
    let (from, rest) = question.split_once(" -> ").expect("FROM -> TO");
    let (to, port) = rest.split_once(' ').expect("TO PORT");
    let (protocol, port) = port.split_once('/').unwrap_or((port, "0"));
    let flow = Flow {
        source: party(analysis, from),
        destination: party(analysis, to),
        protocol: protocol.parse().expect("a protocol"),
        port: port.parse().expect("a port"),
    };
    decide(&analysis.model.policies, &analysis.model.cluster, &flow)
}

/// What is wrong with a case; nothing when it holds.
fn judge(case: &Case) -> Vec<String> {
    let analysis = analyse(&case.text, &case.values);
    let mut wrong = Vec::new();
    let mut findings: Vec<String> = (analysis.findings.iter())
        .map(|f| format!("{} {}", f.code, f.message))
        .collect();
    for part in &case.refused {
        let before = findings.len();
        findings.retain(|finding| !finding.contains(part.as_str()));
        if findings.len() == before {
            wrong.push(format!("nobody refuses `{part}`"));
        }
    }
    wrong.extend(findings);
    let mut incomplete = analysis.model.incomplete.clone();
    if !case.refused.is_empty() {
        incomplete.retain(|sentence| !sentence.contains("refuses it"));
    }
    for part in &case.said {
        let before = incomplete.len();
        incomplete.retain(|sentence| !sentence.contains(part.as_str()));
        if incomplete.len() == before {
            wrong.push(format!("nobody says `{part}`"));
        }
    }
    wrong.extend(incomplete.into_iter().map(|s| format!("said: {s}")));
    for expected in &case.expected {
        let (rest, condition) = match expected.rsplit_once(' ') {
            Some((rest, "l7")) => (rest, Some(Condition::L7)),
            Some((rest, "auth")) => (rest, Some(Condition::Authentication)),
            _ => (expected.as_str(), None),
        };
        let (question, word) = rest.rsplit_once(' ').expect("a verdict");
        let verdict = match word {
            "allow" => Verdict::Allow,
            "deny" => Verdict::Deny,
            "unknown" => Verdict::Unknown,
            other => panic!("no verdict: {other}"),
        };
        let decision = ask(&analysis, question);
        if (decision.verdict, decision.condition()) != (verdict, condition) {
            wrong.push(format!("{expected}: {decision:?}"));
        }
    }
    wrong
}

/// Judges every case of a file; `least` verdicts must be in it.
fn holds(file: &str, least: usize) {
    let path = folder().join(format!("{file}.cases.yaml"));
    let text = fs::read_to_string(path).expect("a file of cases");
    let mut asked = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases(&text) {
        for expected in &case.expected {
            asked.insert((case.title.clone(), expected.clone()));
        }
        let problems = judge(&case).into_iter();
        wrong.extend(problems.map(|problem| format!("{}: {problem}", case.title)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(asked.len() >= least, "only {} verdicts", asked.len());
}

/// S-CILIUM-SPECS, S-CILIUM-SUBJECT, S-CILIUM-PEER, S-CILIUM-RESERVED: whom selectors select.
#[test]
fn selectors() {
    holds("selectors", 60);
}

/// S-CILIUM-EMPTY, S-CILIUM-ISOLATION, S-CILIUM-MODE, S-DENY: what isolates, what denies, and what
/// the values of the CNI say about it.
#[test]
fn defaults() {
    holds("defaults", 50);
}

/// S-CILIUM-ENTITY, S-CILIUM-CIDR, S-CILIUM-CIDR-GROUP, S-CILIUM-SERVICES, S-CILIUM-FQDN,
/// S-CILIUM-CLOUD, S-CILIUM-NODES, S-CILIUM-REQUIRES, S-CILIUM-HOST: the other end of a rule, and
/// policies on nodes.
#[test]
fn peers() {
    holds("peers", 80);
}

/// S-CILIUM-PORTS, S-CILIUM-PROTOCOL, S-CILIUM-ICMP: which packets a rule covers.
#[test]
fn ports() {
    holds("ports", 35);
}

/// S-CILIUM-L7, S-CILIUM-AUTHENTICATION: what must hold beside peer and port.
#[test]
fn conditions() {
    holds("conditions", 15);
}

/// S-CILIUM-VALID: what Cilium refuses has no effect, and is reported.
#[test]
fn refused() {
    holds("refused", 20);
}
