//! One version: lenient reading, precedence, the next versions.

use std::cmp::Ordering;

/// A version; parts that the text leaves out are zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What stands behind `-`, without it.
    pub prerelease: String,
    /// What stands behind `+`, without it.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

const INVALID: &str = "Invalid Semantic Version";

impl Version {
    /// `semver.NewVersion`: a leading `v` and missing parts are fine.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (core, prerelease, metadata) = split(text).ok_or(INVALID)?;
        let core = core.strip_prefix('v').unwrap_or(core);
        let mut numbers = [0_u64; 3];
        let parts: Vec<&str> = core.split('.').collect();
        if parts.len() > numbers.len() || parts.iter().any(|part| !is_number(part)) {
            return Err(INVALID.to_owned());
        }
        for (slot, part) in numbers.iter_mut().zip(&parts) {
            *slot = part.parse().map_err(|_| {
                format!("Error parsing version segment: strconv.ParseUint: parsing {part:?}: value out of range")
            })?;
        }
        let [major, minor, patch] = numbers;
        if prerelease
            .split('.')
            .any(|part| part.len() > 1 && part.starts_with('0') && is_number(part))
        {
            return Err("Version segment starts with 0".to_owned());
        }
        Ok(Self {
            major,
            minor,
            patch,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// A release version that no text stands behind.
    pub(crate) fn release(major: u64, minor: u64, patch: u64) -> Self {
        let original = format!("{major}.{minor}.{patch}");
        Self {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original,
        }
    }

    /// Precedence: -1, 0, 1. Metadata does not count.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(
                || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => compare_prerelease(&self.prerelease, &other.prerelease),
                },
            )
    }

    /// The next patch; of a prerelease that is its release.
    pub(crate) fn next_patch(&self) -> Self {
        let step = u64::from(self.prerelease.is_empty());
        self.successor(self.major, self.minor, self.patch.wrapping_add(step))
    }

    /// The next minor version.
    pub(crate) fn next_minor(&self) -> Self {
        self.successor(self.major, self.minor.wrapping_add(1), 0)
    }

    /// The next major version.
    pub(crate) fn next_major(&self) -> Self {
        self.successor(self.major.wrapping_add(1), 0, 0)
    }

    fn successor(&self, major: u64, minor: u64, patch: u64) -> Self {
        let mut next = Self::release(major, minor, patch);
        if self.original.starts_with('v') {
            next.original.insert(0, 'v');
        }
        next
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Core, prerelease and metadata, where the last two are well-formed or absent.
pub(super) fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (rest, metadata) = match text.split_once('+') {
        Some((rest, metadata)) if is_identifiers(metadata) => (rest, metadata),
        Some(_) => return None,
        None => (text, ""),
    };
    match rest.split_once('-') {
        Some((core, prerelease)) if is_identifiers(prerelease) => {
            Some((core, prerelease, metadata))
        }
        Some(_) => None,
        None => Some((rest, "", metadata)),
    }
}

/// Parts of ASCII letters, digits and hyphens between dots, none of them empty.
fn is_identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Precedence of prereleases: part by part, numbers by value and below words.
pub(super) fn compare_prerelease(one: &str, other: &str) -> Ordering {
    let (mut ours, mut theirs) = (one.split('.'), other.split('.'));
    loop {
        let (a, b) = match (ours.next(), theirs.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or_default(), b.unwrap_or_default()),
        };
        match compare_part(a, b) {
            Ordering::Equal => {}
            decided => return decided,
        }
    }
}

fn compare_part(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (a.is_empty(), b.is_empty()) {
        (true, _) => return Ordering::Less,
        (_, true) => return Ordering::Greater,
        _ => {}
    }
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(x), Ok(y)) => x.cmp(&y).then(Ordering::Less),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}
