//! What is known about the CNI's Helm values: tables below `schemas/cni`, in which every row names
//! its source.

pub mod accepted;
pub mod chart;
pub mod condition;
pub mod contradiction;
pub mod flags;
pub mod meant;
pub mod needs;
mod read;
pub mod upgrades;
pub mod values;

pub use accepted::{Accepted, Off, table};
pub use values::Merged;

use crate::model::ChartVersion;

/// A scalar as the template would print it; `None` for lists, maps and null (which means "the
/// chart's default").
pub fn text(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Are these versions that the tables know, and is the second one above the first?
///
/// # Errors
/// One sentence that says what is known.
pub fn known_versions(
    version: Option<ChartVersion>,
    upgrade_to: Option<ChartVersion>,
) -> Result<(), String> {
    let known = chart::versions();
    for asked in version.iter().chain(&upgrade_to) {
        if !known.contains(asked) {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            return Err(format!(
                "the keys of chart version {asked} are not known; known are {}",
                known.join(", ")
            ));
        }
    }
    match (version, upgrade_to) {
        (None, Some(_)) => Err("an upgrade needs the version that it starts from: give \
             --cni-version as well"
            .to_owned()),
        (Some(from), Some(to)) if to <= from => {
            Err(format!("{from} to {to} is no upgrade of the CNI's chart"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::known_versions;

    #[test]
    fn versions_that_are_not_known_are_refused() {
        let of = |text: &str| text.parse().ok();
        assert_eq!(known_versions(None, None), Ok(()));
        assert_eq!(known_versions(of("1.18"), of("1.20")), Ok(()));
        for (from, to, says) in [
            ("1.2", "", "not known"),
            ("1.20", "1.99", "not known"),
            ("1.20", "1.19", "no upgrade"),
            ("1.20", "1.20", "no upgrade"),
            ("", "1.20", "--cni-version"),
        ] {
            let sentence = known_versions(of(from), of(to));
            let sentence = sentence.err().unwrap_or_default();
            assert!(sentence.contains(says), "{from} {to}: {sentence}");
        }
    }
}
