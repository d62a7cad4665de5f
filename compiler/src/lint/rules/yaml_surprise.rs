//! NP104: kubectl reads this as something else than it looks.
//!
//! Keys that are given twice are refused by the server's strict reader and reported where they are
//! read, as errors. What is left here is accepted, and therefore worse: it takes effect.

use crate::finding::{Finding, Severity};
use crate::lint::Rule;
use crate::lint::context::Context;
use crate::load::Surprise;
use netpol_yaml::SurpriseKind;

/// Finds them.
pub fn check(context: &Context<'_>, rule: &Rule) -> Vec<Finding> {
    let surprises = context.surprises.iter().filter(|s| matters(s));
    let told = surprises.map(|surprise| {
        let mut finding = tell(rule, surprise);
        finding.severity = Severity::Warning;
        let object = surprise.object.and_then(|at| context.objects.get(at));
        finding.object = object.map(crate::load::Object::display_name);
        finding
    });
    told.collect()
}

/// Is it a surprise, and one that nothing else reports? A word that is a boolean where text is
/// wanted is refused by the schema (NP103); where a boolean is wanted it is what was meant.
fn matters(surprise: &Surprise) -> bool {
    let last = surprise.pointer.rsplit('/').next().unwrap_or_default();
    match surprise.kind {
        SurpriseKind::Boolean | SurpriseKind::Rewritten => surprise.is_key,
        // Everybody writes file modes in octal.
        SurpriseKind::Octal => !matches!(last, "mode" | "defaultMode"),
        SurpriseKind::Sexagesimal => false,
        SurpriseKind::Hexadecimal
        | SurpriseKind::Binary
        | SurpriseKind::Underscore
        | SurpriseKind::MergeOverride
        | SurpriseKind::KeyCollision
        | SurpriseKind::Dropped => true,
    }
}

fn tell(rule: &Rule, surprise: &Surprise) -> Finding {
    let (written, read) = (&surprise.looks_like, &surprise.read_as);
    let what = if surprise.is_key {
        "the key"
    } else {
        "the value"
    };
    match surprise.kind {
        SurpriseKind::Dropped => rule
            .finding("nothing after `...` is read")
            .at(
                surprise.at,
                "from here to the next `---`, kubectl reads nothing",
            )
            .help("write `---` instead of `...` to begin another document"),
        SurpriseKind::KeyCollision => rule
            .finding(format!("two keys are both `{written}` to kubectl"))
            .at(
                surprise.at,
                "one of them is lost, and it is not fixed which",
            )
            .help("rename or delete one of them"),
        SurpriseKind::MergeOverride => rule
            .finding(format!("`{written}` is overridden by a merge key"))
            .at(surprise.at, "a `<<` gives this key another value")
            .help("write the key after every `<<`, or take it out of what is merged"),
        _ => rule
            .finding(format!("{what} `{written}` is {read} to kubectl"))
            .at(
                surprise.at,
                format!("kubectl reads {read}: {}", why(surprise.kind)),
            )
            .help(help(surprise)),
    }
}

fn why(kind: SurpriseKind) -> &'static str {
    match kind {
        SurpriseKind::Boolean => "without quotes, this word is a boolean in YAML 1.1",
        SurpriseKind::Octal => "a leading zero makes a number octal in YAML 1.1",
        SurpriseKind::Hexadecimal => "`0x` makes a number hexadecimal",
        SurpriseKind::Binary => "`0b` makes a number binary",
        SurpriseKind::Underscore => "underscores in numbers are dropped",
        _ => "a number is written in its shortest form",
    }
}

fn help(surprise: &Surprise) -> String {
    let written = &surprise.looks_like;
    let quoted = format!("quote it if the text is meant: \"{written}\"");
    match surprise.kind {
        SurpriseKind::Octal if !surprise.is_key => {
            let digits = written.trim_start_matches(['0', 'o']);
            format!("write {} if that is meant, or {digits}", surprise.read_as)
        }
        _ if surprise.is_key => quoted,
        _ => format!("write {} if that is meant, or {quoted}", surprise.read_as),
    }
}
