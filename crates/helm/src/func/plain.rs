//! Plain data: what `encoding/json` sees of a value, detached from the template's shared maps.

use std::ops::Range;

/// A value without sharing, with keys in the order of their bytes, as `encoding/json` writes them.
///
/// A leaf may carry a number that the caller understands (an index into its table of origins);
/// writers hand it back together with the bytes that the leaf became.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plain {
    /// A scalar and the caller's number for it.
    Leaf(Scalar, Option<usize>),
    /// A list.
    List(Vec<Plain>),
    /// A map, sorted by key.
    Map(Vec<(String, Plain)>),
}

/// A scalar of [`Plain`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    /// `nil`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of any of Go's signed kinds.
    Int(i64),
    /// A `float64`, never infinite nor NaN (`encoding/json` refuses those).
    Float(f64),
    /// A string.
    Str(String),
}

/// A text that was written from [`Plain`] data, and which bytes of it were which leaf.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Written {
    /// The text.
    pub text: String,
    /// Bytes of the text and the number of the leaf that they show, in order.
    pub leaves: Vec<(Range<usize>, usize)>,
}
