//! Every edit that an example's finding proposes: made, the finding is gone, and reachability changes
//! exactly as it was announced.

use crate::support::{dir, netpolc, write};
use netpolc::finding::Finding;
use netpolc::lint::{self, REGISTRY, Selection};
use netpolc::resolve::{Inputs, read};
use std::fs;
use std::path::{Path, PathBuf};

const CNI_VALUES: &str = "cni-values.yaml";

/// Directories that are read as one: both sides of every pair, and the larger examples.
fn examples() -> Vec<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-examples");
    let pairs = REGISTRY
        .iter()
        .map(|rule| root.join("lints").join(rule.code.0));
    let sides = pairs.flat_map(|pair| ["bad", "good"].map(|side| vec![pair.join(side)]));
    let mut all: Vec<Vec<PathBuf>> = sides.collect();
    for version in ["v1", "v2"] {
        all.push(vec![
            root.join("shop/workloads"),
            root.join("shop").join(version),
        ]);
    }
    all.push(vec![root.join("cilium")]);
    all.push(vec![root.join("tiers")]);
    for pair in fs::read_dir(root.join("diff")).unwrap() {
        let pair = pair.unwrap().path();
        let sides = ["a", "b"].map(|side| vec![pair.join(side)]);
        all.extend(sides.into_iter().filter(|side| side[0].is_dir()));
    }
    all.sort();
    all
}

/// Copies manifests, so that the examples stay; the values of the CNI come apart.
fn copy(from: &[PathBuf], to: &Path) -> Option<PathBuf> {
    let mut values = None;
    for (number, directory) in from.iter().enumerate() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_file() {
                continue;
            }
            let name = path.file_name().unwrap();
            let target = if name == CNI_VALUES {
                to.join(CNI_VALUES)
            } else {
                to.join("input").join(number.to_string()).join(name)
            };
            write(&target, &fs::read_to_string(&path).unwrap());
            if name == CNI_VALUES {
                values = Some(target);
            }
        }
    }
    values
}

fn findings(at: &Path, values: Option<&PathBuf>) -> Vec<Finding> {
    let analysis = read(&Inputs {
        paths: vec![at.join("input")],
        cni_values: values.into_iter().cloned().collect(),
        ..Inputs::default()
    });
    lint::check(&analysis, &Selection::default())
}

#[test]
fn every_edit_of_the_examples_does_what_it_announces() {
    let mut made = 0;
    for (number, example) in examples().into_iter().enumerate() {
        let shown = format!("{example:?}");
        let before = dir(&format!("fix-example-{number}"));
        let after = dir(&format!("fix-example-{number}-fixed"));
        let values = copy(&example, &before);
        copy(&example, &after);
        let found = findings(&before, values.as_ref());
        let with_edits: Vec<&Finding> = found.iter().filter(|f| !f.edits.is_empty()).collect();
        if with_edits.is_empty() || found.iter().any(netpolc::resolve::is_fatal) {
            continue;
        }
        made += with_edits.len();
        let path = |at: &Path| at.join("input").display().to_string();
        let mut args = vec![
            "check".to_owned(),
            "--fix".to_owned(),
            "--unsafe-fixes".to_owned(),
        ];
        if values.is_some() {
            args.extend([
                "--cni-values".to_owned(),
                after.join(CNI_VALUES).display().to_string(),
            ]);
        }
        args.push(path(&after));
        let fixed = netpolc(args);
        let left = findings(
            &after,
            values.as_ref().map(|_| after.join(CNI_VALUES)).as_ref(),
        );
        for finding in with_edits {
            let still = left
                .iter()
                .any(|f| f.code == finding.code && f.message == finding.message);
            assert!(
                !still,
                "{shown}: {} is still there\n{}",
                finding.message, fixed.stderr
            );
        }
        let changed = netpolc(["diff", &path(&before), &path(&after)]);
        let announced = fixed.stderr.matches("changes this:").count();
        // Each change is announced by the edit that makes it.
        if announced == 0 {
            assert_eq!(
                changed.code, 0,
                "{shown}\n{}\n{}",
                changed.stdout, fixed.stderr
            );
        }
        if announced == 1 {
            let marks = |text: &str| -> Vec<String> {
                let lines = text.lines().filter(|l| l.starts_with(['+', '-', '~']));
                lines.map(str::to_owned).collect()
            };
            assert_eq!(marks(&changed.stdout), marks(&fixed.stderr), "{shown}");
        }
    }
    assert!(made >= 1, "no example has an edit");
}
