//! `netpold load`

use super::{Common, Exit, Format, json, line, read};
use crate::agent::{Agent, Loaded};
use crate::endpoints;
use crate::error::Error;
use crate::exec::Replies;
use crate::kernel::object::WithoutImage;
use clap::{Args, ValueEnum};
use netpol_image::PublicKey;
use std::io::Write;
use std::path::{Path, PathBuf};

/// No inventory is longer, in bytes.
pub(super) const INVENTORY: u64 = 512 << 20;
/// No bundle is longer, in bytes.
const BUNDLE: u64 = 256 << 20;
/// Keys and signatures are short texts.
const TEXT: u64 = 1 << 16;

/// Verify a bundle, link it with the pods of this node, test it, and put it in force
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold load policy.npb --endpoints inventory.json
  netpold load policy.npb --endpoints inventory.json --node worker-1 --key release.pub
  netpold load policy.npb --endpoints inventory.json --format json | jq .generation")]
pub struct Verb {
    /// The bundle that `netpolc build` wrote
    bundle: PathBuf,
    /// Who is there: an inventory (schemas/inventory.v1.json)
    #[arg(long, value_name = "FILE")]
    endpoints: PathBuf,
    /// The name of this node [default: the only one of the inventory]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// A public key; one of those given must have signed the bundle
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The signature [default, with --key: the bundle's name and `.sig`]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Take a bundle whose serial number is lower than one that was in force before
    #[arg(long)]
    allow_downgrade: bool,
    /// Load although programs of others stand at the same hooks
    #[arg(long)]
    beside: bool,
    /// How replies of TCP connections are recognised
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    replies: RepliesArg,
    /// What happens to packets should no image be in force
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    without_image: WithoutImageArg,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum RepliesArg {
    /// By remembered flows; connections that are older than the policy go on for a minute
    #[default]
    Stateful,
    /// Also by TCP's flags alone, for ever
    Stateless,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum WithoutImageArg {
    /// They drop
    #[default]
    Drop,
    /// They pass
    Pass,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let keys = self.keys.iter().map(|path| key(path));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let signature = match &self.signature {
            Some(path) => Some(text(path)?),
            None if !keys.is_empty() => Some(text(&self.usual_signature())?),
            None => None,
        };
        let mut options = self.common.options();
        options.node.clone_from(&self.node);
        options.keys = keys;
        options.beside = self.beside;
        options.allow_downgrade = self.allow_downgrade;
        options.replies = match self.replies {
            RepliesArg::Stateful => Replies::Stateful,
            RepliesArg::Stateless => Replies::Stateless,
        };
        options.without_image = match self.without_image {
            WithoutImageArg::Drop => WithoutImage::Drop,
            WithoutImageArg::Pass => WithoutImage::Pass,
        };
        let bundle = read(&self.bundle, BUNDLE)?;
        let inventory = endpoints::read(&read(&self.endpoints, INVENTORY)?)?;
        let mut agent = Agent::open(options)?;
        let loaded = agent.load(bundle, signature.as_deref(), &inventory)?;
        tell(out, self.common.format, &agent.repairs, &loaded)
    }

    fn usual_signature(&self) -> PathBuf {
        let mut name = self.bundle.clone().into_os_string();
        name.push(".sig");
        name.into()
    }
}

fn text(path: &Path) -> Result<String, Error> {
    let bytes = read(path, TEXT)?;
    String::from_utf8(bytes)
        .map_err(|_| Error::message(format!("{} is not a text", path.display())))
}

fn key(path: &Path) -> Result<PublicKey, Error> {
    PublicKey::from_text(&text(path)?)
        .map_err(|e| Error::message(format!("{}: {e}", path.display())))
}

/// Says what a load or a rollback did.
pub(super) fn tell(
    out: &mut dyn Write,
    format: Format,
    repairs: &[String],
    loaded: &Loaded,
) -> Result<Exit, Error> {
    if format == Format::Json {
        json(out, loaded)?;
        return Ok(Exit::of(&loaded.faults));
    }
    for repair in repairs {
        line(out, &format!("note: {repair}"))?;
    }
    for note in &loaded.notes {
        line(out, &format!("note: {note}"))?;
    }
    let serial = loaded
        .serial
        .map_or_else(String::new, |serial| format!(", serial {serial}"));
    line(
        out,
        &format!(
            "generation {} in force: bundle sha256:{}{serial}, {} endpoints, {} self-test questions answered",
            loaded.generation,
            loaded.bundle,
            loaded.endpoints.len(),
            loaded.questions
        ),
    )?;
    for fault in &loaded.faults {
        line(out, &format!("fault: {fault}"))?;
    }
    Ok(Exit::of(&loaded.faults))
}
