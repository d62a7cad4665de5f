//! See ../README.md.
#![no_main]

#[path = "../bodies/chart_archive.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
