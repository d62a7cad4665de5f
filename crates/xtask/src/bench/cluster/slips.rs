//! Policies that are wrong in one way each, as people get them wrong.

use super::{PER_NAMESPACE, Workload, port};

/// A part of a policy's text, and what somebody wrote there instead.
type Slip = (String, String);

/// The policy of a workload with the slip of this number; all of them in turn.
pub(super) fn slip(text: &str, of: Workload, number: usize) -> String {
    let all = slips(of);
    let slip = all.get(number % all.len());
    let changed = slip.map(|(right, wrong)| text.replacen(right, wrong, 1));
    changed.unwrap_or_else(|| text.to_owned())
}

/// Every way, named by the rule that finds it.
fn slips(of: Workload) -> Vec<Slip> {
    let own = of.number;
    let label = |number: usize| format!("app: app-{number}\n");
    let ports = |number: usize| format!("    ports:\n    - protocol: TCP\n      port: {number}\n");
    let namespace = format!("name: ns-{}\n", of.afar / PER_NAMESPACE);
    let let_in = format!(
        "  - from:\n    - podSelector:\n        matchLabels:\n          {}{}",
        label(of.before),
        ports(port(own))
    );
    let sent = format!(
        "  - to:\n    - podSelector:\n        matchLabels:\n          {}{}",
        label(of.after),
        ports(port(of.after))
    );
    let elsewhere = format!("          kubernetes.io/metadata.{namespace}      podSelector:\n");
    let block = format!("        - 11.{}.{}.64/26\n", of.bytes().0, of.bytes().1);
    let twice = |text: &str| (text.to_owned(), format!("{text}{text}"));
    let other = |text: &str, wrong: &str| (text.to_owned(), wrong.to_owned());
    vec![
        // NP401: a slip of the keys in the label of its own pods.
        other(&format!("app: app-{own}\n"), &format!("app: apq-{own}\n")),
        // NP402: the same in the label of a peer, and in the name of a namespace.
        other(&label(of.before), &format!("app: apq-{}\n", of.before)),
        other(&namespace, &namespace.replace("ns-", "nss-")),
        // NP403: a port that nobody serves. NP404: the port of the Service.
        other(&ports(port(own)), &ports(7)),
        other(&ports(port(own)), &ports(80)),
        // NP301: what is sent is not let in, what is let in is not sent.
        other(&let_in, ""),
        other(&sent, ""),
        // NP308: another port than the other side has.
        other(&ports(port(of.after)), &ports(9090)),
        // NP309: a direction that is left out. NP303: a rule once more.
        other("  - Ingress\n  - Egress\n", "  - Ingress\n"),
        twice(&let_in),
        // NP408: everybody. NP411: everybody outside.
        other(&let_in, &format!("  - from: []\n{}", ports(port(own)))),
        other(
            &let_in,
            &format!(
                "  - from:\n    - ipBlock:\n        cidr: 0.0.0.0/0\n{}",
                ports(port(own))
            ),
        ),
        // NP409: one peer torn apart.
        other(
            &elsewhere,
            &elsewhere.replace("      podSelector", "    - podSelector"),
        ),
        // NP405: exceptions that leave nothing.
        other(
            &block,
            &format!(
                "{}{}",
                block.replace(".64/26", ".0/25"),
                block.replace(".64/26", ".128/25")
            ),
        ),
    ]
}
