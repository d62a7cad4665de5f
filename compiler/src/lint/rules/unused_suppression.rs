//! NP108: a suppression that matches nothing, has ended, or cannot be understood.
//!
//! Found when findings are held against suppressions (`lint::suppress`).

use crate::finding::{Code, Day, Edit, Finding, Severity};
use crate::lint::{REGISTRY, Rule, find, nearest};
use crate::source::Location;

/// The code of this rule, for asking whether it is wanted.
pub const CODE: Code = Code("NP108");

fn finding(message: String, at: Location, label: impl Into<String>) -> Finding {
    let severity = find(CODE.0).map_or(Severity::Warning, |rule| rule.severity);
    Finding::new(CODE, severity, message).at(at, label)
}

fn listed(codes: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`", code.as_ref()))
        .collect();
    quoted.join(", ")
}

/// There is no such finding here. `whole` is what goes when the suppression goes.
pub fn matches_nothing(at: Location, code: &str, whole: Option<Location>) -> Finding {
    let message = format!(
        "there is no {} for this suppression to hide",
        listed(&[code])
    );
    let mut told = finding(message, at, "the next one would be hidden unseen")
        .help("delete it, or move it to the line or the object of the finding");
    told.edits.extend(whole.map(|at| Edit {
        at,
        replacement: String::new(),
    }));
    told
}

/// It held until a day that has passed.
pub fn ended(at: Location, codes: &[String], last: Day) -> Finding {
    let message = format!("the suppression of {} ended on {last}", listed(codes));
    finding(message, at, "nothing is hidden by it any more")
        .help("mend what it hid, or set a later day")
}

/// The code does not exist.
pub fn no_such_code(at: Location, code: &str) -> Finding {
    let codes = REGISTRY.iter().flat_map(|rule| [rule.code.0, rule.name]);
    let told = finding(
        format!("there is no code `{code}`"),
        at,
        "this hides nothing",
    );
    match nearest::word(code, codes) {
        Some(near) => told.help(format!("did you mean `{near}`?")),
        None => told.help("`netpolc explain --list` prints all codes"),
    }
}

/// It says nothing about which code.
pub fn no_code(at: Location) -> Finding {
    finding(
        "this suppression names no code".to_owned(),
        at,
        "this hides nothing",
    )
    .help("name the code that is not wanted, as in `ignore[NP301]`")
}

/// It is meant as a suppression and is none.
pub fn not_understood(at: Location, form: &str) -> Finding {
    finding(
        "this suppression cannot be understood".to_owned(),
        at,
        "this hides nothing",
    )
    .help(format!("write `{form}`"))
}

/// Some findings are always told.
pub fn never_spared(at: Location, rule: &Rule) -> Finding {
    let message = format!("`{}` cannot be suppressed", rule.code);
    let why = if rule.code == CODE {
        "`--ignore NP108` turns it off as a whole"
    } else {
        "a text that cannot be read has no answer"
    };
    finding(message, at, "this hides nothing").help(format!("delete it; {why}"))
}

/// The configuration asks for reasons.
pub fn no_reason(at: Location, codes: &[String]) -> Finding {
    let message = format!("the suppression of {} does not say why", listed(codes));
    finding(message, at, "`require-reason` is set in netpolc.toml").help("say why, behind the code")
}
