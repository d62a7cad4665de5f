//! The runtime agent: takes a compiled policy bundle, links it with the pods that really run on
//! the node, and puts it in force in the kernel with one store, or not at all.
//!
//! [`Agent`] is what the command line, the demo and the tests call:
//!
//! ```no_run
//! use netpold::{Agent, Options, endpoints};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut agent = Agent::open(Options::new("/var/lib/netpold".into()))?;
//! let inventory = endpoints::read(&std::fs::read("endpoints.json")?)?;
//! let loaded = agent.load(std::fs::read("policy.npb")?, None, &inventory)?;
//! assert_eq!(loaded.generation, 1);
//! # Ok(())
//! # }
//! ```
//!
//! What the parts promise: [`plan`] is pure and says which steps lead from what is there to what
//! shall be; [`exec`] and [`kernel`] are the only modules that touch the kernel; everything before
//! the one store can be taken back.

pub mod agent;
pub mod cli;
pub mod counters;
pub mod endpoints;
pub mod error;
pub mod events;
pub mod exec;
pub mod frame;
pub mod kernel;
#[cfg(feature = "netns")]
pub mod netns;
pub mod package;
pub mod plan;
pub mod privileges;
pub mod selftest;
pub mod stage;
pub mod state;

pub use agent::{Agent, Loaded, Options, Status, View};
pub use error::Error;
