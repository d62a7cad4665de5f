//! Versions and constraints as `Masterminds/semver` 3.3 reads and compares them.

mod constraint;
mod version;

pub(crate) use constraint::Constraints;
pub(crate) use version::Version;
