//! The netpolc command.
#![forbid(unsafe_code)]

fn main() {}
