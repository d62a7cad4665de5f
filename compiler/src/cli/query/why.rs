//! `--why` for people: the policies of each tier under the side that they decide.

use crate::cli::Terminal;
use crate::reach::why::{Part, Truth, WhyPlace, WhyPolicy, WhySide};
use std::io;

/// More policies than this that do not select the subject are only counted, unless `-v`.
const NAMED: usize = 6;

const TIERS: [(&str, &str); 3] = [
    ("admin", "admin tier, the first match decides"),
    (
        "namespace",
        "namespace tier, a deny beats every allow, allows add up",
    ),
    ("baseline", "baseline tier, the first match decides"),
];

/// Everything under the line of one side.
pub(super) fn write_side(side: &WhySide, terminal: &mut Terminal<'_>) -> io::Result<()> {
    // What stands in front of all tiers; the rest follows them.
    let (before, after): (Vec<_>, Vec<_>) =
        (side.builtin.iter()).partition(|b| b.rule != netpol_policy::RuleId::NOT_ISOLATED.0);
    for builtin in before {
        line(terminal, 4, builtin.part, &builtin.because)?;
    }
    for (tier, title) in TIERS {
        let asked = |p: &&WhyPolicy| p.tier == tier && p.selects != Truth::No;
        let asked: Vec<&WhyPolicy> = side.policies.iter().filter(asked).collect();
        if !asked.is_empty() {
            writeln!(terminal.stdout, "      {title}")?;
        }
        for policy in asked {
            write_policy(policy, terminal)?;
        }
    }
    for builtin in after {
        line(
            terminal,
            4,
            builtin.part,
            &format!("no tier decides: {}", builtin.because),
        )?;
    }
    write_others(side, terminal)
}

fn write_policy(policy: &WhyPolicy, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let priority = (policy.priority).map_or_else(String::new, |p| format!(", priority {p}"));
    writeln!(
        terminal.stdout,
        "        {}{}{priority}: {}",
        policy.policy,
        at(policy.place.as_ref()),
        policy.because
    )?;
    for rule in &policy.rules {
        let action = match rule.action {
            netpol_policy::Action::Allow => "allow",
            netpol_policy::Action::Deny => "deny",
            netpol_policy::Action::Pass => "pass",
        };
        let place = at(rule.place.as_ref());
        let text = format!("rule {}, {action}{place}: {}", rule.nth, rule.because);
        line(terminal, 8, rule.part, &text)?;
    }
    // That it isolates has been said; whether that matters is worth a line.
    if let Some(isolation) = (policy.isolation.as_ref()).filter(|i| i.part != Part::NotAsked) {
        let text = format!(
            "isolation{}: {}",
            at(isolation.place.as_ref()),
            isolation.because
        );
        line(terminal, 8, isolation.part, &text)?;
    }
    Ok(())
}

/// The policies that do not select the subject.
fn write_others(side: &WhySide, terminal: &mut Terminal<'_>) -> io::Result<()> {
    let others = side.policies.iter().filter(|p| p.selects == Truth::No);
    let others: Vec<String> = others
        .map(|p| format!("{}{}", p.policy, at(p.place.as_ref())))
        .collect();
    let count = match others.len() {
        0 => return Ok(()),
        1 => "1 policy does not select it".to_owned(),
        n => format!("{n} policies do not select it"),
    };
    if others.len() > NAMED && terminal.verbosity() == 0 {
        writeln!(terminal.stdout, "      {count} (-v names them)")
    } else {
        writeln!(terminal.stdout, "      {count}: {}", others.join(", "))
    }
}

/// One line; an arrow in front of what the answer is credited to.
fn line(terminal: &mut Terminal<'_>, indent: usize, part: Part, text: &str) -> io::Result<()> {
    let mark = match part {
        Part::Decides | Part::HoldsBack => "→",
        _ => " ",
    };
    writeln!(terminal.stdout, "{:indent$}{mark} {text}", "")
}

fn at(place: Option<&WhyPlace>) -> String {
    place.map_or_else(String::new, |place| format!(" ({place})"))
}
