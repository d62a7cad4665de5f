//! The compiler's layer tests, on this package's sources and table.

#[path = "../../../compiler/tests/it/layers.rs"]
mod shared;
