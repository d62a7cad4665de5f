//! Test-only package that owns every insta snapshot.
//!
#![forbid(unsafe_code)]
