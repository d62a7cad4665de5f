//! Everything that touches the kernel: maps, programs, links, pins, interfaces.
//!
//! Promise: objects are found by pins and descriptors, never by id, so that `CAP_BPF`,
//! `CAP_NET_ADMIN` and `CAP_PERFMON` are enough.

pub mod bpffs;
pub mod ctl;
pub mod interface;
pub mod maps;
pub mod object;
pub mod sys;
