//! The dataplane in the kernel. Everything happens in network namespaces and BPF file systems of
//! the tests' own; it takes root, and says so when it has not.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking and skip loudly"
)]

mod agreement;
mod enforce;
mod frames;
mod lab;
mod lifecycle;
mod packets;
mod swap;
