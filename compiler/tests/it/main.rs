//! Tests of netpolc as a whole.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and they read sources and fixtures"
)]

mod layers;
