//! What `check` is asked about in a run, and where in it a label stands.

use crate::cluster::{BUDGET, Cluster};
use crate::plant::{How, Planted};
use crate::repository::{Deploy, Repository};
use crate::written::{VALUES, Written};
use netpol_testgen::Rng;
use netpolc::finding::Label;
use netpolc::load::{ChartInput, LoadOptions};
use netpolc::resolve::{Analysis, Inputs, read};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One input.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// A stream of objects, with values of the CNI.
    Stream(Written),
    /// The same as a dump of what runs.
    Dump(Written),
    /// A repository with a chart.
    Repository(Repository),
}

impl Input {
    /// The clean input of a seed in which this mistake can be made.
    pub(crate) fn clean(how: How, seed: u64) -> Self {
        match how {
            How::Objects(_) | How::Text(_) => Self::Stream(Written::of(&Cluster::clean(seed))),
            How::Dump(_) => Self::Dump(Written::of(&Cluster::clean(seed).dumped())),
            How::Repository(_) => Self::Repository(Repository::clean(seed)),
        }
    }

    /// The input of the seed with the mistake, and where it was made.
    pub(crate) fn planted(how: How, seed: u64) -> (Self, Planted) {
        let mut rng = Rng::new(seed ^ 0x0070_1a17);
        let mut cluster = Cluster::clean(seed);
        match how {
            How::Objects(plant) => {
                let places = plant(&mut cluster, &mut rng);
                (Self::Stream(Written::of(&cluster)), places)
            }
            How::Text(plant) => {
                let mut written = Written::of(&cluster);
                let places = plant(&mut written, &mut rng);
                (Self::Stream(written), places)
            }
            How::Dump(plant) => {
                let mut cluster = cluster.dumped();
                let places = plant(&mut cluster, &mut rng);
                (Self::Dump(Written::of(&cluster)), places)
            }
            How::Repository(plant) => {
                let mut repository = Repository::clean(seed);
                let places = plant(&mut repository, &mut rng);
                (Self::Repository(repository), places)
            }
        }
    }

    /// What it means, read as the command reads it. The directory is for what is read from files.
    pub(crate) fn read(&self, directory: &Path) -> Result<Analysis, String> {
        let mut inputs = Inputs {
            image_budget: BUDGET.parse().ok(),
            ..Inputs::default()
        };
        match self {
            Self::Stream(written) => {
                inputs.paths = vec![PathBuf::from("-")];
                of_stream(written, directory, &mut inputs)?;
            }
            Self::Dump(written) => {
                inputs.cluster_state = vec![PathBuf::from("-")];
                of_stream(written, directory, &mut inputs)?;
            }
            Self::Repository(repository) => of_repository(repository, directory, &mut inputs)?,
        }
        Ok(read(&inputs))
    }

    /// The names of the place that a label stands in: the object, or the file and its line.
    pub(crate) fn places(
        &self,
        label: &Label,
        analysis: &Analysis,
        directory: &Path,
    ) -> Vec<String> {
        let Some(source) = analysis.sources.get(label.at.source) else {
            return Vec::new();
        };
        let written = match self {
            Self::Stream(written) | Self::Dump(written) => written,
            Self::Repository(_) => {
                let path = Path::new(&source.path);
                let path = path.strip_prefix(directory).unwrap_or(path);
                let path = path.display().to_string();
                let line = source.line_column(label.at.span.start).line;
                return vec![format!("{path}:{line}"), path];
            }
        };
        if source.path.ends_with("values.yaml") {
            return vec![VALUES.to_owned()];
        }
        let object = written.at(label.at.span.start);
        object.map(str::to_owned).into_iter().collect()
    }

    /// Its texts, to be looked at.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Stream(written) | Self::Dump(written) => {
                let values = written.values.as_deref().unwrap_or_default();
                format!("{}\n# values\n{values}", written.stream())
            }
            Self::Repository(repository) => {
                let mut text = String::new();
                for (path, content) in repository.written() {
                    // Writing to a String does not fail.
                    writeln!(text, "# {path}\n{content}").unwrap_or_default();
                }
                text
            }
        }
    }
}

fn of_stream(written: &Written, directory: &Path, inputs: &mut Inputs) -> Result<(), String> {
    inputs.load = LoadOptions {
        stdin: Some(written.stream().into_bytes()),
        ..LoadOptions::default()
    };
    if let Some(values) = &written.values {
        let path = directory.join("values.yaml");
        write(&path, values)?;
        inputs.cni_values = vec![path];
    }
    if let Some((from, to)) = written.versions {
        inputs.cni_version = from.parse().ok();
        inputs.cni_upgrade_to = to.parse().ok();
    }
    Ok(())
}

fn of_repository(
    repository: &Repository,
    directory: &Path,
    inputs: &mut Inputs,
) -> Result<(), String> {
    // What the run before left here must not be read.
    match std::fs::remove_dir_all(directory) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: {error}", directory.display())),
    }
    for (path, text) in repository.written() {
        write(&directory.join(path), &text)?;
    }
    // The root of a repository, which paths of Applications begin at.
    write(&directory.join(".git/HEAD"), "ref: refs/heads/main\n")?;
    match repository.deploy {
        Deploy::Values => {
            inputs.paths = vec![directory.join("workloads")];
            inputs.load.charts = vec![ChartInput {
                path: directory.join(repository.chart()),
                values: vec![directory.join(repository.values_path())],
                release_name: Some(repository.name.to_owned()),
                namespace: Some(repository.namespace.to_owned()),
            }];
        }
        Deploy::Application | Deploy::HelmRelease => {
            inputs.paths = ["apps", "charts", "workloads"]
                .map(|part| directory.join(part))
                .to_vec();
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let of = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(of)?;
    }
    std::fs::write(path, text).map_err(of)
}
