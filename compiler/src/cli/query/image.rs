//! Questions to a compiled bundle.

use super::{Args, Asked, Basis};
use crate::cli::files::read_bundle;
use crate::cli::inputs::{load_options, refuse_unread};
use crate::cli::{Exit, Failure, Terminal};
use crate::lower::BundlePlaces;
use crate::resolve::inventory_from;
use crate::source::Sources;
use netpol_policy::Matrix;
use std::path::{Path, PathBuf};

pub(super) fn ask(
    args: &Args,
    bundle: &Path,
    paths: &[PathBuf],
    asked: &Asked<'_>,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    refuse_flags_of_sources(args)?;
    let artefact = read_bundle(bundle)?;
    let cluster = if paths.is_empty() {
        artefact.bundle().inventory.clone().ok_or_else(|| {
            Failure::new(format!(
                "`{}` keeps no inventory to answer by name; build it with --inventory, or give one as PATH",
                bundle.display()
            ))
        })?
    } else {
        let options = load_options(paths, terminal)?;
        let mut sources = Sources::default();
        let (cluster, findings) = inventory_from(paths, &options, &mut sources);
        refuse_unread(&findings, &sources, terminal)?;
        cluster
    };
    let policies = &artefact.bundle().policies;
    let matrix = Matrix::new(policies, &cluster);
    let judge = (artefact.judge(&cluster)).map_err(|error| Failure::new(error.to_string()))?;
    let places = BundlePlaces::new(artefact.bundle());
    let basis = Basis {
        cluster: &cluster,
        policies,
        matrix: &matrix,
        judge: &judge,
        places: &places,
        incomplete: &[],
    };
    basis.answer(args, asked, terminal)
}

/// A bundle has been compiled: how its sources would be read says nothing about it.
fn refuse_flags_of_sources(args: &Args) -> Result<(), Failure> {
    if let Some(flag) = args.changes.given() {
        return Err(Failure::new(format!(
            "{flag} changes sources, and a bundle holds what was compiled from them; ask the sources \
             (leave out --image), or change them, `netpolc build` another bundle and ask that one"
        )));
    }
    let way_out = match args.inputs.given() {
        None => return Ok(()),
        Some("--cluster-state") => "give the dump as a PATH to ask with its pods",
        Some("--dialect" | "--cni-values" | "--cni-version") => {
            "it was decided when the bundle was built; build it anew"
        }
        Some(_) => "leave it out",
    };
    let flag = args.inputs.given().unwrap_or_default();
    Err(Failure::new(format!(
        "{flag} says how sources are read, and --image reads none: {way_out}"
    )))
}
