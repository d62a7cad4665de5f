//! `cargo xtask helm-provenance DIR…`: whether what the engine renders leads back to templates and
//! values.
//!
//! Every byte of every network policy must lead to a line of a template. And when one leaf of the
//! values changes, every scalar that changes with it must name that leaf, or have been written by
//! another place than before, which the leaf decided.

mod bytes;
mod perturb;
mod report;

use crate::helm_compare::charts::{self, Found};
use crate::helm_compare::{KUBE_VERSION, vendor};
use crate::helm_typos::typo::Random;
use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::exec::on_large_stack;
use netpol_helm::render::{Options, Rendering, render};
use netpol_helm::values::{ValuesFile, ValuesInput};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Looks for bytes and scalars that lead nowhere. Run it in release mode:
/// `cargo run --release -p xtask -- helm-provenance`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directories that hold charts, at any depth, and chart archives.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
    /// Only charts whose path holds this text.
    #[arg(long)]
    only: Option<String>,
    /// How many leaves of a chart's values are changed, one at a time.
    #[arg(long, default_value_t = 20)]
    leaves: usize,
    /// The seed by which they are chosen.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write every exception as JSON.
    #[arg(long, default_value = "target/helm-provenance.json")]
    json: PathBuf,
}

/// What came of one chart.
#[derive(Debug, Default)]
struct Outcome {
    shown: String,
    /// Network policies, and those of their bytes that lead nowhere.
    policies: usize,
    lost_bytes: Vec<String>,
    perturbed: perturb::Sums,
}

/// Studies all charts below the directories.
///
/// # Errors
/// Nothing is found, a result cannot be written, or something leads nowhere.
pub fn run(args: &Args) -> Result<(), String> {
    let index = charts::find(&args.dirs)?;
    let mut outcomes = Vec::new();
    for found in index.renderable() {
        let only = args.only.as_ref();
        if only.is_some_and(|only| !found.shown().contains(only)) {
            continue;
        }
        let Ok(path) = vendor::assemble(found, &index, "helm-provenance")? else {
            continue;
        };
        let study = || study(&path, found, args);
        if let Some(outcome) = on_large_stack(study).map_err(|error| error.to_string())? {
            writeln!(std::io::stderr(), "{}", report::line(&outcome)).unwrap_or_default();
            outcomes.push(outcome);
        }
    }
    if outcomes.is_empty() {
        return Err("no charts below these directories".to_owned());
    }
    report::json(&outcomes, &args.json)?;
    write!(std::io::stdout(), "{}", report::text(&outcomes)).map_err(|error| error.to_string())?;
    match outcomes.iter().map(|one| one.lost_bytes.len()).sum() {
        0 => Ok(()),
        lost => Err(format!(
            "{lost} stretches of network policies lead to no template"
        )),
    }
}

/// One chart; none when it refuses its own values.
fn study(path: &Path, found: &Found, args: &Args) -> Option<Outcome> {
    let chart = load(path).ok()?;
    let rendering = with(&chart, None);
    if rendering.is_refused() {
        return None;
    }
    let mut outcome = Outcome {
        shown: found.shown(),
        ..Outcome::default()
    };
    for document in &rendering.documents {
        if document.kind.ends_with("NetworkPolicy") {
            outcome.policies += 1;
            outcome.lost_bytes.extend(bytes::lost(&rendering, document));
        }
    }
    let values = perturb::values(&chart);
    let mut leaves = perturb::read(&chart, &values);
    let mut random = Random::new(args.seed, &outcome.shown);
    for _ in 0..args.leaves {
        let Some(leaf) = random.pick(&leaves).cloned() else {
            break;
        };
        leaves.retain(|other| *other != leaf);
        perturb::leaf(&chart, &rendering, &values, &leaf, &mut outcome.perturbed);
    }
    Some(outcome)
}

fn load(path: &Path) -> Result<Rc<Chart>, String> {
    let limits = ChartLimits::default();
    ChartFiles::from_disk(path, Path::new("/"), &limits)
        .and_then(|files| Chart::load(files, &limits))
        .map(Rc::new)
        .map_err(|error| error.to_string())
}

/// Renders a chart, with a values file or without one.
fn with(chart: &Rc<Chart>, values: Option<&str>) -> Rendering {
    let file = |text: &str| ValuesFile {
        name: "values".to_owned(),
        text: text.into(),
    };
    let values = ValuesInput {
        files: values.map(file).into_iter().collect(),
        sets: Vec::new(),
    };
    let options = Options {
        kube_version: Some(KUBE_VERSION.to_owned()),
        ..Options::default()
    };
    render(chart, &values, &options)
}

#[cfg(test)]
mod tests {
    use super::{bytes, load, perturb, with};
    use netpol_helm::exec::on_large_stack;
    use std::path::Path;

    /// Scalars that a leaf decides without being in them: a subchart that is off exports nothing,
    /// and a text that is no JSON any more has no key `k`.
    const DECIDED: [&str; 3] = [
        "store.enabled changes shop/templates/deployment.yaml \
         /spec/template/metadata/annotations/checksum/config",
        "store.enabled changes shop/templates/deployment.yaml \
         /spec/template/spec/containers/0/env/6/value",
        "json changes functions/templates/data.yaml /data/decoded",
    ];

    fn own_chart(name: &str) -> (perturb::Sums, Vec<String>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../helm/tests/charts");
        let chart = load(&folder.join(name)).unwrap();
        let rendering = with(&chart, None);
        assert!(!rendering.is_refused(), "{:?}", rendering.failure);
        let lost = { rendering.documents.iter() }
            .flat_map(|document| bytes::lost(&rendering, document))
            .collect();
        let values = perturb::values(&chart);
        let mut sums = perturb::Sums::default();
        for leaf in perturb::read(&chart, &values) {
            perturb::leaf(&chart, &rendering, &values, &leaf, &mut sums);
        }
        (sums, lost)
    }

    #[test]
    fn every_byte_and_every_changed_scalar_of_our_charts_leads_back() {
        let work = || ["shop", "functions"].map(own_chart);
        let (mut led, mut elsewhere) = (0, Vec::new());
        for (sums, lost) in on_large_stack(work).unwrap() {
            assert_eq!(lost, Vec::<String>::new(), "bytes that lead to no template");
            led += sums.led;
            elsewhere.extend(sums.elsewhere);
        }
        assert!(led > 60, "only {led} scalars changed");
        assert_eq!(elsewhere, DECIDED, "scalars that do not name the leaf");
    }
}
