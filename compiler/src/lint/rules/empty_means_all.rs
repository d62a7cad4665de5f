//! NP408: something empty that means everybody. `from: []`, `to:` and `ports: []` are the same as
//! leaving them out: every party, every port (`networking/v1 NetworkPolicyIngressRule`); a
//! podSelector that is null or missing selects every pod of the namespace. They look like
//! "nobody", or are what a template leaves behind. `{}` says the same so that everybody sees it.

use crate::finding::Finding;
use crate::lint::context::Context;
use crate::lint::{Rule, edits};
use crate::model::{Emptiness, Wide, Widened};
use netpol_policy::Direction;

/// Finds them: one finding per empty part.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, _, origin) in context.written() {
        for widened in &origin.parts.widened {
            let mut finding = tell(rule, &origin.key.name, widened);
            finding.object = Some(super::object(&origin.key));
            findings.push(finding);
        }
    }
    findings
}

fn tell(rule: &Rule, name: &str, widened: &Widened) -> Finding {
    let (key, effect) = match widened.what {
        Wide::Subject => ("podSelector", "selects every pod of its namespace"),
        Wide::Peers(Direction::Ingress) => ("from", "accepts everybody"),
        Wide::Peers(Direction::Egress) => ("to", "lets out to everybody"),
        Wide::Ports(Direction::Ingress) => ("ports", "accepts every port"),
        Wide::Ports(Direction::Egress) => ("ports", "lets out to every port"),
        Wide::PeerPods(_) => (
            "podSelector",
            "speaks of every pod of the peer's namespaces",
        ),
        Wide::PeerNamespaces(_) => ("namespaceSelector", "speaks of every namespace"),
    };
    let (how, label) = match widened.how {
        Emptiness::Missing => ("missing", "no podSelector here"),
        Emptiness::Null => ("null", "nothing stands behind this, which asks for nothing"),
        Emptiness::EmptyList => ("an empty list", "an empty list is the same as none"),
    };
    let help = match (widened.what, widened.how) {
        (Wide::Subject, _) => "write `podSelector: {}` if every pod is meant",
        (Wide::PeerPods(_) | Wide::PeerNamespaces(_), _) => "write `{}` if all of them are meant",
        (Wide::Peers(_), _) => {
            "leave it out if everybody is meant; if nobody is, delete the rule and keep the \
             direction in policyTypes"
        }
        (Wide::Ports(_), _) => "leave it out if every port is meant",
    };
    let mut finding = rule
        .finding(format!("`{name}` {effect}, because `{key}` is {how}"))
        .at(widened.at, label)
        .help(help);
    finding
        .edits
        .extend(widened.plainly.as_ref().map(edits::replacement));
    finding
}
