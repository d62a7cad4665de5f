//! Policies of Cilium against what Cilium's own sources, tests and documentation say of them.
//!
//! A file `*.cases.yaml` holds cases. Each begins with `### what it shows (its source)` and is
//! judged together with `world.yaml`. Comments say what is expected:
//!
//! - `# expect: FROM -> TO PORT VERDICT [CONDITION]`, where the condition is `l7` or `auth`;
//! - `# values: LINE`, a line of the CNI's Helm values;
//! - `# said: TEXT`, a part of what is said to be left out of account (otherwise nothing is);
//! - `# refused: TEXT`, a part of a finding (otherwise there is none).
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod generated;
mod table;
mod values;
