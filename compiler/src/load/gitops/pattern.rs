//! Directories of a repository by pattern, as the git generator of an ApplicationSet takes them.

use std::path::Path;
use walkdir::WalkDir;

/// How deep directories are looked at.
const DEEPEST: usize = 8;

/// The directories below a root whose path from there fits one of the patterns, sorted. A `*` stands
/// for a part of one name (Go's `path.Match`).
pub(super) fn directories(root: &Path, wanted: &[String]) -> Vec<String> {
    let walk = WalkDir::new(root)
        .min_depth(1)
        .max_depth(DEEPEST)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            !entry.file_name().as_encoded_bytes().starts_with(b".") && entry.file_type().is_dir()
        });
    let mut found: Vec<String> = walk
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path().strip_prefix(root).ok()?.to_str()?.to_owned();
            fits_one_of(wanted, &path).then_some(path)
        })
        .collect();
    found.sort();
    found
}

/// Does a path fit one of the patterns?
pub(super) fn fits_one_of(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, path))
}

/// Does a path fit, name by name?
fn fits(pattern: &str, path: &str) -> bool {
    let clean = |text: &'_ str| -> Vec<String> {
        let parts = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_owned).collect()
    };
    let (pattern, path) = (clean(pattern), clean(path));
    pattern.len() == path.len()
        && (pattern.iter().zip(&path)).all(|(pattern, name)| {
            let pattern: Vec<char> = pattern.chars().collect();
            let name: Vec<char> = name.chars().collect();
            fits_name(&pattern, &name)
        })
}

/// Only the last star is ever tried anew: an earlier one that took more would leave less for the
/// later ones, so that the cost is at most the product of both lengths.
fn fits_name(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    // Behind the last star, and where what it does not take begins.
    let mut star: Option<(usize, usize)> = None;
    while let Some(is) = name.get(read) {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                star = Some((at, read));
            }
            Some(wanted) if *wanted == '?' || wanted == is => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((behind, taken)) = star else {
                    return false;
                };
                star = Some((behind, taken + 1));
                (at, read) = (behind, taken + 1);
            }
        }
    }
    let rest = pattern.get(at..).unwrap_or_default();
    rest.iter().all(|left| *left == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_is_a_part_of_one_name() {
        assert!(fits("apps/*", "apps/web"));
        assert!(!fits("apps/*", "apps"));
        assert!(!fits("apps/*", "apps/web/chart"));
        assert!(fits("./apps/w?b-*/", "apps/web-1"));
        assert!(!fits("apps/w?b", "apps/wb"));
        assert!(fits("apps/web", "apps/web"));
    }

    #[test]
    fn many_stars_cost_no_more_than_a_few() {
        let stars = "*a".repeat(40);
        assert!(!fits(&stars, &format!("{}b", "a".repeat(200))));
        assert!(fits(&stars, &"a".repeat(200)));
        assert!(fits("a*b*c", "aXbXbXc") && !fits("a*b*c", "aXcXb"));
        assert!(fits("**", "x") && !fits("*?", ""));
    }
}
