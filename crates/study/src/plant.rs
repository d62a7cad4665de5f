//! Mistakes, one planter per code. A planter is written from what people do, never from how the
//! rule looks for it.

mod charts;
mod cni;
mod lowering;
mod policies;
mod reading;
mod workloads;

use crate::cluster::Cluster;
use crate::repository::Repository;
use crate::written::Written;
use netpol_testgen::Rng;

/// The names of the objects in which the mistake was made; nothing when this cluster has no place
/// for it.
pub(crate) type Planted = Option<Vec<String>>;

/// How a mistake is made.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// In the objects.
    Objects(fn(&mut Cluster, &mut Rng) -> Planted),
    /// In the text.
    Text(fn(&mut Written, &mut Rng) -> Planted),
    /// In the objects of a running cluster.
    Dump(fn(&mut Cluster, &mut Rng) -> Planted),
    /// In a repository with a chart.
    Repository(fn(&mut Repository, &mut Rng) -> Planted),
}

/// A mistake.
#[derive(Clone, Copy)]
pub(crate) struct Planter {
    /// What has to find it.
    pub(crate) code: &'static str,
    /// What is done, for the page.
    pub(crate) mistake: &'static str,
    pub(crate) how: How,
}

/// Every planter in the order of codes.
pub(crate) fn planters() -> Vec<Planter> {
    let mut all = Vec::new();
    for family in [
        reading::ALL,
        charts::ALL,
        policies::ALL,
        workloads::ALL,
        lowering::ALL,
        cni::ALL,
    ] {
        all.extend_from_slice(family);
    }
    all
}

/// Codes for which no mistake is planted, and why.
pub(crate) const NOT_PLANTED: &[(&str, &str)] = &[];
