//! Tests of netpold as a whole.
#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod layers;
