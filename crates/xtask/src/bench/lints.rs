//! All rules of `check` beside reading the same files, in one process.
//!
//! *Reading* is all that turns files into objects whose form is checked: they are found and read,
//! their YAML is parsed, objects are taken out of documents and lists, and each is held against its
//! schema. That is the bar. *YAML alone* is the YAML reader on every file, opening them included.
//! Making the model of the objects is counted with none. *Rules* is `lint::check`: the indexes that rules share,
//! every rule that is not opt-in, suppressions, sorting.

use super::cluster::{self, Clusters};
use super::scale::{build, growth, is_chosen, tell};
use crate::root;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many workloads the clusters have.
const SIZES: [usize; 3] = [2_500, 5_000, 10_000];
/// From this size on the rules may cost no more than this times what reading the same files does.
const BAR: (usize, f64) = (10_000, 1.0);
/// Runs in the process with the largest, of which the cheapest counts; of smaller ones more, so that
/// each is measured as long.
const RUNS: usize = 3;
/// The rules may grow by no more than this when the cluster doubles from this size on; pairs would
/// make it 4. (What does not fit into the caches any more costs its part, and so does whatever there
/// is to find in the larger clusters alone.)
const GROWTH: (usize, f64) = (5_000, 3.0);
/// The dearest rules are printed one by one.
const DEAREST: usize = 8;

/// The rules on one cluster.
struct Measured {
    family: Clusters,
    workloads: usize,
    told: Value,
}

impl Measured {
    fn seconds(&self, of: &str) -> f64 {
        let found = self.told.get("seconds").and_then(|all| all.get(of));
        found.and_then(Value::as_f64).unwrap_or(f64::NAN)
    }

    fn reading(&self) -> f64 {
        self.seconds("load") + self.seconds("schema")
    }

    /// The rules beside reading.
    fn ratio(&self) -> f64 {
        self.seconds("lints") / self.reading()
    }

    /// Rules and what they take, the dearest first.
    fn dearest(&self) -> Vec<(&str, f64)> {
        let rules = self.told.get("rules").and_then(Value::as_object);
        let rules = rules.into_iter().flatten();
        let each = rules.filter_map(|(code, seconds)| Some((code.as_str(), seconds.as_f64()?)));
        let mut each: Vec<(&str, f64)> = each.collect();
        each.sort_by(|a, b| b.1.total_cmp(&a.1));
        each
    }
}

fn name(family: Clusters, workloads: usize) -> String {
    format!("lints/{}/{workloads}", family.name())
}

/// The clusters that are measured.
pub(super) fn chosen(only: Option<&str>) -> Vec<(Clusters, usize)> {
    let all = Clusters::LINTED
        .into_iter()
        .flat_map(|family| SIZES.map(|size| (family, size)));
    all.filter(|(family, size)| is_chosen(&name(*family, *size), only))
        .collect()
}

/// Measures the rules; the sentences say which bars are missed.
///
/// # Errors
/// Something does not compile or run.
pub(super) fn run(
    clusters: &[(Clusters, usize)],
    out: &mut dyn Write,
) -> Result<(Value, Vec<String>), String> {
    build("netpolc", &["--example", "lint_cost"])?;
    let work = root().join("target/bench");
    let mut all: Vec<Measured> = Vec::new();
    for &(family, workloads) in clusters {
        let directory = cluster::write(&work, family, workloads)?;
        let measured = Measured {
            family,
            workloads,
            told: measure(&work, (family, workloads), &directory)?,
        };
        tell(out, &line(&measured))?;
        all.push(measured);
    }
    let missed = judge(&all, out)?;
    let told = all.iter().map(|m| {
        let mut told = m.told.clone();
        if let Some(told) = told.as_object_mut() {
            told.insert("name".to_owned(), json!(name(m.family, m.workloads)));
        }
        told
    });
    Ok((Value::Array(told.collect()), missed))
}

fn measure(
    work: &Path,
    (family, workloads): (Clusters, usize),
    directory: &Path,
) -> Result<Value, String> {
    let mut command = Command::new(root().join("target/release/examples/lint_cost"));
    let runs = RUNS * (BAR.0 / workloads).max(1);
    command.arg("--runs").arg(runs.to_string());
    if let Some(values) = cluster::values(work, family) {
        command.arg("--cni-values").arg(values);
    }
    let said = command
        .arg(directory)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("lint_cost: {e}"))?;
    let text = String::from_utf8_lossy(&said.stdout);
    if !said.status.success() {
        return Err(format!("lint_cost ended with {}: {text}", said.status));
    }
    serde_json::from_str(&text).map_err(|e| format!("lint_cost: {e}"))
}

fn line(m: &Measured) -> String {
    let count = |of: &str| m.told.get(of).and_then(Value::as_u64).unwrap_or(0);
    let found = m.told.get("findings").and_then(Value::as_object);
    let findings: u64 = found
        .into_iter()
        .flatten()
        .filter_map(|(_, n)| n.as_u64())
        .sum();
    let dearest = m.dearest();
    let dearest = dearest.iter().take(DEAREST);
    let dearest: Vec<String> = dearest.map(|(rule, s)| format!("{rule} {s:.3}")).collect();
    format!(
        "{}: {} policies, {findings} findings\n  reading {:.3} s (files and YAML {:.3}, schemas {:.3}; YAML alone {:.3})\n\
         \x20 rules   {:.3} s, {:.2} x reading, {:.2} x YAML alone: {}",
        name(m.family, m.workloads),
        count("policies"),
        m.reading(),
        m.seconds("load"),
        m.seconds("schema"),
        m.seconds("yaml"),
        m.seconds("lints"),
        m.ratio(),
        m.seconds("lints") / m.seconds("yaml"),
        dearest.join(", "),
    )
}

fn judge(all: &[Measured], out: &mut dyn Write) -> Result<Vec<String>, String> {
    let mut missed = Vec::new();
    for m in all.iter().filter(|m| m.workloads >= BAR.0) {
        // What is not a number has not been measured.
        let within = m.ratio() <= BAR.1;
        if !within {
            let name = name(m.family, m.workloads);
            missed.push(format!("{name}: the rules take {:.2} x reading", m.ratio()));
        }
    }
    for pair in all.windows(2) {
        let [small, large] = pair else { continue };
        if small.family != large.family {
            continue;
        }
        let of = |m: &Measured| (m.workloads, m.seconds("lints"));
        let growth = growth(of(small), of(large));
        let name = name(large.family, large.workloads);
        tell(
            out,
            &format!("{name}: the rules grow by {growth:.2} per doubling"),
        )?;
        if small.workloads >= GROWTH.0 && growth > GROWTH.1 {
            missed.push(format!(
                "{name}: the rules grow by {growth:.2} per doubling"
            ));
        }
    }
    Ok(missed)
}
