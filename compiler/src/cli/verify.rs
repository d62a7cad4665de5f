//! `netpolc verify`.

use super::sign::beside;
use super::{Exit, Failure, Terminal, files};
use crate::lower::Artefact;
use netpol_image::{PublicKey, Signature, SignatureError};
use std::path::{Path, PathBuf};

/// Check a bundle and its signature.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 the signature counts, 1 it does not, 2 could not answer.

Examples:
  netpolc verify policy.npb --key netpol.pub
  netpolc verify policy.npb --key netpol.pub --key other.pub --signature policy.npb.sig
  netpolc verify policy.npb --key netpol.pub --at \"$(date +%s)\""
)]
pub struct Args {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// A public key; the signature must be made by one of them.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// The signature [default: the bundle's path with `.sig` behind it].
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Seconds since 1970 at which the signature must not have expired; without it the expiry is
    /// shown and not judged, because no answer depends on a clock.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let of = |path: &Path, why: String| Failure::new(format!("{}: {why}", path.display()));
    let bundle = files::read_bundle_bytes(&args.bundle)?;
    Artefact::read(&bundle).map_err(|error| of(&args.bundle, error.to_string()))?;
    let file = args
        .signature
        .clone()
        .unwrap_or_else(|| beside(&args.bundle));
    let signature = Signature::from_text(&files::read_text(&file)?)
        .map_err(|error| of(&file, error.to_string()))?;
    let mut keys = Vec::new();
    for path in &args.key {
        let key = PublicKey::from_text(&files::read_text(path)?);
        keys.push(key.map_err(|error| of(path, error.to_string()))?);
    }
    match netpol_image::verify(&keys, &bundle, &signature, args.at) {
        Ok(()) => {
            let expires = signature
                .expires
                .map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
            writeln!(
                terminal.stdout,
                "{}: signed, serial {}, expires {expires}",
                args.bundle.display(),
                signature.serial
            )?;
            Ok(Exit::Yes)
        }
        Err(SignatureError::NoRandomness | SignatureError::Form(_) | SignatureError::BadKey) => {
            Err(Failure::new("the signature cannot be checked"))
        }
        Err(refused) => {
            writeln!(terminal.stdout, "{}: {refused}", args.bundle.display())?;
            Ok(Exit::No)
        }
    }
}
