//! NP304: admin policies of one tier and priority that contradict each other. Which of them is
//! asked first is the implementation's business (`ClusterNetworkPolicy spec.priority`;
//! kubernetes-sigs/network-policy-api issues 216 and 222), so the verdict is, too.
//!
//! Shown by a packet whose verdict changes with the order. Where no pod of the input is selected by
//! both, only rules are reported of which one says, by its text, all that the other one says.

use crate::finding::{Finding, Severity};
use crate::lint::context::{Context, Written};
use crate::lint::order::is_ordered;
use crate::lint::{Rule, words};
use netpol_policy::{Flow, Verdict, decide_side};

/// Pairs of policies of one priority that are compared.
const MOST_PAIRS: usize = 1000;
/// Groups of pods that are looked at for one pair.
const MOST_GROUPS: usize = 8;

/// Finds them: one finding for each pair of policies, which shows the first rules that differ.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let policies = context.policies().policies();
    let mut pairs = Vec::new();
    let ordered = policies.iter().enumerate();
    for (at, policy) in ordered.filter(|(_, policy)| is_ordered(policy.tier)) {
        let later = policies.iter().enumerate().skip(at + 1);
        let equal = later.take_while(|(_, other)| other.tier == policy.tier);
        pairs.extend(equal.map(|(other, _)| (at, other)).take(MOST_PAIRS));
        if pairs.len() >= MOST_PAIRS {
            break;
        }
    }
    let found = pairs.into_iter().filter_map(|pair| conflict(context, pair));
    found
        .map(|conflict| tell(context, rule, &conflict))
        .collect()
}

/// Two rules that contradict each other.
struct Conflict<'a> {
    first: Written<'a>,
    second: Written<'a>,
    /// A packet and what becomes of it when the first one is asked first.
    shown: Option<(Flow, Verdict)>,
    pairs: usize,
    /// Pairs of rules of the two policies beside this one.
    others: usize,
}

fn conflict<'a>(context: &Context<'a>, (p, q): (usize, usize)) -> Option<Conflict<'a>> {
    let mut found: Option<Conflict<'a>> = None;
    for a in context.rules_of(p) {
        for b in context.rules_of(q) {
            if a.rule.action == b.rule.action || !context.may_meet(a, b) {
                continue;
            }
            let (shown, pairs) = packet(context, a, b);
            if shown.is_none() && !is_certain(context, a, b) {
                continue;
            }
            match &mut found {
                Some(known) => known.others += 1,
                None => {
                    found = Some(Conflict {
                        first: a,
                        second: b,
                        shown,
                        pairs,
                        others: 0,
                    });
                }
            }
        }
    }
    found
}

/// A packet of both rules whose verdict depends on the order, and how many pods both select.
fn packet<'a>(
    context: &Context<'a>,
    a: Written<'a>,
    b: Written<'a>,
) -> (Option<(Flow, Verdict)>, usize) {
    let groups = common(context, a, b);
    let members = groups.iter().map(|g| context.groups.members(*g).len());
    let pairs = members.sum();
    for group in groups.iter().take(MOST_GROUPS) {
        // Asked first is who is asked at all: the other one is left out.
        let verdict = |flow: &Flow, without: usize| {
            let some = context.selecting(*group).iter().copied();
            let some: Vec<usize> = some.filter(|at| *at != without).collect();
            let (set, cluster) = (context.policies(), context.cluster());
            decide_side(set, cluster, flow, a.rule.direction, &some).verdict
        };
        for flow in context.common_samples(a, b, *group) {
            let (first, second) = (verdict(&flow, b.at), verdict(&flow, a.at));
            let both = [first, second];
            if first != second && !both.contains(&Verdict::Unknown) {
                return (Some((flow, first)), pairs);
            }
        }
    }
    (None, pairs)
}

fn common(context: &Context<'_>, a: Written<'_>, b: Written<'_>) -> Vec<usize> {
    let (Some(a), Some(b)) = (a.policy.subject.endpoints(), b.policy.subject.endpoints()) else {
        return Vec::new();
    };
    let of_b: Vec<usize> = context.groups.certain(b).collect();
    let of_a = context.groups.certain(a);
    of_a.filter(|g| of_b.binary_search(g).is_ok()).collect()
}

/// Is one a part of the other by its text, while no pod of the input is there to ask about?
fn is_certain(context: &Context<'_>, a: Written<'_>, b: Written<'_>) -> bool {
    let inside = |x: Written<'_>, y: Written<'_>| {
        x.policy.subject.is_within(&y.policy.subject) && context.says_all(x, y)
    };
    common(context, a, b).is_empty() && (inside(a, b) || inside(b, a))
}

fn tell(context: &Context<'_>, rule: &Rule, c: &Conflict<'_>) -> Finding {
    let (a, b) = (c.first, c.second);
    let (name, other) = (&a.policy.key.name, &b.policy.key.name);
    let done = |w: Written<'_>| super::done(w.rule.action);
    let mut finding = rule
        .finding(format!(
            "`{name}` and `{other}` have the same priority and contradict each other"
        ))
        .at(b.place.rule, format!("`{other}` {} this …", done(b)))
        .see(a.place.rule, format!("… and `{name}` {} it", done(a)))
        .help("give them different priorities; the lower number is asked first")
        .note("which of them is asked first is not defined");
    if c.others > 0 {
        let more = words::count(c.others, "more contradiction");
        finding = finding.note(format!("{more} between the two"));
    }
    if c.shown.is_none() {
        finding.severity = Severity::Warning;
    }
    finding.witness = (c.shown.as_ref()).and_then(|(flow, _)| context.witness(flow));
    finding.pairs = c.pairs;
    finding.object = Some(super::object(&b.policy.key));
    finding
}
