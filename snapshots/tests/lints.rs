//! The full report on the `bad` example of every rule, as users see it.

use netpolc::config::Config;
use netpolc::lint::{self, Check, REGISTRY, Selection};
use netpolc::load::ValuesArg;
use netpolc::report::{Format, Report, Style};
use netpolc::resolve::{Inputs, read};
use std::path::{Path, PathBuf};

#[test]
fn full_report_of_every_bad_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for rule in REGISTRY {
            let directory = format!("policies-examples/lints/{}/bad", rule.code);
            let entries = std::fs::read_dir(directory).unwrap();
            let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
            files.sort();
            let (config, files): (Vec<_>, Vec<_>) =
                files.into_iter().partition(|p| p.ends_with("netpolc.toml"));
            let (cni_values, others): (Vec<_>, Vec<_>) =
                (files.into_iter()).partition(|p| p.ends_with("cni-values.yaml"));
            let (values, paths): (Vec<_>, Vec<_>) =
                (others.into_iter()).partition(|p| p.ends_with("values.yaml"));
            let target = config.first().map(|path| {
                let config = Config::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
                config.targets.into_iter().next().unwrap()
            });
            let target = target.unwrap_or_default();
            let mut inputs = Inputs {
                paths,
                cni_values,
                cni_version: target.cni_version,
                cni_upgrade_to: target.cni_upgrade_to,
                image_budget: target.image_budget,
                ..Inputs::default()
            };
            inputs.load.helm.values = values.into_iter().map(ValuesArg::File).collect();
            let analysis = read(&inputs);
            let findings = match rule.check {
                Check::Lowering(_) => lint::lowering(&analysis),
                Check::OptIn(_) => {
                    let select = vec![rule.code.0.to_owned()];
                    let ignore = Vec::new();
                    lint::check(&analysis, &Selection { select, ignore })
                }
                _ => lint::check(&analysis, &Selection::default()),
            };
            let report = Report::new(&analysis.sources, &findings, &analysis.model.incomplete);
            let mut text = Vec::new();
            report.write(Format::Full, Style::PLAIN, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            insta::assert_snapshot!(rule.code.0, text);
        }
    });
}
