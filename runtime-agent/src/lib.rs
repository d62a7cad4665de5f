//! The runtime agent: puts compiled policy in force on one node, with one store or not at all.
pub mod endpoints;
pub mod error;
pub mod exec;
pub mod frame;
pub mod kernel;
#[cfg(feature = "netns")]
pub mod netns;
pub mod plan;
pub mod selftest;
pub mod state;
