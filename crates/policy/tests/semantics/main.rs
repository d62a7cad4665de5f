//! Every numbered rule of `docs/semantics.md` has a test here that cites it.
//!
//! A test cites rules by a doc comment that begins with them: `/// S-SELF, S-WORKLOAD: …`. The
//! test `registry` fails when a rule of the page has no such test, when a test or a source of this
//! crate cites a rule that the page does not have, and when the page numbers its rules wrongly.
//!
//! Every question goes to both evaluators ([`world::World::ask`]), which must agree (S-TWO).
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and the registry reads the page and the sources"
)]

mod answers;
mod beyond;
mod names;
mod parties;
mod registry;
mod rules;
mod selectors;
mod tiers;
mod world;
