//! Seeded clusters, policies and packets for property tests and benchmarks.
//! 
#![forbid(unsafe_code)]
