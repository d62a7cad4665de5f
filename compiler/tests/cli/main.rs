//! The command line, driven as the binary drives it: arguments in, exit code and streams out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and write the files that they read"
)]

mod artefact;
mod assertions;
mod batch;
mod charts;
mod diff;
mod examples;
mod fix;
mod fix_examples;
mod gitops;
mod kustomize;
mod limits;
mod query;
mod reach;
mod round_trip;
mod silence;
mod support;
mod suppressions;
mod targets;
mod usage;
mod ways_in;
mod what_if;
