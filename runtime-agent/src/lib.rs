//! The runtime agent: puts compiled policy in force on one node, with one store or not at all.
pub mod error;
pub mod frame;
pub mod kernel;
pub mod selftest;
#[cfg(feature = "netns")]
pub mod netns;
