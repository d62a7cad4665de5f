//! `netpolc sign`.

use super::{Exit, Failure, Terminal, files};
use crate::lower::Artefact;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Sign a bundle.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The signature stands in a file of its own; the bundle stays as it is. Agents only go to higher
serial numbers.

Exit codes: 0 signed, 2 could not.

Examples:
  netpolc sign policy.npb --key netpol.key --serial 12
  netpolc sign policy.npb --key netpol.key --serial 13 --expires 1790000000"
)]
pub struct Args {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The secret key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Orders bundles: each one that is rolled out has a higher number than those before.
    #[arg(long, value_name = "N")]
    serial: u64,
    /// Seconds since 1970 after which the bundle is not to be put in force any more.
    #[arg(long, value_name = "SECONDS")]
    expires: Option<u64>,
    /// Where the signature goes [default: the bundle's path with `.sig` behind it].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let bundle = files::read_bundle_bytes(&args.bundle)?;
    let of = |path: &Path, why: String| Failure::new(format!("{}: {why}", path.display()));
    // Nothing but bundles is signed.
    Artefact::read(&bundle).map_err(|error| of(&args.bundle, error.to_string()))?;
    let key = netpol_image::SecretKey::from_text(&files::read_text(&args.key)?)
        .map_err(|error| of(&args.key, error.to_string()))?;
    let signature = netpol_image::sign(&key, &bundle, args.serial, args.expires);
    let output = args.output.clone().unwrap_or_else(|| beside(&args.bundle));
    files::write(&output, signature.to_text().as_bytes())?;
    writeln!(
        terminal.stdout,
        "{}: serial {}, key {}",
        output.display(),
        args.serial,
        key.public().hint()
    )?;
    Ok(Exit::Yes)
}

/// Where the signature of a bundle is looked for when nobody says: `policy.npb.sig`.
pub(super) fn beside(bundle: &Path) -> PathBuf {
    let mut name = OsString::from(bundle);
    name.push(".sig");
    PathBuf::from(name)
}
