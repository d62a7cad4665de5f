//! What the kernel reads.
#![forbid(unsafe_code)]

mod bytes;
pub mod decode;
pub mod digest;
pub mod eval;
pub mod layout;
pub mod link;
pub mod local;
pub mod reason;

pub use decode::{DecodeError, ImageView, decode};
pub use eval::{Outcome, Packet, eval};
pub use link::{Image, LinkError, LinkNote, LinkOptions, LocalRow, link};
pub use local::{Local, set_local};
