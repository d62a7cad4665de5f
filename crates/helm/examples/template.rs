//! `helm template`, as far as a chart and its values go: what `cargo xtask helm-compare` measures
//! against the real one.
//!
//! ```sh
//! cargo run -p netpol-helm --example template -- CHART [-f FILE]… [--set a=b]… [--include-crds]
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::path::Path;
use std::rc::Rc;

use netpol_helm::chart::{Chart, ChartFiles, ChartLimits};
use netpol_helm::exec::on_large_stack;
use netpol_helm::render::{Options, Rendering, render};
use netpol_helm::values::{SetKind, SetValue, ValuesFile, ValuesInput};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let code = match on_large_stack(|| run(&arguments)) {
        Ok(Ok(())) => 0,
        Ok(Err(message)) => {
            eprintln!("Error: {message}");
            1
        }
        Err(error) => {
            eprintln!("Error: {error}");
            3
        }
    };
    std::process::exit(code);
}

fn run(arguments: &[String]) -> Result<(), String> {
    let mut options = Options::default();
    let mut values = ValuesInput::default();
    let (mut chart, mut unread) = (None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut next = || {
            rest.next()
                .cloned()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        match argument.as_str() {
            "-f" | "--values" => {
                let name = next()?;
                let text = read(&name)?.into();
                values.files.push(ValuesFile { name, text });
            }
            "--set" => values.sets.push(SetValue::new(SetKind::Plain, next()?)),
            "--set-string" => values.sets.push(SetValue::new(SetKind::String, next()?)),
            "--set-json" => values.sets.push(SetValue::new(SetKind::Json, next()?)),
            "--set-literal" => values.sets.push(SetValue::new(SetKind::Literal, next()?)),
            "--set-file" => {
                let mut set = SetValue::new(SetKind::File, next()?);
                for name in SetValue::file_names(&set.text) {
                    let text = read(&name)?;
                    set.files.push((name, text));
                }
                values.sets.push(set);
            }
            "--kube-version" => options.kube_version = Some(next()?),
            "--api-versions" | "-a" => options.api_versions.push(next()?),
            "--namespace" | "-n" => options.namespace = next()?,
            "--include-crds" => options.include_crds = true,
            "--is-upgrade" => options.is_upgrade = true,
            "--unread" => unread = true,
            path => chart = Some(path.to_owned()),
        }
    }
    let path = chart.ok_or("which chart?")?;
    let limits = ChartLimits::default();
    let files = ChartFiles::from_disk(Path::new(&path), Path::new("/"), &limits);
    let chart = files
        .and_then(|files| Chart::load(files, &limits))
        .map_err(|error| error.to_string())?;
    let rendering = render(&Rc::new(chart), &values, &options);
    if unread {
        for unread in &rendering.unread {
            eprintln!("{}: {:?}", unread.path.join("."), unread.why);
        }
    }
    refuse(&rendering)?;
    print!("{}", rendering.print());
    Ok(())
}

fn refuse(rendering: &Rendering) -> Result<(), String> {
    if let Some(missing) = rendering
        .missing
        .iter()
        .find(|missing| missing.of.is_empty())
    {
        let name = missing.dependency.known_as();
        return Err(format!(
            "found in Chart.yaml, but missing in charts/ directory: {name}"
        ));
    }
    if let Some(problem) = rendering.schema_problems.first() {
        return Err(format!("{}: {}", problem.file, problem.message));
    }
    if let Some(violation) = rendering.schema.first() {
        let path = violation.path.join(".");
        return Err(format!(
            "{}: {path}: {}",
            violation.chart, violation.message
        ));
    }
    match &rendering.failure {
        Some(failure) => Err(failure.message.clone()),
        None => Ok(()),
    }
}

fn read(name: &str) -> Result<String, String> {
    std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))
}
