//! Tests of netpolc as a whole.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, say what they do, and read sources and fixtures"
)]

mod fuzz_seeds;
mod layers;
