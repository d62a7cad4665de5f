//! netpolc: from the YAML of a cluster to answers, contradictions and a compiled bundle.
//!
//! Data flows one way (see ARCHITECTURE.md):
//! `source` → `chart` → `load` → `resolve` → `model` → `reach` | `lint` → `lower` →
//! `report` → `cli`. Analyses never see YAML; nothing flows backwards.
#![forbid(unsafe_code)]

pub mod change;
pub mod chart;
pub mod cli;
pub mod config;
pub mod finding;
pub mod lint;
pub mod load;
pub mod lower;
pub mod model;
pub mod reach;
pub mod report;
pub mod resolve;
pub mod schema;
pub mod source;
pub mod suite;
