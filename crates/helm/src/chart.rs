//! Charts: from files to what a rendering needs of them.

mod archive;
mod disk;
mod error;
mod files;
mod ignore;
mod limits;
mod metadata;
mod pattern;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use error::{ChartError, ChartErrorKind};
pub use files::{ChartFile, ChartFiles};
pub use limits::ChartLimits;
pub use metadata::{Dependency, Import, Maintainer, Metadata};

use limits::Budget;

/// A chart with its subcharts, checked as Helm checks it when it loads one.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What `Chart.yaml` says.
    pub metadata: Metadata,
    /// The directory inside the root chart, `""` for the root: `charts/redis`, or
    /// `charts/redis-1.2.3.tgz` for what lies in an archive.
    pub directory: String,
    /// The files below `templates/`; paths begin with it.
    pub templates: Vec<ChartFile>,
    /// All that `.Files` shows, `crds/` included.
    pub files: Vec<ChartFile>,
    /// `values.yaml`.
    pub values: Option<ChartFile>,
    /// `values.schema.json`.
    pub schema: Option<ChartFile>,
    /// The charts in `charts/`, declared or not, sorted by the names of their directories.
    pub subcharts: Vec<Rc<Chart>>,
    /// What Helm warns of while it loads the chart.
    pub warnings: Vec<String>,
}

impl Chart {
    /// Makes a chart of its files.
    ///
    /// # Errors
    /// What Helm refuses to load: no or a wrong `Chart.yaml`, in a subchart too, a broken archive
    /// in `charts/`, and exceeded limits.
    pub fn load(files: ChartFiles, limits: &ChartLimits) -> Result<Self, ChartError> {
        let mut budget = Budget::new(limits);
        load(files.files, "", 0, &mut budget)
    }

    /// The files of `crds/` that Helm would install, subcharts' after the own ones.
    pub(crate) fn own_crds(&self) -> impl Iterator<Item = &ChartFile> {
        self.files.iter().filter(|file| {
            let extension = file
                .path
                .rsplit_once('.')
                .map_or("", |(_, extension)| extension);
            file.path.starts_with("crds/")
                && ["yaml", "yml", "json"]
                    .iter()
                    .any(|known| extension.eq_ignore_ascii_case(known))
        })
    }
}

/// Which place a file has in its chart.
fn load(
    files: Vec<ChartFile>,
    directory: &str,
    depth: usize,
    budget: &mut Budget<'_>,
) -> Result<Chart, ChartError> {
    let Some(described) = files.iter().find(|file| file.path == "Chart.yaml") else {
        let message = "Chart.yaml file is missing";
        return Err(ChartError::new(ChartErrorKind::Missing, "", message));
    };
    let mut metadata = metadata::read(&described.text())?;
    let version_one = metadata.api_version == "v1";
    let mut chart = Chart {
        metadata: Metadata::default(),
        directory: directory.to_owned(),
        templates: Vec::new(),
        files: Vec::new(),
        values: None,
        schema: None,
        subcharts: Vec::new(),
        warnings: Vec::new(),
    };
    let mut below: BTreeMap<String, Vec<ChartFile>> = BTreeMap::new();
    for file in files {
        match file.path.as_str() {
            "Chart.yaml" | "Chart.lock" => {}
            "values.yaml" => chart.values = Some(file),
            "values.schema.json" => chart.schema = Some(file),
            "requirements.yaml" => {
                metadata.dependencies = metadata::read_requirements(&file.text())?;
                if version_one {
                    chart.files.push(file);
                } else {
                    let warning = "dependencies are handled in Chart.yaml since apiVersion \"v2\"";
                    chart.warnings.push(format!("requirements.yaml: {warning}"));
                }
            }
            "requirements.lock" if !version_one => {}
            path if path.starts_with("templates/") => chart.templates.push(file),
            path if path.starts_with("charts/") && !is_provenance(path) => {
                let inside = path.strip_prefix("charts/").unwrap_or_default();
                let (name, rest) = inside.split_once('/').unwrap_or((inside, ""));
                let (name, rest) = (name.to_owned(), rest.to_owned());
                below.entry(name).or_default().push(ChartFile {
                    path: rest,
                    data: file.data,
                });
            }
            _ => chart.files.push(file),
        }
    }
    metadata::validate(&mut metadata)?;
    chart.metadata = metadata;
    for (name, files) in below {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let inside = format!("charts/{name}");
        let full = if directory.is_empty() {
            inside.clone()
        } else {
            format!("{directory}/{inside}")
        };
        let subchart =
            subchart(&name, files, &full, depth, budget).map_err(|error| error.below(&inside))?;
        chart.subcharts.push(Rc::new(subchart));
    }
    Ok(chart)
}

fn is_provenance(path: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "prov")
}

fn subchart(
    name: &str,
    mut files: Vec<ChartFile>,
    directory: &str,
    depth: usize,
    budget: &mut Budget<'_>,
) -> Result<Chart, ChartError> {
    if depth >= budget.limits.depth {
        let message = format!("charts lie more than {} deep", budget.limits.depth);
        return Err(ChartError::new(ChartErrorKind::Limit, "", message));
    }
    let packed = std::path::Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "tgz");
    if packed {
        return match files.as_slice() {
            [file] if file.path.is_empty() => {
                let unpacked = archive::read(&file.data, budget)?;
                load(unpacked.files, directory, depth + 1, budget)
            }
            _ => {
                let message = format!("expected {name} to be an archive, got a directory");
                Err(ChartError::new(ChartErrorKind::Archive, "", message))
            }
        };
    }
    // A file right in charts/ is no chart; Helm then misses its Chart.yaml.
    files.retain(|file| !file.path.is_empty());
    load(files, directory, depth + 1, budget)
}
