//! Comments.

use crate::Span;

/// A comment of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Where it stands, from the `#` to the end of the line without the line break.
    pub span: Span,
    /// What follows the `#`, blanks included.
    pub text: &'a str,
}
