//! netpolc over clusters of growing size, with parsing alone as the yardstick.

use super::cluster::{self, Clusters};
use super::process::{Cost, cheapest};
use crate::root;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many workloads the clusters have.
const SIZES: [usize; 6] = [100, 800, 1_000, 2_000, 10_000, 50_000];
/// Lines of a batch.
const LINES: usize = 1_000_000;
/// What is run on each cluster, in this order.
const VERBS: [&str; 5] = ["parse", "check", "reach", "query", "batch"];
/// No verb may take more than this times as long for twice as many workloads.
const GROWTH: f64 = 2.3;
/// `check` beside parsing alone, from this size on.
const CHECK: (usize, f64) = (10_000, 3.0);

/// One verb on one cluster.
struct Measured {
    family: Clusters,
    workloads: usize,
    verb: &'static str,
    cost: Cost,
}

/// The name of the measurements of a cluster: `netpolc/plain/800`.
fn name(family: Clusters, workloads: usize) -> String {
    format!("netpolc/{}/{workloads}", family.name())
}

/// The sizes that are measured.
pub(super) fn chosen(only: Option<&str>) -> Vec<(Clusters, usize)> {
    let all = Clusters::ALL
        .into_iter()
        .flat_map(|family| SIZES.map(|size| (family, size)));
    all.filter(|(family, size)| is_chosen(&name(*family, *size), only))
        .collect()
}

/// Is a measurement wanted? A part is meant whole: 1000 is not 10000.
pub(super) fn is_chosen(name: &str, only: Option<&str>) -> bool {
    only.is_none_or(|only| {
        let rest = name.strip_prefix(only);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Measures the clusters; the sentences say which bars are missed.
///
/// # Errors
/// Something does not compile or run.
pub(super) fn run(
    clusters: &[(Clusters, usize)],
    out: &mut dyn Write,
) -> Result<(Value, Vec<String>), String> {
    build("netpolc", &["--bins"])?;
    build("netpol-yaml", &["--example", "parse"])?;
    let work = root().join("target/bench");
    let mut measured = Vec::new();
    for &(family, workloads) in clusters {
        let directory = cluster::write(&work, family, workloads)?;
        let lines = questions(&work, workloads)?;
        tell(out, &format!("{} workloads, {}", workloads, family.name()))?;
        for verb in VERBS {
            let cost = measure(verb, workloads, &directory, &lines, &work)?;
            tell(out, &line(verb, cost))?;
            measured.push(Measured {
                family,
                workloads,
                verb,
                cost,
            });
        }
    }
    let missed = judge(&measured, out)?;
    let told = measured.iter().map(|m| {
        json!({
            "name": format!("{}/{}", name(m.family, m.workloads), m.verb),
            "cpuSeconds": m.cost.cpu.as_secs_f64(),
            "wallSeconds": m.cost.wall.as_secs_f64(),
            "peakBytes": m.cost.peak,
        })
    });
    Ok((Value::Array(told.collect()), missed))
}

pub(super) fn tell(out: &mut dyn Write, line: &str) -> Result<(), String> {
    writeln!(out, "{line}").map_err(|e| e.to_string())
}

fn line(verb: &str, cost: Cost) -> String {
    format!(
        "  {verb:<6} {:>9.3} s CPU {:>9.3} s wall {:>7} MiB",
        cost.cpu.as_secs_f64(),
        cost.wall.as_secs_f64(),
        cost.peak >> 20
    )
}

/// Builds part of a package in release mode.
pub(super) fn build(package: &str, part: &[&str]) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--quiet", "--release", "-p", package])
        .args(part)
        .status()
        .map_err(|e| format!("cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the release build failed".to_owned())
    }
}

fn measure(
    verb: &str,
    workloads: usize,
    directory: &Path,
    lines: &Path,
    work: &Path,
) -> Result<Cost, String> {
    let release = root().join("target/release");
    let runs = match workloads {
        0..=2_000 => 5,
        2_001..=10_000 => 2,
        _ => 1,
    };
    let command = || {
        let program = match verb {
            "parse" => release.join("examples/parse"),
            _ => release.join("netpolc"),
        };
        let mut command = Command::new(program);
        match verb {
            "parse" => {}
            "reach" => {
                command.args(["reach", "--format", "json"]);
            }
            "query" => {
                let port = format!("TCP/{}", cluster::port(1));
                command.args([
                    "query",
                    &cluster::name(0),
                    &cluster::name(1),
                    "--port",
                    &port,
                ]);
            }
            "batch" => {
                command.args(["query", "--batch"]).arg(lines);
            }
            verb => {
                command.args([verb, "--format", "json"]);
            }
        }
        command.arg(directory);
        command
    };
    cheapest(runs, &[0, 1], &work.join("output"), command)
}

/// A million questions between workloads, always the same for a size.
fn questions(work: &Path, workloads: usize) -> Result<PathBuf, String> {
    let path = work.join(format!("questions-{workloads}.jsonl"));
    let mut text = Vec::with_capacity(LINES * 80);
    let mut state = 1_usize;
    let mut next = |below: usize| {
        // Knuth's MMIX constants: no order is needed but the same one every time.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..LINES {
        let (from, to) = (next(workloads), next(workloads));
        // Every second line is about a neighbour, where something passes.
        let to = if next(2) == 0 {
            to
        } else {
            (from + 1) % workloads
        };
        writeln!(
            text,
            "{{\"from\":\"{}\",\"to\":\"{}\",\"protocol\":\"TCP\",\"port\":{}}}",
            cluster::name(from),
            cluster::name(to),
            cluster::port(to)
        )
        .map_err(|e| e.to_string())?;
    }
    std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// Growth per doubling between neighbouring sizes, and what is missed.
fn judge(measured: &[Measured], out: &mut dyn Write) -> Result<Vec<String>, String> {
    let mut missed = Vec::new();
    for family in Clusters::ALL {
        for verb in VERBS {
            let of_verb = measured
                .iter()
                .filter(|m| m.family == family && m.verb == verb);
            let of_verb: Vec<&Measured> = of_verb.collect();
            for pair in of_verb.windows(2) {
                let [small, large] = pair else { continue };
                let of = |m: &Measured| (m.workloads, m.cost.cpu.as_secs_f64());
                let growth = growth(of(small), of(large));
                tell(
                    out,
                    &format!(
                        "{} {verb}: {} to {} workloads grows by {growth:.2} per doubling",
                        family.name(),
                        small.workloads,
                        large.workloads
                    ),
                )?;
                // Below that the start of a process is most of it.
                if growth > GROWTH && small.workloads >= 800 && verb != "parse" {
                    missed.push(format!("{verb} grows by {growth:.2} per doubling"));
                }
            }
        }
    }
    for check in measured
        .iter()
        .filter(|m| m.verb == "check" && m.workloads >= CHECK.0)
    {
        let parse = measured.iter().find(|m| {
            m.verb == "parse" && m.family == check.family && m.workloads == check.workloads
        });
        let ratio = parse.map_or(0.0, |p| {
            check.cost.cpu.as_secs_f64() / p.cost.cpu.as_secs_f64()
        });
        tell(
            out,
            &format!(
                "{} workloads: check takes {ratio:.2} x parsing",
                check.workloads
            ),
        )?;
        if ratio > CHECK.1 {
            missed.push(format!("check takes {ratio:.2} x parsing"));
        }
    }
    Ok(missed)
}

/// By how much the cost grows when the size doubles, taking the growth between two sizes as even.
/// Each is a size and its seconds.
pub(super) fn growth(small: (usize, f64), large: (usize, f64)) -> f64 {
    let size = |of: usize| u32::try_from(of).map_or(f64::MAX, f64::from);
    let doublings = (size(large.0) / size(small.0)).log2();
    let times = large.1 / small.1.max(1e-4);
    times.powf(1.0 / doublings)
}
