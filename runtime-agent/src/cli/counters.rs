//! `netpold counters`

use super::{Common, Exit, Format, json, line};
use crate::agent::View;
use crate::error::Error;
use clap::Args;
use std::io::Write;

/// Say how many packets and bytes each rule of the live bundle has met
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold counters
  netpold counters --format json | jq '.[] | select(.packets > 1000)'")]
pub struct Verb {
    #[command(flatten)]
    common: Common,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let counters = View::open(&self.common.options())?.counters()?;
        if self.common.format == Format::Json {
            json(out, &counters)?;
            return Ok(Exit::Good);
        }
        line(
            out,
            &format!("{:>12} {:>15}  {:<8} rule", "packets", "bytes", "side"),
        )?;
        for counter in counters {
            line(
                out,
                &format!(
                    "{:>12} {:>15}  {:<8} {}",
                    counter.packets, counter.bytes, counter.direction, counter.text
                ),
            )?;
        }
        Ok(Exit::Good)
    }
}
