//! netpolc: load, resolve, reach, lint, lower, report.
//! 
#![forbid(unsafe_code)]
