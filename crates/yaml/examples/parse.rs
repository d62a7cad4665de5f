//! Reads every file of a directory once and does nothing with it: the yardstick of the benchmarks
//! of whatever reads the same files.
//!
//! `cargo run --release -p netpol-yaml --example parse DIRECTORY`
#![expect(clippy::print_stdout, reason = "the example prints what it read")]

use std::process::ExitCode;
use std::sync::Arc;

use netpol_yaml::{Document, Limits, parse_shared};

fn main() -> ExitCode {
    let mut nodes = 0;
    for argument in std::env::args_os().skip(1) {
        match read(std::path::Path::new(&argument)) {
            Ok(more) => nodes += more,
            Err(error) => {
                println!("{}: {error}", argument.to_string_lossy());
                return ExitCode::from(2);
            }
        }
    }
    println!("{nodes} nodes");
    ExitCode::SUCCESS
}

/// How many nodes the files of a directory have; what was read is kept until all of it was.
fn read(directory: &std::path::Path) -> std::io::Result<usize> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let text: Arc<str> = std::fs::read_to_string(entry?.path())?.into();
        kept.push(parse_shared(&text, &Limits::default()));
    }
    let documents = kept.iter().flat_map(|parsed| &parsed.documents);
    Ok(documents.map(Document::nodes).sum())
}
