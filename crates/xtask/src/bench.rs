//! `cargo xtask bench`: what is measured, each with its yardstick in the same run.
//!
//! A measurement is an example of the package that it is about; it prints lines for people and
//! ends with 1 when it misses its bar. What was said goes to `target/bench.json` too.
//!
//! `netpolc` itself is measured as users run it, over generated clusters ([`scale`]): each is a
//! measurement of its own, `netpolc/plain/800` say. So are the rules of `check` beside reading the
//! same files ([`lints`]): `lints/cilium/10000`.

mod cluster;
mod lints;
mod process;
mod scale;

use crate::root;
use std::io::Write;
use std::process::{Command, Stdio};

/// A package, one of its examples, and what it measures.
const MEASUREMENTS: [(&str, &str, &str); 2] = [
    (
        "netpol-yaml",
        "speed",
        "reading YAML against the parser's bare event stream",
    ),
    (
        "netpol-image",
        "link_speed",
        "linking and decoding images of growing clusters",
    ),
];

/// Measures in release mode; a bar that is missed ends with an error.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only measurements of packages whose name holds this text, or `netpolc/FAMILY/WORKLOADS` with
    /// anything from the right left out: netpolc/plain/800, netpolc/admin, netpolc. The same with
    /// `lints` in front: lints/cilium/10000, lints.
    only: Option<String>,
}

/// Runs the measurements one after the other.
///
/// # Errors
/// Something does not compile, or a bar is missed.
pub fn run(args: &Args) -> Result<(), String> {
    let chosen = |package: &str| args.only.as_ref().is_none_or(|only| package.contains(only));
    let mut out = std::io::stdout();
    let (mut told, mut missed) = (Vec::new(), Vec::new());
    for (package, example, what) in MEASUREMENTS {
        if !chosen(package) {
            continue;
        }
        let words = [
            "run",
            "--quiet",
            "--release",
            "-p",
            package,
            "--example",
            example,
        ];
        let said = Command::new(env!("CARGO"))
            .current_dir(root())
            .args(words)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| format!("cargo: {e}"))?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        writeln!(out, "{what}\n{text}").map_err(|e| e.to_string())?;
        if !said.status.success() {
            missed.push(example.to_owned());
        }
        told.push(serde_json::json!({
            "package": package,
            "measures": what,
            "command": format!("cargo {}", words.join(" ")),
            "passed": said.status.success(),
            "lines": text.lines().collect::<Vec<_>>(),
        }));
    }
    let clusters = scale::chosen(args.only.as_deref());
    if !clusters.is_empty() {
        let (measured, bars) = scale::run(&clusters, &mut out)?;
        told.push(serde_json::json!({
            "package": "netpolc",
            "measures": "netpolc over clusters of growing size against parsing alone",
            "command": "cargo xtask bench netpolc",
            "passed": bars.is_empty(),
            "lines": bars,
            "measured": measured,
        }));
        missed.extend(bars);
    }
    let clusters = lints::chosen(args.only.as_deref());
    if !clusters.is_empty() {
        let (measured, bars) = lints::run(&clusters, &mut out)?;
        told.push(serde_json::json!({
            "package": "netpolc",
            "measures": "all rules of `check` against reading the same files",
            "command": "cargo xtask bench lints",
            "passed": bars.is_empty(),
            "lines": bars,
            "measured": measured,
        }));
        missed.extend(bars);
    }
    let path = root().join("target/bench.json");
    let json = serde_json::to_string_pretty(&told).map_err(|e| e.to_string())?;
    std::fs::write(&path, json + "\n").map_err(|e| format!("target/bench.json: {e}"))?;
    if missed.is_empty() {
        Ok(())
    } else {
        Err(format!("missed its bar: {}", missed.join(", ")))
    }
}
