//! What the kernel reads.
#![forbid(unsafe_code)]

mod bytes;
pub mod digest;
pub mod layout;
pub mod link;
pub mod local;
pub mod reason;

pub use link::{Image, LinkError, LinkNote, LinkOptions, LocalRow, link};
pub use local::{Local, set_local};
