//! A table for pull requests.

use super::rows::lines;
use crate::reach::{Reachability, ports};
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| from | to | ports |")?;
    writeln!(out, "|---|---|---|")?;
    for line in lines(reach) {
        let unknown = if line.certain { "" } else { "unknown: " };
        writeln!(
            out,
            "| {} | {} | {unknown}{}{} |",
            cell(&line.from),
            cell(&line.to),
            ports::in_words(line.ports),
            line.over
        )?;
    }
    Ok(())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
