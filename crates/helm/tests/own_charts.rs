//! Our own charts against what the real helm makes of them: `charts/record.py` wrote
//! `charts/expected`, this test needs no helm.

use std::path::Path;
use std::rc::Rc;

use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::render::{Options, render};
use netpol_helm::values::{SetKind, SetValue, ValuesInput};

#[test]
fn charts_render_as_helm_renders_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
    let cases = std::fs::read_to_string(folder.join("cases.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&cases).unwrap();
    let limits = ChartLimits::default();
    for case in &cases {
        let name = case.get("name").and_then(|name| name.as_str()).unwrap();
        let chart = case.get("chart").and_then(|chart| chart.as_str()).unwrap();
        let files = ChartFiles::from_disk(&folder.join(chart), &folder, &limits).unwrap();
        let chart = Rc::new(Chart::load(files, &limits).unwrap());
        let sets = case.get("set").and_then(|sets| sets.as_array());
        let sets = sets.cloned().unwrap_or_default();
        let values = ValuesInput {
            sets: sets
                .iter()
                .map(|set| SetValue::new(SetKind::Plain, set.as_str().unwrap().to_owned()))
                .collect(),
            ..ValuesInput::default()
        };
        let options = Options {
            include_crds: case.get("crds").is_some(),
            ..Options::default()
        };
        let rendering = render(&chart, &values, &options);
        assert!(
            rendering.failure.is_none(),
            "{name}: {:?}",
            rendering.failure
        );
        let expected = folder.join(format!("expected/{name}.yaml"));
        similar(
            name,
            &std::fs::read_to_string(expected).unwrap(),
            &rendering.print(),
        );
    }
    assert!(cases.len() >= 5, "the list of cases is whole");
}

/// Fails with the first line that differs.
fn similar(name: &str, expected: &str, found: &str) {
    for (number, (wanted, line)) in (1..).zip(expected.lines().zip(found.lines())) {
        assert_eq!(line, wanted, "{name}, line {number}");
    }
    let (wanted, found) = (expected.lines().count(), found.lines().count());
    assert_eq!(found, wanted, "{name}: the number of lines");
}
