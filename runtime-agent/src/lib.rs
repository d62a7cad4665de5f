//! The runtime agent: puts compiled policy in force on one node, with one store or not at all.
#![warn(missing_docs)]
pub mod error;
pub mod kernel;
