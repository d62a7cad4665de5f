//! Constraints: `>=1.2, <2 || ~3.1`, hyphen ranges, wildcards, and the rule that a prerelease
//! satisfies only a constraint that names one.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::version::{Version, compare_prerelease};

/// A version in a constraint, where numbers may be wildcards (`cvRegex`).
const VERSION: &str = concat!(
    r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?",
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?",
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?",
);

const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

struct Patterns {
    one: Regex,
    range: Regex,
    find: Regex,
    valid: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        one: Regex::new(&format!(r"^[\t\n\f\r ]*({OPERATORS})[\t\n\f\r ]*({VERSION})[\t\n\f\r ]*$")).ok()?,
        range: Regex::new(&format!(
            r"[\t\n\f\r ]*({VERSION})[\t\n\f\r ]+-[\t\n\f\r ]+({VERSION})[\t\n\f\r ]*"
        ))
        .ok()?,
        find: Regex::new(&format!(r"({OPERATORS})[\t\n\f\r ]*({VERSION})")).ok()?,
        valid: Regex::new(&format!(
            r"^([\t\n\f\r ]*({OPERATORS})[\t\n\f\r ]*({VERSION})[\t\n\f\r ]*)((?:[\t\n\f\r ]+|,[\t\n\f\r ]*)({OPERATORS})[\t\n\f\r ]*({VERSION})[\t\n\f\r ]*)*$"
        ))
        .ok()?,
    })
});

/// Alternatives, each of which is a list of conditions that must all hold.
#[derive(Debug, Clone)]
pub(crate) struct Constraints(Vec<Vec<Constraint>>);

#[derive(Debug, Clone)]
struct Constraint {
    operator: String,
    version: Version,
    minor_open: bool,
    patch_open: bool,
    open: bool,
}

impl Constraints {
    /// `semver.NewConstraint`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let patterns = PATTERNS.as_ref().ok_or("constraint Parser Error")?;
        let rewritten = rewrite_ranges(text, &patterns.range);
        let mut alternatives = Vec::new();
        for part in rewritten.split("||") {
            if !patterns.valid.is_match(part) {
                return Err(format!("improper constraint: {part}"));
            }
            let conditions: Result<Vec<_>, _> = patterns
                .find
                .find_iter(part)
                .map(|found| Constraint::parse(found.as_str(), &patterns.one))
                .collect();
            alternatives.push(conditions?);
        }
        Ok(Self(alternatives))
    }

    /// Whether the version satisfies one of the alternatives.
    pub(crate) fn check(&self, version: &Version) -> bool {
        self.0
            .iter()
            .any(|all| all.iter().all(|one| one.check(version)))
    }
}

/// `1.2 - 1.4` becomes `>= 1.2, <= 1.4 `.
fn rewrite_ranges(text: &str, pattern: &Regex) -> String {
    let mut out = text.to_owned();
    for found in pattern.captures_iter(text) {
        let part = |index| found.get(index).map_or("", |part| part.as_str());
        out = out.replacen(part(0), &format!(">= {}, <= {} ", part(1), part(11)), 1);
    }
    out
}

impl Constraint {
    fn parse(text: &str, pattern: &Regex) -> Result<Self, String> {
        let found: Captures<'_> = pattern
            .captures(text)
            .ok_or_else(|| format!("improper constraint: {text}"))?;
        let part = |index| found.get(index).map_or("", |part| part.as_str());
        let (major, minor, patch, prerelease) = (part(3), part(4), part(5), part(6));
        let is_open =
            |part: &str| part.is_empty() || matches!(part.trim_start_matches('.'), "x" | "X" | "*");
        let (mut minor_open, mut patch_open, mut open) = (false, false, true);
        let version = if is_open(major) {
            format!("0.0.0{prerelease}")
        } else if is_open(minor) {
            minor_open = true;
            format!("{major}.0.0{prerelease}")
        } else if is_open(patch) {
            patch_open = true;
            format!("{major}{minor}.0{prerelease}")
        } else {
            open = false;
            part(2).to_owned()
        };
        let version = Version::parse(&version).map_err(|_| "constraint Parser Error")?;
        Ok(Self {
            operator: part(1).to_owned(),
            version,
            minor_open,
            patch_open,
            open,
        })
    }

    fn check(&self, version: &Version) -> bool {
        if !version.prerelease.is_empty() && self.version.prerelease.is_empty() {
            // `!=` looks at it only with wildcards.
            if self.operator != "!=" || self.open {
                return false;
            }
        }
        match self.operator.as_str() {
            "" | "=" if self.open => self.tilde(version),
            "" | "=" => version.compare(&self.version) == Ordering::Equal,
            "!=" => self.not_equal(version),
            ">" => self.greater(version),
            "<" => version.compare(&self.version) == Ordering::Less,
            ">=" | "=>" => version.compare(&self.version) != Ordering::Less,
            "<=" | "=<" => self.less_or_equal(version),
            "~" | "~>" => self.tilde(version),
            "^" => self.caret(version),
            _ => false,
        }
    }

    fn not_equal(&self, version: &Version) -> bool {
        let ours = &self.version;
        if self.open {
            if ours.major != version.major {
                return true;
            }
            if ours.minor != version.minor && !self.minor_open {
                return true;
            }
            if self.minor_open {
                return false;
            }
            if ours.patch != version.patch && !self.patch_open {
                return true;
            }
            if self.patch_open {
                let named = !version.prerelease.is_empty() || !ours.prerelease.is_empty();
                return named
                    && compare_prerelease(&version.prerelease, &ours.prerelease)
                        != Ordering::Equal;
            }
        }
        version.compare(ours) != Ordering::Equal
    }

    fn greater(&self, version: &Version) -> bool {
        let ours = &self.version;
        if !self.open {
            return version.compare(ours) == Ordering::Greater;
        }
        match version.major.cmp(&ours.major) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if self.minor_open => false,
            Ordering::Equal if self.patch_open => version.minor > ours.minor,
            Ordering::Equal => version.compare(ours) == Ordering::Greater,
        }
    }

    fn less_or_equal(&self, version: &Version) -> bool {
        let ours = &self.version;
        if !self.open {
            return version.compare(ours) != Ordering::Greater;
        }
        if version.major > ours.major {
            return false;
        }
        !(version.major == ours.major && version.minor > ours.minor && !self.minor_open)
    }

    fn tilde(&self, version: &Version) -> bool {
        let ours = &self.version;
        if version.compare(ours) == Ordering::Less {
            return false;
        }
        if (ours.major, ours.minor, ours.patch) == (0, 0, 0) && !self.minor_open && !self.patch_open
        {
            return true;
        }
        version.major == ours.major && (version.minor == ours.minor || self.minor_open)
    }

    fn caret(&self, version: &Version) -> bool {
        let ours = &self.version;
        if version.compare(ours) == Ordering::Less {
            return false;
        }
        if ours.major > 0 || self.minor_open {
            return version.major == ours.major;
        }
        if version.major > 0 {
            return false;
        }
        if ours.minor > 0 || self.patch_open {
            return version.minor == ours.minor;
        }
        version.minor == 0 && ours.patch == version.patch
    }
}
