//! Every seed of the engine's fuzz targets is replayed: what crashed once stays mended.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests fail by panicking and name the seed they are at"
)]

#[path = "../../../fuzz/bodies/chart_archive.rs"]
mod chart_archive;
#[path = "../../../fuzz/bodies/helm_exec.rs"]
mod helm_exec;
#[path = "../../../fuzz/bodies/helm_template.rs"]
mod helm_template;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

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
