//! `.helmignore`: which files of a chart directory Helm does not load.
//!
//! Rules are asked in order. The first plain rule that matches ignores the path; a negated rule
//! ignores whatever it does **not** match and lets what it matches go on to the next rule. That
//! is Helm's reading, not git's.

use super::error::{ChartError, ChartErrorKind};
use super::pattern::Pattern;

#[derive(Clone, Debug)]
struct Rule {
    pattern: Pattern,
    negated: bool,
    directories: bool,
    /// The pattern has a slash: it is compared with the path from the root, else with the name.
    whole: bool,
}

/// The rules of one chart directory.
#[derive(Clone, Debug)]
pub(crate) struct Rules(Vec<Rule>);

impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self(Vec::new());
        rules.add_defaults();
        rules
    }
}

impl Rules {
    /// Reads a `.helmignore`.
    pub(crate) fn parse(text: &str) -> Result<Self, ChartError> {
        let mut rules = Self(Vec::new());
        for line in text.strip_prefix('\u{FEFF}').unwrap_or(text).lines() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                rules.0.push(rule(line)?);
            }
        }
        rules.add_defaults();
        Ok(rules)
    }

    fn add_defaults(&mut self) {
        self.0.extend(rule("templates/.?*"));
    }

    /// Whether Helm skips this path; with a directory all below it is skipped.
    pub(crate) fn ignores(&self, path: &str, directory: bool) -> bool {
        for rule in &self.0 {
            let name = match path.rsplit_once('/') {
                Some((_, name)) if !rule.whole => name,
                _ => path,
            };
            if rule.negated {
                if (rule.directories && !directory) || !rule.pattern.matches(name) {
                    return true;
                }
            } else if (!rule.directories || directory) && rule.pattern.matches(name) {
                return true;
            }
        }
        false
    }

    /// Whether Helm skips this file, by itself or with a directory it lies in.
    pub(crate) fn ignores_file(&self, path: &str) -> bool {
        path.match_indices('/')
            .filter_map(|(at, _)| path.get(..at))
            .any(|directory| self.ignores(directory, true))
            || self.ignores(path, false)
    }
}

fn rule(line: &str) -> Result<Rule, ChartError> {
    let refused = |message: &str| {
        let message = format!("{message} in the rule `{line}`");
        ChartError::new(ChartErrorKind::Metadata, ".helmignore", message)
    };
    if line.contains("**") {
        return Err(refused("double-star (**) syntax is not supported"));
    }
    let (negated, rest) = match line.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (directories, rest) = match rest.strip_suffix('/') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let whole = rest.contains('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let pattern = Pattern::parse(rest).map_err(|_| refused("syntax error"))?;
    Ok(Rule {
        pattern,
        negated,
        directories,
        whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(rules: &str, path: &str) -> bool {
        Rules::parse(rules).unwrap().ignores_file(path)
    }

    #[test]
    fn rules_match_as_in_helm() {
        for (rules, path, expected) in [
            ("helm.txt", "helm.txt", true),
            ("helm.txt", "a/b/helm.txt", true),
            ("helm.*", "cargo/a.txt", false),
            ("cargo/", "cargo/a.txt", true),
            ("cargo/", "cargo", false),
            ("/a.txt", "cargo/a.txt", false),
            ("/a.txt", "a.txt", true),
            ("cargo/*.txt", "cargo/a.txt", true),
            ("cargo/*.txt", "x/cargo/a.txt", false),
            ("*\n!helm.txt", "helm.txt", true),
            ("!helm.txt", "helm.txt", false),
            ("!helm.txt", "tiller.txt", true),
            ("# helm.txt", "helm.txt", false),
            ("", "templates/.hidden", true),
            ("", "templates/x.yaml", false),
        ] {
            assert_eq!(ignores(rules, path), expected, "{rules:?} on {path}");
        }
    }

    #[test]
    fn a_double_star_is_refused_as_helm_does() {
        let error = Rules::parse("a/**/b").unwrap_err();
        assert!(error.message.contains("double-star"), "{error}");
    }
}
