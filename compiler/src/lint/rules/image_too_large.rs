//! NP502: an image that no node could load: beyond a limit of the format (`netpol_image::layout`), or
//! larger than the budget that the configuration gives to nodes.

use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::lint::context::{Context, Written};
use crate::lint::image_size::{Excess, MAX_PODS, Place, Sizes, share};
use crate::model::ImageBudget;
use netpol_image::{LinkError, Parts};
use std::collections::BTreeMap;

/// Policies that are labelled beside the costliest one.
const MORE: usize = 2;

/// Finds them: one finding for each policy that costs the most somewhere.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    if context.policies().policies().is_empty() {
        return Vec::new();
    }
    let sizes = Sizes::new(context);
    let mut worst: BTreeMap<Option<usize>, (Place, Excess, usize)> = BTreeMap::new();
    for (place, excess) in sizes.beyond() {
        let first = sizes.ranked(&place, excess.what).first().copied();
        let found = worst.entry(first).or_insert((place, excess, 0));
        found.2 += 1;
    }
    let told = worst.into_values();
    let mut told: Vec<Finding> = told
        .map(|(place, excess, nodes)| {
            let finding = tell(context, rule, &sizes, &place, &excess);
            match nodes - 1 {
                0 => finding,
                more => finding.note(format!("so does that of {more} more")),
            }
        })
        .collect();
    if told.is_empty()
        && let Some((place, excess)) = sizes.crowded()
    {
        let mut finding = tell(context, rule, &sizes, &place, &excess);
        finding.severity = Severity::Warning;
        let pods = place.groups.len();
        told.push(finding.note(format!(
            "no node is known to run these {pods} together; one runs up to {MAX_PODS} pods"
        )));
    }
    told
}

/// One finding, at the costliest rule of the costliest policy.
pub fn tell(
    context: &Context<'_>,
    rule: &Rule,
    sizes: &Sizes<'_>,
    place: &Place,
    excess: &Excess,
) -> Finding {
    let is_bytes = excess.what == LinkError::BYTES;
    let node = sizes.name(place);
    let Excess {
        what, count, limit, ..
    } = excess;
    let mut finding = rule.finding(if is_bytes {
        format!("the image of {node} needs {count} bytes and may have {limit}")
    } else {
        format!("the image of {node} needs {count} {what} and can number {limit}")
    });
    let ranked = sizes.ranked(place, excess.what);
    let pods = place.groups.len();
    let costs = sizes.costs();
    if let Some((first, others)) = ranked.split_first() {
        let by_share = |w: &Written<'_>| share(&costs.of_rule(w.rule), excess.what, pods);
        let dearest = context.rules_of(*first);
        let dearest = dearest.max_by_key(|w| (by_share(w), std::cmp::Reverse(w.index)));
        if let Some(written) = dearest {
            let cost = costs.of_rule(written.rule);
            let label = cost.words("names");
            finding = finding.at(written.place.rule, label);
            finding.object = Some(super::object(&written.policy.key));
        }
        for at in others.iter().take(MORE) {
            let cost = costs.of_policy(*at);
            let origin = context.model.policy_origins.get(*at);
            if let Some(origin) = origin.filter(|_| share(&cost, excess.what, pods) > 0) {
                finding = finding.see(origin.name, cost.words("names"));
            }
        }
        finding = finding.note(without(context, sizes, place, *first));
    }
    if let Some(parts) = excess.parts {
        finding = finding.note(spent(&parts));
    }
    finding
        .note("netpold refuses an image that it cannot hold: the node keeps what it enforces today")
        .help(way_out(excess))
}

/// What becomes of the excess without the costliest policy.
fn without(context: &Context<'_>, sizes: &Sizes<'_>, place: &Place, at: usize) -> String {
    let policies = context.policies().policies();
    let name = policies.get(at).map_or("", |policy| &policy.key.name);
    match sizes.excess(place, Some(at)) {
        None => format!("without `{name}` it fits"),
        Some(left) => format!(
            "without `{name}` it needs {} {} still",
            left.count,
            unit(left.what)
        ),
    }
}

fn unit(what: &str) -> &str {
    if what == LinkError::BYTES {
        "bytes"
    } else {
        what
    }
}

fn spent(parts: &Parts) -> String {
    let Parts {
        addresses,
        ports,
        rows,
        vectors,
    } = parts;
    format!(
        "{addresses} bytes are for addresses, {ports} for ports (512 for each 256 of them that rules \
         tell apart), {rows} for peers of each pod, {vectors} for verdicts"
    )
}

fn way_out(excess: &Excess) -> String {
    let ports = "name fewer ports, or ranges in place of many";
    let mostly_ports = |p: Parts| p.ports > p.rows.max(p.vectors).max(p.addresses);
    let fewer = match excess.what {
        "port classes" | "port pages" => ports,
        "address intervals" => "name fewer and wider blocks",
        "local endpoints" => "run fewer pods on a node",
        _ if excess.parts.is_some_and(mostly_ports) => ports,
        _ => "name fewer peers and ports: labels that many share, ranges of ports, wider blocks",
    };
    let most = usize::try_from(ImageBudget::MOST).unwrap_or(usize::MAX);
    if excess.what == LinkError::BYTES && excess.limit < most {
        return format!("{fewer}; or give images more room: `image-budget` in netpolc.toml");
    }
    fewer.to_owned()
}
