//! A rule in one line.

use netpol_policy::{
    Action, Direction, EndpointSelector, IpBlock, NamespaceScope, Operator, Peer, PortMatch,
    Protocol, Requirement, Rule, RuleRef, Selector,
};

/// What a rule number stands for, such as `ingress rule 2: TCP/8443 from app=web`.
pub fn describe(reference: RuleRef<'_>) -> String {
    match reference {
        RuleRef::Builtin(rule) => netpol_image::reason::of(rule)
            .map_or_else(|| format!("reason {}", rule.0), |r| r.sentence.to_owned()),
        RuleRef::Isolation(policy, direction) => {
            if policy.isolates.get(direction.index()) == Some(&true) {
                let direction = direction.name();
                format!("isolates for {direction}: what no rule allows is denied")
            } else {
                // The number is taken all the same, so that numbers do not depend on policyTypes.
                format!("does not isolate for {}", direction.name())
            }
        }
        RuleRef::Rule(_, rule, before) => {
            let (direction, nth) = (rule.direction.name(), before + 1);
            format!("{direction} rule {nth}: {}", of_rule(rule))
        }
    }
}

fn of_rule(rule: &Rule) -> String {
    let ports = match &rule.ports {
        None => "every port".to_owned(),
        Some(ports) => listed(ports.iter().map(port), "no port"),
    };
    let towards = match rule.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let peers = match &rule.peers {
        None => "everybody".to_owned(),
        Some(peers) => listed(peers.iter().map(peer), "nobody"),
    };
    let action = match rule.action {
        Action::Allow => "",
        Action::Deny => "deny ",
        Action::Pass => "pass on ",
    };
    format!("{action}{ports} {towards} {peers}")
}

/// The parts with commas between them; the first few of many.
fn listed(parts: impl ExactSizeIterator<Item = String>, none: &str) -> String {
    const SHOWN: usize = 4;
    let count = parts.len();
    let shown: Vec<String> = parts.take(SHOWN).collect();
    match count {
        0 => none.to_owned(),
        _ if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}

fn port(port: &PortMatch) -> String {
    match port {
        PortMatch::Range {
            protocol,
            first,
            last,
        } => crate::reach::PortRange::new(*protocol, *first, *last).to_string(),
        PortMatch::Named { protocol, name } => {
            format!("{}/{name}", protocol.map_or("any", Protocol::name))
        }
    }
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::Pods(selector) => endpoints(selector),
        Peer::IpBlock(found) => block(found),
        Peer::Outside(found) => format!("{} outside of the cluster", block(found)),
        Peer::Nodes(selector) => match conditions(selector) {
            Some(labels) => format!("nodes with {labels}"),
            None => "all nodes".to_owned(),
        },
        Peer::Entity(entity) => entity.name().to_owned(),
        Peer::Names(names) => names.join(" "),
    }
}

fn block(block: &IpBlock) -> String {
    if block.except.is_empty() {
        return block.cidr.to_string();
    }
    let holes: Vec<String> = block.except.iter().map(ToString::to_string).collect();
    format!("{} except {}", block.cidr, holes.join(" "))
}

fn endpoints(selector: &EndpointSelector) -> String {
    let pods = conditions(&selector.pods);
    match &selector.namespaces {
        NamespaceScope::Named(_) => pods.unwrap_or_else(|| "all pods of the namespace".to_owned()),
        NamespaceScope::Matching(namespaces) => {
            let pods = pods.unwrap_or_else(|| "all pods".to_owned());
            match conditions(namespaces) {
                None => format!("{pods} of all namespaces"),
                Some(namespaces) => format!("{pods} of namespaces with {namespaces}"),
            }
        }
    }
}

fn conditions(selector: &Selector) -> Option<String> {
    let parts: Vec<String> = selector.requirements.iter().map(condition).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn condition(requirement: &Requirement) -> String {
    let Requirement {
        key,
        operator,
        values,
    } = requirement;
    match (operator, values.as_slice()) {
        (Operator::In, [value]) => format!("{key}={value}"),
        (Operator::NotIn, [value]) => format!("{key}!={value}"),
        (Operator::In, values) => format!("{key} in ({})", values.join(" ")),
        (Operator::NotIn, values) => format!("{key} not in ({})", values.join(" ")),
        (Operator::Exists, _) => key.clone(),
        (Operator::DoesNotExist, _) => format!("!{key}"),
    }
}
