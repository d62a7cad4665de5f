//! `netpold rollback`

use super::load::{INVENTORY, tell};
use super::{Common, Exit, read};
use crate::agent::Agent;
use crate::endpoints;
use crate::error::Error;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Go back to the bundle that was in force before, for the pods of today
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold rollback
  netpold rollback --endpoints inventory.json")]
pub struct Verb {
    /// Who is there now [default: the inventory of the last load]
    #[arg(long, value_name = "FILE")]
    endpoints: Option<PathBuf>,
    /// The name of this node [default: that of the last load]
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Go back although programs of others stand at the same hooks
    #[arg(long)]
    beside: bool,
    #[command(flatten)]
    common: Common,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let mut options = self.common.options();
        options.node.clone_from(&self.node);
        options.beside = self.beside;
        let inventory = match &self.endpoints {
            Some(path) => Some(endpoints::read(&read(path, INVENTORY)?)?),
            None => None,
        };
        let mut agent = Agent::open(options)?;
        let loaded = agent.rollback(inventory.as_ref())?;
        tell(out, self.common.format, &agent.repairs, &loaded)
    }
}
