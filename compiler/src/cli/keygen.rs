//! `netpolc keygen`.

use super::{Exit, Failure, Terminal, files};
use std::path::PathBuf;

/// Make a key pair for signing bundles.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Keep the secret key from others; the public key is what agents are configured with. An existing
secret key is never overwritten.

Exit codes: 0 made, 2 could not.

Examples:
  netpolc keygen --secret netpol.key --public netpol.pub"
)]
pub struct Args {
    /// Where the secret key goes; readable by its owner alone.
    #[arg(long, value_name = "FILE", default_value = "netpol.key")]
    secret: PathBuf,
    /// Where the public key goes.
    #[arg(long, value_name = "FILE", default_value = "netpol.pub")]
    public: PathBuf,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    if args.secret == args.public {
        return Err(Failure::new("the two keys cannot go to the same file"));
    }
    let key = netpol_image::keygen().map_err(|error| Failure::new(error.to_string()))?;
    files::write_secret(&args.secret, &key.to_text())?;
    let public = key.public();
    files::write(&args.public, public.to_text().as_bytes())?;
    let (secret, file) = (args.secret.display(), args.public.display());
    writeln!(terminal.stdout, "key {}: {secret}, {file}", public.hint())?;
    Ok(Exit::Yes)
}
