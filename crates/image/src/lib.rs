//! What the kernel reads.
//!
//! The promise of this crate: [`layout`] is the only home of offsets.
#![forbid(unsafe_code)]

pub mod layout;
pub mod reason;
