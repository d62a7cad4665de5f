//! `netpold detach`

use super::{Common, Exit, Format, json, line};
use crate::agent::Agent;
use crate::error::Error;
use clap::Args;
use std::io::Write;

/// Take everything out of the kernel: from then on nothing is enforced on this node
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold detach")]
pub struct Verb {
    #[command(flatten)]
    common: Common,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let removed = Agent::open(self.common.options())?.detach()?;
        match self.common.format {
            Format::Json => json(out, &serde_json::json!({ "links": removed }))?,
            Format::Text => line(
                out,
                &format!("{removed} links removed; nothing is enforced on this node"),
            )?,
        }
        Ok(Exit::Good)
    }
}
