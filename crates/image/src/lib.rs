//! What the kernel reads.
//!
//! The promise of this crate: [`link()`] turns policies and an inventory into the image of one
//! node, the same bytes for the same input on every machine; [`decode()`] takes any bytes and
//! gives a checked view or a reason, without panicking; [`eval()`] judges a packet by an image
//! exactly as the dataplane program does. [`Bundle`] carries policies from the compiler to the
//! agents, [`signature`] says whose they are.
//!
//! [`layout`] is the only home of offsets; the C header of the dataplane program is made from it.
//! This crate does no input or output and knows no clock.
#![forbid(unsafe_code)]

pub mod bundle;
mod bytes;
pub mod decode;
pub mod digest;
pub mod eval;
pub mod hex;
pub mod layout;
pub mod link;
pub mod local;
mod parts;
pub mod reason;
pub mod signature;

pub use bundle::{Bundle, BundleError, Meta, SourceMap, SourceRef, policy_digest};
pub use decode::{DecodeError, ImageView, decode};
pub use eval::{Outcome, Packet, eval};
pub use link::{Image, LinkError, LinkNote, LinkOptions, LocalRow, link};
pub use local::{Local, set_local};
pub use parts::Parts;
pub use signature::{PublicKey, SecretKey, Signature, SignatureError, admit, keygen, sign, verify};
