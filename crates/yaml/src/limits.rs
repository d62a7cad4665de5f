//! How much input is read before the reader gives up.

/// Bounds on what one file may ask of the reader. Whatever exceeds one of them is refused with a
/// diagnostic of kind [`Limit`](crate::DiagnosticKind::Limit), never cut silently.
///
/// The defaults are far above what a cluster would accept (etcd takes 1.5 MiB an object) and
/// below what would hurt: a file at all of its limits stays within a few hundred MiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the whole file, in bytes. Never more than 4 GiB, whatever is set here.
    pub bytes: usize,
    /// Nesting of sequences and mappings, also through aliases. kubectl stops at 10,000.
    pub depth: usize,
    /// Nodes in the whole file: every key, scalar, sequence and mapping as written.
    pub nodes: usize,
    /// Nodes that aliases add to one document when they are written out. kubectl lets a document
    /// grow to 400,000 nodes in this way, which is the default.
    pub aliases: usize,
    /// Documents in the file, the empty ones included.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            depth: 250,
            nodes: 16_000_000,
            aliases: 400_000,
            documents: 1_000_000,
        }
    }
}
