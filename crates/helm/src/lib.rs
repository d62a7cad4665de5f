//! `helm template`, embedded and deterministic, with provenance and read-tracking.
//! 
#![forbid(unsafe_code)]
