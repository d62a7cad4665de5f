//! NP605: CNI values that are taken and do nothing, or something else than they say. At most a line
//! in the agent's log tells it.

use crate::finding::Finding;
use crate::lint::Rule;
use crate::lint::cni::contradiction::{self, Class};
use crate::lint::cni::{Merged, flags, text};
use crate::lint::context::Context;

/// Finds them: one finding per combination of values.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    let mut found = contradiction::tell(&values, Class::Lost, rule);
    let keys = flags::rows().filter(|row| !row.key.starts_with("extraConfig"));
    for row in keys {
        let flags = row.flags.iter();
        found.extend(flags.filter_map(|flag| overruled(&values, &row.key, flag, rule)));
    }
    found
}

/// `templates/cilium-configmap.yaml` appends `extraConfig` behind what it made of the chart's own
/// keys, and of two equal keys the last one wins.
fn overruled(values: &Merged<'_>, key: &str, flag: &str, rule: &Rule) -> Option<Finding> {
    let winner = values.given(&format!("extraConfig.{flag}"))?;
    let loser = values.given(key)?;
    if !values.is_known(&format!("extraConfig.{flag}")) || !values.is_known(key) {
        return None;
    }
    let (wins, loses) = (text(&winner.value)?, text(&loser.value)?);
    if wins.eq_ignore_ascii_case(&loses) {
        return None;
    }
    let message = format!("`{key}: {loses}` is overruled by `extraConfig.{flag}: {wins}`");
    let mut finding = rule
        .finding(message)
        .at(loser.at, "this has no effect")
        .see(winner.at, "the chart appends this last, and it wins")
        .note("source: cilium/charts templates/cilium-configmap.yaml appends extraConfig")
        .note(values.judged_by())
        .help(format!(
            "delete `extraConfig.{flag}`, or say the same in both"
        ));
    finding.object = Some(format!("values/{key}"));
    Some(finding)
}
