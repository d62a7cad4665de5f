//! `helm template`, embedded and deterministic, with provenance and read-tracking.
//!
//! The promise of this package: a chart and its values become documents whose every byte leads
//! back to its template line and, where a value decided, to the leaf of the values file; and it
//! can tell which values nothing ever read.
#![forbid(unsafe_code)]

mod ast;
pub mod chart;
pub mod exec;
pub mod func;
mod lex;
mod parse;
pub mod render;
pub mod value;
pub mod values;
