//! `netpold events`

use super::{Common, Exit, Format, json, line};
use crate::agent::{RuleEvent, View};
use crate::error::Error;
use clap::Args;
use netpol_policy::Protocol;
use std::io::Write;
use std::time::Duration;

/// How long is waited at a time; loads in between are noticed after that.
const WAIT: Duration = Duration::from_secs(1);

/// Say which packets dropped, at which pod, and by which line of which file
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  netpold events
  netpold events --follow
  netpold events --follow --format json | jq -r .text

Each event is told once, to whoever asks first.")]
pub struct Verb {
    /// Go on waiting for more
    #[arg(long, short)]
    follow: bool,
    /// End after this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    #[command(flatten)]
    common: Common,
}

impl Verb {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Exit, Error> {
        let options = self.common.options();
        let mut view = View::open(&options)?;
        let mut events = view.events()?;
        let mut told = 0;
        loop {
            // What is not told now is left for whoever asks next.
            while self.limit.is_none_or(|limit| told < limit)
                && let Some(event) = events.next_event()
            {
                if !view.knows(&event) {
                    view = View::open(&options)?;
                }
                self.tell(out, &view.explain(event))?;
                told += 1;
            }
            if !self.follow || self.limit.is_some_and(|limit| told >= limit) {
                return Ok(Exit::Good);
            }
            out.flush().map_err(|e| super::written(&e))?;
            events.wait(WAIT)?;
        }
    }

    fn tell(&self, out: &mut dyn Write, event: &RuleEvent) -> Result<(), Error> {
        match self.common.format {
            Format::Json => json(out, event),
            Format::Text => line(out, &sentence(event)),
        }
    }
}

fn sentence(told: &RuleEvent) -> String {
    let event = &told.event;
    let what = if event.passed { "passed" } else { "dropped" };
    let pod = match &told.endpoint {
        Some(name) => name.clone(),
        None => format!("interface {}", event.ifindex),
    };
    format!(
        "{what} {} → {} {}/{} at {pod} ({}), generation {}: {}",
        event.source,
        event.destination,
        Protocol::from_ip(event.protocol),
        event.port,
        event.direction,
        event.generation,
        told.text
    )
}
