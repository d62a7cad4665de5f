//! NP501: more entries than a pod's policy map in Cilium holds. What does not fit is missing, or the
//! pod is locked down.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::cni::Merged;
use crate::lint::context::Context;
use crate::lint::policy_map::{Counter, ENOUGH};
use netpol_policy::Dialect;
use std::collections::{BTreeMap, HashMap};

/// What the chart has by default, and the least and the most that an agent takes
/// (`pkg/maps/policymap/cell.go`).
const DEFAULT: usize = 16_384;
const LEAST: usize = 256;
const MOST: usize = 65_536;
/// Sets of policies whose entries are counted one by one; whoever has more of them has enough to
/// mend.
const SETS: usize = 100;
/// Policies that are labelled beside the costliest one.
const MORE: usize = 2;

/// Finds them: one finding for each policy that costs the most somewhere.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    if context.policies().options().dialect != Dialect::Cilium {
        return Vec::new();
    }
    let values = Merged::of(context);
    let limit = values.as_ref().and_then(size).unwrap_or(DEFAULT);
    let mut counter = Counter::new(context);
    let costs: Vec<usize> = (0..context.policies().policies().len())
        .map(|at| counter.of_policy(at))
        .collect();
    let mut worst: BTreeMap<usize, Overflow> = BTreeMap::new();
    let mut counted: HashMap<&[usize], usize> = HashMap::new();
    for group in 0..context.groups.len() {
        let policies = context.selecting(group);
        let cost = |at: &usize| costs.get(*at).copied().unwrap_or(0);
        let most = policies.iter().map(cost).fold(3, usize::saturating_add);
        if most <= limit || (counted.len() >= SETS && !counted.contains_key(policies)) {
            continue;
        }
        let entries = counted.entry(policies);
        let entries = *entries.or_insert_with(|| counter.together(policies));
        let mut ranked: Vec<usize> = policies.to_vec();
        ranked.sort_by_key(|at| (std::cmp::Reverse(cost(at)), *at));
        let Some(first) = ranked.first().copied().filter(|_| entries > limit) else {
            continue;
        };
        let members = context.groups.members(group);
        let found = worst.entry(first).or_insert(Overflow {
            pods: 0,
            entries,
            group,
            ranked,
        });
        found.pods += members.len();
        if found.entries < entries {
            found.entries = entries;
            found.group = group;
        }
    }
    let told = worst.into_values().filter_map(|found| {
        tell(
            context,
            rule,
            (&mut counter, &costs),
            values.as_ref(),
            limit,
            &found,
        )
    });
    told.collect()
}

/// Pods whose map overflows through the same policy.
struct Overflow {
    /// How many.
    pods: usize,
    /// The entries of the worst of them.
    entries: usize,
    /// Where that is.
    group: usize,
    /// Its policies, the costliest first.
    ranked: Vec<usize>,
}

/// What the values say, as far as an agent takes it; the most where that is not known yet.
fn size(values: &Merged<'_>) -> Option<usize> {
    if !values.is_known("bpf.policyMapMax") {
        return Some(MOST);
    }
    let written = values.text("bpf.policyMapMax").parse::<usize>().ok()?;
    Some(written.clamp(LEAST, MOST))
}

fn tell<'a>(
    context: &'a Context<'a>,
    rule: &Rule,
    (counter, costs): (&mut Counter<'a>, &[usize]),
    values: Option<&Merged<'_>>,
    limit: usize,
    found: &Overflow,
) -> Option<Finding> {
    let entries = match found.entries {
        some if some > ENOUGH => format!("more than {ENOUGH}"),
        some => some.to_string(),
    };
    let pod = context.pod(found.group)?.display_name();
    let (first, others) = found.ranked.split_first()?;
    let cost = |at: &usize| costs.get(*at).copied().unwrap_or(0);
    // The costliest rule of the costliest policy.
    let rules = context.rules_of(*first);
    let counted = rules.map(|written| (written, counter.peers_and_ports(written.rule)));
    let dearest = counted.max_by_key(|(w, (a, b))| (a.saturating_mul(*b), w.index))?;
    let (written, (peers, ports)) = dearest;
    let label = format!("{peers} peers times {ports} port prefixes");
    let mut finding = rule
        .finding(format!(
            "the policy map of `{pod}` needs {entries} entries and has {limit}"
        ))
        .at(written.place.rule, label);
    if let Some(at) = values.and_then(|values| values.place("bpf.policyMapMax")) {
        finding = finding.see(at, format!("{limit} entries for each pod"));
    }
    for at in others.iter().filter(|at| cost(at) > 0).take(MORE) {
        if let Some(origin) = context.model.policy_origins.get(*at) {
            finding = finding.see(origin.name, format!("{} more", cost(at)));
        }
    }
    let locked = values.is_some_and(|values| values.on("endpointLockdownOnMapOverflow"));
    let effect = if locked {
        "every packet of such a pod is dropped (`endpointLockdownOnMapOverflow`)"
    } else {
        "entries that do not fit are missing: packets are dropped that a policy allows"
    };
    finding.object = Some(super::object(&written.policy.key));
    if found.pods > 1 {
        finding = finding.note(format!("so does that of {} more", found.pods - 1));
    }
    let room = found.entries.next_power_of_two();
    let help = if room <= MOST {
        format!("write `bpf.policyMapMax: {room}`, or name fewer peers and ports")
    } else {
        format!("name fewer peers and ports: no map has more than {MOST} entries")
    };
    let how = "counted as Cilium does: pods with different labels, blocks and names, each for \
               every prefix of its ports; at least, because what is not in the input has no entry";
    Some(finding.note(effect).note(how).help(help))
}
