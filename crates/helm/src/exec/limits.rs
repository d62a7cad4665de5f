//! Bounds of an execution.

/// How much a rendering may do. Whatever exceeds a bound fails with a message that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls and blocks within each other. Helm allows 1,000 `include`s of one name within each
    /// other, each of which takes a few of these.
    pub depth: usize,
    /// Statements and commands run in all, and values and stretches of text that functions look
    /// at.
    pub steps: u64,
    /// Bytes written in all, intermediate texts included.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 10_000,
            steps: 50_000_000,
            bytes: 1 << 30,
        }
    }
}
