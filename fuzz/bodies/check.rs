//! Any input gives findings, the same ones each time, and never a panic.

use netpolc::lint::{self, Selection};
use netpolc::load::LoadOptions;
use netpolc::resolve::{Inputs, read};

/// Reads the bytes as standard input of `netpolc check -`.
pub fn run(data: &[u8]) {
    let inputs = Inputs {
        paths: vec!["-".into()],
        load: LoadOptions {
            stdin: Some(data.to_vec()),
            ..LoadOptions::default()
        },
        ..Inputs::default()
    };
    let findings = || lint::check(&read(&inputs), &Selection::default());
    assert_eq!(findings(), findings(), "two runs differ");
}
