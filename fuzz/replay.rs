//! Replays the seeds of a fuzz target; the tests of the packages that have targets include it.

use std::fs;
use std::path::{Path, PathBuf};

/// Gives every seed of a target to its body.
pub fn replay(target: &str, body: fn(&[u8])) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = package.ancestors().map(|dir| dir.join("fuzz/seeds"));
    let seeds = { folders }.find(|dir| dir.is_dir()).expect("fuzz/seeds");
    let mut files: Vec<PathBuf> = fs::read_dir(seeds.join(target))
        .expect("the folder of seeds")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no seed of {target}");
    for file in files {
        // The seed that fails is the last one named.
        println!("{target}: {}", file.display());
        body(&fs::read(&file).expect("a seed"));
    }
}
