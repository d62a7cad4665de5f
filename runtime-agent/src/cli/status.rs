//! `netpold status`

use super::{Common, Exit, Format, json, line};
use crate::agent::{EndpointStatus, Status, View};
use crate::error::Error;
use crate::state::Standing;
use clap::Args;
use std::io::Write;

/// Say what is in force, as the kernel has it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold status
  netpold status --format json | jq -r .live.bundle

Ends with 1 when nothing is in force or an endpoint is not protected.")]
pub struct Verb {
    #[command(flatten)]
    common: Common,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let status = View::open(&self.common.options())?.status()?;
        let exit = if status.live.is_none() {
            Exit::Faults
        } else {
            Exit::of(&status.faults)
        };
        match self.common.format {
            Format::Json => json(out, &status)?,
            Format::Text => text(out, &status)?,
        }
        Ok(exit)
    }
}

fn text(out: &mut dyn Write, status: &Status) -> Result<(), Error> {
    match &status.live {
        Some(live) => line(out, &format!("in force: {}", words(live)))?,
        None => line(out, "nothing is in force")?,
    }
    if let Some(previous) = &status.previous {
        line(out, &format!("before:   {}", words(previous)))?;
    }
    let enforced = status.endpoints.iter().filter(|e| e.enforced).count();
    let all = status.endpoints.len();
    line(out, &format!("protected: {enforced} of {all} endpoints"))?;
    for endpoint in &status.endpoints {
        line(out, &format!("  {}", row(endpoint)))?;
    }
    for fault in &status.faults {
        line(out, &format!("fault: {fault}"))?;
    }
    Ok(())
}

fn words(standing: &Standing) -> String {
    let serial = standing
        .serial
        .map_or_else(String::new, |serial| format!(", serial {serial}"));
    format!(
        "generation {}, bundle sha256:{}{serial}, on node {}",
        standing.generation, standing.bundle, standing.node
    )
}

fn row(endpoint: &EndpointStatus) -> String {
    let mut text = format!(
        "{}/{} at {}",
        endpoint.namespace, endpoint.name, endpoint.interface
    );
    if !endpoint.enforced {
        text.push_str(", not protected");
    }
    for (count, what) in [
        (endpoint.suppressed_events, "not reported one by one"),
        (endpoint.lost_events, "lost"),
    ] {
        if count > 0 {
            text = format!("{text}, {count} drop events {what}");
        }
    }
    text
}
