//! Every seed of the engine's fuzz targets is replayed: what crashed once stays mended.
#![expect(clippy::expect_used, reason = "tests fail by panicking")]

#[path = "../../../fuzz/bodies/chart_archive.rs"]
mod chart_archive;
#[path = "../../../fuzz/bodies/helm_exec.rs"]
mod helm_exec;
#[path = "../../../fuzz/bodies/helm_template.rs"]
mod helm_template;

use std::fs;
use std::path::PathBuf;

/// Gives every seed of a target to its body.
#[expect(
    clippy::print_stdout,
    reason = "the seed that fails is the last one named"
)]
fn replay(target: &str, body: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of seeds")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no seed in {}", folder.display());
    for file in files {
        println!("{target}: {}", file.display());
        body(&fs::read(&file).expect("a seed"));
    }
}

#[test]
fn archive_seeds() {
    replay("chart_archive", chart_archive::run);
}

#[test]
fn template_seeds() {
    replay("helm_template", helm_template::run);
}

#[test]
fn exec_seeds() {
    replay("helm_exec", helm_exec::run);
}
