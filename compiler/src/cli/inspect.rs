//! `netpolc inspect`.

mod content;
mod json;
mod text;

use super::sign::beside;
use super::{Exit, Failure, Terminal, files};
use crate::lower::Artefact;
use content::Content;
use netpol_image::{PublicKey, Signature};
use std::path::{Path, PathBuf};

/// Show what a bundle holds, and lead from its rule numbers back to the files.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The signature beside the bundle is shown, and checked when --key is given.

Exit codes: 0 shown, 1 shown and the signature does not count, 2 could not answer.

Examples:
  netpolc inspect policy.npb
  netpolc inspect policy.npb --format json --key netpol.pub"
)]
pub struct Args {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// A public key; the signature must be made by one of them.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// The signature [default: the bundle's path with `.sig` behind it, if there is such a file].
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What is known about the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum SignatureState {
    /// There is none.
    None,
    /// There is one, and no key to check it with.
    Unchecked,
    /// One of the keys made it, for this bundle.
    Good,
    /// It is of another bundle, or none of the keys made it.
    Bad,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let bytes = files::read_bundle_bytes(&args.bundle)?;
    let of = |path: &Path, why: String| Failure::new(format!("{}: {why}", path.display()));
    let artefact = Artefact::read(&bytes).map_err(|error| of(&args.bundle, error.to_string()))?;
    let signature = args.signature()?;
    let state = args.state(&bytes, signature.as_ref())?;
    let content = Content::new(&bytes, &artefact, signature.as_ref(), state)
        .map_err(|error| of(&args.bundle, error))?;
    match args.format {
        Format::Text => text::write(&content, terminal.stdout)?,
        Format::Json => json::write(&content, terminal.stdout)?,
    }
    let counts = state == SignatureState::Good || args.key.is_empty();
    Ok(if counts { Exit::Yes } else { Exit::No })
}

impl Args {
    fn signature(&self) -> Result<Option<Signature>, Failure> {
        let file = match &self.signature {
            Some(file) => file.clone(),
            None if files::exists(&beside(&self.bundle)) => beside(&self.bundle),
            None => return Ok(None),
        };
        let signature = Signature::from_text(&files::read_text(&file)?)
            .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        Ok(Some(signature))
    }

    fn state(
        &self,
        bundle: &[u8],
        signature: Option<&Signature>,
    ) -> Result<SignatureState, Failure> {
        let Some(signature) = signature else {
            return Ok(SignatureState::None);
        };
        let mut keys = Vec::new();
        for path in &self.key {
            let key = PublicKey::from_text(&files::read_text(path)?);
            let why = |error| Failure::new(format!("{}: {error}", path.display()));
            keys.push(key.map_err(why)?);
        }
        // Without a clock: whether it has expired is the agent's to say.
        let verified = netpol_image::verify(&keys, bundle, signature, None);
        Ok(match verified {
            Ok(()) => SignatureState::Good,
            Err(_)
                if keys.is_empty() && signature.bundle == netpol_image::Bundle::digest(bundle) =>
            {
                SignatureState::Unchecked
            }
            Err(_) => SignatureState::Bad,
        })
    }
}
