//! Documents of both sides, leaf by leaf.

use super::Rendered;
use netpol_yaml::{Limits, parse};
use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds whose documents decide what a policy selects and allows.
const DECISIVE: [&str; 10] = [
    "NetworkPolicy",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
    "CiliumNetworkPolicy",
];

/// How two renderings compare.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Documents of the real helm.
    pub documents: usize,
    /// Those that are the same in the same place.
    pub equal: usize,
    /// Network policies and workloads among them, and how many of these are the same.
    pub decisive: (usize, usize),
    /// Leaves that are left out because they differ between two runs of the real helm.
    pub masked: usize,
    /// The first difference: the document and the path in it, or why one side refused.
    pub first: Option<String>,
    /// The text is the same too, byte for byte.
    pub same_text: bool,
}

impl Verdict {
    pub(super) fn is_equal(&self) -> bool {
        self.first.is_none()
    }
}

/// A document: what stands in its `# Source:` line, and its data.
struct Document {
    source: String,
    data: Result<Value, String>,
}

/// Compares two renderings by the real helm and ours; `Err` when both refuse.
pub(super) fn compare(one: &Rendered, two: &Rendered, own: &Rendered) -> Result<Verdict, String> {
    let mut verdict = Verdict::default();
    let (one, two, own) = match (&one.output, &two.output, &own.output) {
        (Err(helm), _, Err(_)) => return Err(format!("both refuse it: {helm}")),
        (Err(helm), _, Ok(_)) => {
            verdict.first = Some(format!("helm refuses: {helm}"));
            return Ok(verdict);
        }
        (Ok(one), _, Err(ours)) => {
            verdict.documents = split(one).len();
            verdict.first = Some(format!("we refuse: {ours}"));
            return Ok(verdict);
        }
        (Ok(one), two, Ok(own)) => (one, two.as_ref().unwrap_or(one), own),
    };
    verdict.same_text = one == own;
    let (one, two, own) = (split(one), split(two), split(own));
    verdict.documents = one.len();
    for (at, document) in one.iter().enumerate() {
        let mut masks = BTreeSet::new();
        if let (Ok(data), Some(Ok(other))) = (&document.data, two.get(at).map(|two| &two.data)) {
            random(data, other, String::new(), &mut masks);
        }
        verdict.masked += masks.len();
        let difference = match own.get(at) {
            None => Some("the document is missing".to_owned()),
            Some(own) if own.source != document.source => {
                Some(format!("in its place stands a document of {}", own.source))
            }
            Some(own) => match (&document.data, &own.data) {
                (Ok(data), Ok(own)) => differ(data, own, "", &masks),
                (Err(one), Err(own)) if one == own => None,
                _ => Some("only one of the two is YAML".to_owned()),
            },
        };
        let kind = document
            .data
            .as_ref()
            .ok()
            .and_then(|data| data.get("kind"));
        let kind = kind.and_then(Value::as_str).unwrap_or_default();
        let decisive = usize::from(DECISIVE.contains(&kind));
        verdict.decisive.0 += decisive;
        match difference {
            None => {
                verdict.equal += 1;
                verdict.decisive.1 += decisive;
            }
            Some(_) if verdict.first.is_some() => {}
            Some(difference) => {
                verdict.first = Some(format!("{} ({kind}) {difference}", document.source));
            }
        }
    }
    if own.len() > one.len() && verdict.first.is_none() {
        verdict.first = Some(format!("{} documents too many", own.len() - one.len()));
    }
    Ok(verdict)
}

/// Cuts a rendering at its `# Source:` lines.
fn split(text: &str) -> Vec<Document> {
    let text = format!("\n{}", text.trim_start());
    let pieces = text.split("\n---\n# Source: ").skip(1);
    pieces
        .map(|piece| {
            let (source, body) = piece.split_once('\n').unwrap_or((piece, ""));
            Document {
                source: source.to_owned(),
                data: data(body),
            }
        })
        .collect()
}

fn data(body: &str) -> Result<Value, String> {
    let parsed = parse(body, &Limits::default());
    let wrong = parsed
        .diagnostics
        .iter()
        .find(|wrong| !wrong.kind.is_strict_only());
    if wrong.is_some() {
        return Err(body.to_owned());
    }
    let document = parsed
        .documents
        .iter()
        .find(|document| !document.is_empty());
    Ok(document.map_or(Value::Null, |document| document.root().to_json()))
}

/// Collects the leaves in which two renderings by the same helm differ.
fn random(one: &Value, two: &Value, path: String, masks: &mut BTreeSet<String>) {
    match (one, two) {
        (Value::Object(one), Value::Object(two)) => {
            for (key, value) in one {
                let path = format!("{path}/{key}");
                match two.get(key) {
                    Some(other) => random(value, other, path, masks),
                    None => {
                        masks.insert(path);
                    }
                }
            }
        }
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            for (at, (one, two)) in one.iter().zip(two).enumerate() {
                random(one, two, format!("{path}/{at}"), masks);
            }
        }
        _ if one == two => {}
        _ => {
            masks.insert(path);
        }
    }
}

/// The first leaf in which two documents differ, the masked ones left out.
fn differ(one: &Value, own: &Value, path: &str, masks: &BTreeSet<String>) -> Option<String> {
    if masks.contains(path) {
        return None;
    }
    match (one, own) {
        (Value::Object(one), Value::Object(own)) => {
            let keys: BTreeSet<&String> = one.keys().chain(own.keys()).collect();
            keys.into_iter().find_map(|key| {
                let path = format!("{path}/{key}");
                match (one.get(key), own.get(key)) {
                    (Some(one), Some(own)) => differ(one, own, &path, masks),
                    _ if masks.contains(&path) => None,
                    (Some(_), None) => Some(format!("{path} is missing")),
                    _ => Some(format!("{path} is too much")),
                }
            })
        }
        (Value::Array(one), Value::Array(own)) if one.len() == own.len() => one
            .iter()
            .zip(own)
            .enumerate()
            .find_map(|(at, (one, own))| differ(one, own, &format!("{path}/{at}"), masks)),
        _ if one == own => None,
        _ => Some(format!("{path}: {} is {}", short(one), short(own))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(60).chain("…".chars()).collect()
}
