//! What objects mean together, one file per part of the model.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod adminnetworkpolicy;
mod admins;
mod baselineadminnetworkpolicy;
mod cluster;
mod clusternetworkpolicy;
mod cni;
mod languages;
mod networkpolicy;
mod round_trip;
mod support;
mod ways_in;
mod what_if;
mod workloads;
