//! NP601: a CNI value under a key that the chart does not have. Nothing reads it, and nothing says
//! so: the chart's schema takes any key.

use crate::finding::{Edit, Finding, Severity};
use crate::lint::Rule;
use crate::lint::cni::chart::Standing;
use crate::lint::cni::meant::{self, Meant};
use crate::lint::cni::{Merged, contradiction, flags};
use crate::lint::context::Context;
use crate::model::CniValue;
use std::collections::{BTreeMap, BTreeSet};

/// Finds them: one finding per unknown key, whatever stands below it.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let Some(values) = Merged::of(context) else {
        return Vec::new();
    };
    if let Some(finding) = no_values(&values, rule) {
        return vec![finding];
    }
    let told = contradiction::spoken_of(&values);
    let mut unknown = BTreeMap::new();
    for (leaf, value) in values.leaves() {
        if let Some(found) = Unknown::at(&values, leaf, value, &told) {
            unknown.entry(found.head()).or_insert(found);
        }
    }
    let found = unknown.into_iter();
    found
        .map(|(head, found)| found.finding(&values, &head, rule))
        .collect()
}

/// A leaf that the chart does not have.
struct Unknown<'a> {
    leaf: &'a str,
    value: &'a CniValue,
    /// How much of its path the chart has.
    known: String,
}

impl<'a> Unknown<'a> {
    fn at(
        values: &Merged<'_>,
        leaf: &'a str,
        value: &'a CniValue,
        told: &BTreeSet<&str>,
    ) -> Option<Self> {
        let known = match values.tree.standing(leaf) {
            Standing::Unknown(known) => known,
            // The agent's flags have no capital letters.
            Standing::Free => {
                let flag = leaf.strip_prefix("extraConfig.")?;
                flag.contains(|c: char| c.is_ascii_uppercase())
                    .then_some(())?;
                "extraConfig".to_owned()
            }
            _ => return None,
        };
        // Anchors and notes.
        let aside = leaf.starts_with("x-") || leaf.starts_with(['_', '.']);
        (!aside && !told.contains(leaf)).then_some(Self { leaf, value, known })
    }

    /// The path of the first step that the chart does not have.
    fn head(&self) -> String {
        let (step, _) = meant::next_step(self.leaf, &self.known);
        meant::join(&self.known, step)
    }

    fn finding(&self, values: &Merged<'_>, head: &str, rule: &Rule) -> Finding {
        let at = values.key_place(head).unwrap_or(self.value.key);
        let version = values.tree.version;
        let meant = match self.known.as_str() {
            "extraConfig" => None,
            known => meant::by(values, self.leaf, known),
        };
        let (label, help) = self.words(meant.as_ref());
        let mut finding = rule
            .finding(format!("`{head}` is no key of Cilium's chart {version}"))
            .at(at, label)
            .note(values.judged_by())
            .help(help);
        finding.object = Some(format!("values/{head}"));
        match meant {
            Some(Meant::Case(step) | Meant::Spelt(step)) => {
                // Not where the right one is there as well: one of them would get lost.
                let right = meant::join(&self.known, &step);
                if values.key_place(&right).is_none() {
                    let replacement = step;
                    finding.edits.push(Edit { at, replacement });
                }
            }
            Some(Meant::Flag(_) | Meant::Moved(_)) => {}
            Some(Meant::Elsewhere { .. }) | None => finding.severity = Severity::Warning,
        }
        finding
    }

    fn words(&self, meant: Option<&Meant>) -> (String, String) {
        let nothing = "nothing reads this, and nothing says so".to_owned();
        let right = |step: &str| meant::join(&self.known, step);
        let help = match meant {
            Some(Meant::Elsewhere {
                until: Some(until), ..
            }) => {
                let label = format!("the last chart that reads this is {until}");
                let help = "delete it, or give --cni-version when the chart is an older one";
                return (label, help.to_owned());
            }
            Some(Meant::Elsewhere {
                since: Some(since), ..
            }) => {
                let label = format!("the first chart that reads this is {since}");
                let help = "upgrade the chart first, or give --cni-version when it is a newer one";
                return (label, help.to_owned());
            }
            Some(Meant::Case(step)) => format!("write `{}`: keys are case-sensitive", right(step)),
            Some(Meant::Spelt(step)) => format!("did you mean `{}`?", right(step)),
            Some(Meant::Flag(key)) => {
                format!("that is a flag of the agent; the chart's key is `{key}`")
            }
            Some(Meant::Moved(key)) => format!("did you mean `{key}`?"),
            None if self.known == "extraConfig" => flag(self.head().as_str()),
            Some(Meant::Elsewhere { .. }) | None => {
                "delete it, or look its name up in the chart's values.yaml".to_owned()
            }
        };
        (nothing, help)
    }
}

/// What to write in `extraConfig`.
fn flag(path: &str) -> String {
    let key = path.strip_prefix("extraConfig.").unwrap_or(path);
    match flags::changes(key).and_then(|row| row.flags.first()) {
        Some(flag) => format!("write the agent's flag `{flag}`, or the chart's key `{key}` alone"),
        None => "write a flag of the agent: they have no capital letters".to_owned(),
    }
}

/// A manifest where values are expected: every one of its keys would be unknown.
fn no_values(values: &Merged<'_>, rule: &Rule) -> Option<Finding> {
    values.given("apiVersion")?;
    let kind = values.given("kind")?;
    let message = "this is a Kubernetes object, not a file of values";
    let finding = rule.finding(message).at(kind.at, "values have no kind");
    Some(finding.help("give a file with what stands below `spec.values`"))
}
