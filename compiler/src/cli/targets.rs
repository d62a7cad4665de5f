//! The targets of `netpolc.toml`: finding the file, and one verb for one target or for all.
#![expect(
    clippy::disallowed_methods,
    reason = "the configuration is looked for here, from the working directory upwards"
)]

use super::{Exit, Failure, Inputs, Terminal};
use crate::config::{Config, FILE_NAME, Target};
use crate::load::ChartInput;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of a configuration.
const LARGEST: u64 = 1 << 20;

/// A configuration, and the directory that its paths begin at.
#[derive(Debug, Clone)]
pub struct Found {
    /// What it says.
    pub config: Config,
    /// Relative to the working directory where the file was looked for; empty for itself.
    pub directory: PathBuf,
    /// The file, as it is shown.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// The configuration that is named, else the nearest one above the working directory.
///
/// # Errors
/// The file cannot be read or has faults; each is a sentence with its line.
pub fn find(named: Option<&Path>) -> Result<Option<Found>, Failure> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None => match upwards() {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let shown = path.display();
    let text =
        bounded(&path).map_err(|why| Failure::new(format!("{shown} cannot be read: {why}")))?;
    let config = Config::parse(&text).map_err(|faults| {
        let lines = faults
            .iter()
            .map(|f| format!("{shown}:{}: {}", f.line, f.sentence));
        Failure::new(lines.collect::<Vec<_>>().join("\n       "))
    })?;
    let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
    stays_inside(&path, &directory, &config)?;
    Ok(Some(Found {
        config,
        directory,
        text,
        path: path.clone(),
    }))
}

/// The text of a file that is one, and no larger than any configuration is.
fn bounded(path: &Path) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    if !fs::metadata(path).map_err(said)?.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let file = fs::File::open(path).map_err(said)?;
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    match read {
        Ok(n) if u64::try_from(n).is_ok_and(|n| n <= LARGEST) => Ok(text),
        Ok(_) => Err("it is larger than 1 MiB".to_owned()),
        Err(error) => Err(said(error)),
    }
}

/// What a configuration names may be shown in a report. Whoever writes the configuration of a
/// repository can read the repository, and nothing beside it: a path that leaves it, also by a link,
/// is refused.
fn stays_inside(file: &Path, directory: &Path, config: &Config) -> Result<(), Failure> {
    let here = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let Ok(real) = fs::canonicalize(here) else {
        return Ok(());
    };
    let mut above = real.ancestors();
    let Some(root) = above.find(|directory| directory.join(".git").exists()) else {
        return Ok(());
    };
    let outside = |path: &Path| {
        let real = fs::canonicalize(path);
        real.is_ok_and(|real| !real.starts_with(root))
    };
    let shown = file.display();
    if outside(file) {
        let sentence = format!("{shown} is a link that leads out of the repository");
        return Err(Failure::new(sentence));
    }
    match config.files().find(|path| outside(&here.join(path))) {
        None => Ok(()),
        Some(path) => Err(Failure::new(format!(
            "{shown}: `{}` lies outside of the repository; give what lies there on the command line",
            path.display()
        ))),
    }
}

/// The nearest file of that name, by the way upwards, so that no absolute path is shown.
fn upwards() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut way = PathBuf::new();
    for directory in here.ancestors() {
        if directory.join(FILE_NAME).is_file() {
            return Some(way.join(FILE_NAME));
        }
        // Beyond the repository's root another one begins.
        if directory.join(".git").exists() {
            return None;
        }
        way.push("..");
    }
    None
}

/// What a verb needs for all targets to be asked.
pub trait Aimed: Clone {
    /// The flags of the input.
    fn inputs(&mut self) -> &mut Inputs;

    /// Told before each target: do more of them follow?
    fn turn(&mut self, _more: bool) {}

    /// Are there paths that say what is analysed?
    fn has_paths(&self) -> bool;

    /// Must nothing but the answer stand on standard output?
    fn is_for_machines(&self) -> bool;
}

/// Runs a verb: for what its flags name, else for each target of the configuration, apart.
///
/// # Errors
/// The configuration cannot be read, or the answer cannot be written; what keeps one target from
/// being answered is told, and the others are asked.
pub fn each<A: Aimed>(
    args: &A,
    terminal: &mut Terminal<'_>,
    run: impl Fn(&A, &mut Terminal<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let mut aimed = args.clone();
    let named = args.has_paths() || aimed.inputs().names_input();
    if named {
        return run(args, terminal);
    }
    let Some(found) = find(aimed.inputs().config.as_deref())? else {
        return run(args, terminal);
    };
    let mut worst = Exit::Yes;
    let several = found.config.targets.len() > 1;
    for (at, target) in found.config.targets.iter().enumerate() {
        if several && args.is_for_machines() {
            terminal.note(&format!("target {}", target.name));
        } else if several {
            let before = if at == 0 { "" } else { "\n" };
            writeln!(terminal.stdout, "{before}# target {}", target.name)?;
        }
        aimed.inputs().target = Some(target.name.clone());
        aimed.turn(at + 1 < found.config.targets.len());
        let ended = match run(&aimed, terminal) {
            Ok(exit) => exit,
            Err(Failure::Output(error)) => return Err(Failure::Output(error)),
            Err(Failure::Said) => Exit::CouldNot,
            Err(Failure::Sentence(sentence)) => {
                terminal.error(&format!("target {}: {sentence}", target.name));
                Exit::CouldNot
            }
        };
        worst = worst.max(ended);
    }
    if found.config.targets.is_empty() {
        return run(args, terminal);
    }
    Ok(worst)
}

impl Inputs {
    /// Do the flags say what is analysed?
    pub fn names_input(&self) -> bool {
        self.target.is_some() || !self.cluster_state.is_empty()
    }

    /// The paths and flags of the target that is asked for, with its files below `root`; without a
    /// target what was given. Flags win over what the configuration says.
    ///
    /// # Errors
    /// There is no configuration, or no such target in it.
    pub fn aimed(&self, root: Option<&Path>) -> Result<(Vec<PathBuf>, Self), Failure> {
        let Some(name) = &self.target else {
            return Ok((Vec::new(), self.clone()));
        };
        let found = find(self.config.as_deref())?.ok_or_else(|| {
            Failure::new(
                "--target needs a netpolc.toml that names the targets, and there is none here or \
                 above; `netpolc init` writes one",
            )
        })?;
        let target = found.config.target(name).map_err(Failure::new)?;
        let root = root.unwrap_or(&found.directory);
        Ok(self.merged(target, root))
    }

    fn merged(&self, target: &Target, root: &Path) -> (Vec<PathBuf>, Self) {
        let below = |paths: &[PathBuf]| -> Vec<PathBuf> {
            paths.iter().map(|path| root.join(path)).collect()
        };
        let or = |given: &[PathBuf], own: &[PathBuf]| {
            if given.is_empty() {
                below(own)
            } else {
                given.to_vec()
            }
        };
        let paths = below(&target.paths);
        let charts = target.charts.iter().map(|chart| ChartInput {
            path: root.join(&chart.path),
            values: below(&chart.values),
            release_name: chart.release_name.clone(),
            namespace: chart.namespace.clone(),
        });
        let mut helm = self.helm.clone();
        let version = &target.kubernetes_version;
        helm.kube_version = helm.kube_version.or_else(|| version.clone());
        let inputs = Self {
            target: None,
            namespace: self.namespace.clone().or_else(|| target.namespace.clone()),
            dialect: self.dialect.or_else(|| target.dialect.map(Into::into)),
            cni_values: or(&self.cni_values, &target.cni_values),
            cni_version: self.cni_version.or(target.cni_version),
            cni_upgrade_to: self.cni_upgrade_to.or(target.cni_upgrade_to),
            image_budget: self.image_budget.or(target.image_budget),
            closed_world: self.closed_world || target.closed_world,
            cluster_state: or(&self.cluster_state, &target.cluster_state),
            charts: charts.collect(),
            helm,
            ..self.clone()
        };
        (paths, inputs)
    }
}
