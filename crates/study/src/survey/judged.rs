//! What people found who read the lines of sampled findings.

/// A finding that somebody has looked at.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) code: &'static str,
    pub(super) repository: &'static str,
    pub(super) path: &'static str,
    pub(super) line: u32,
    pub(super) right: bool,
    pub(super) why: &'static str,
}

/// All of them.
pub(super) const JUDGED: &[Judged] = &[];
