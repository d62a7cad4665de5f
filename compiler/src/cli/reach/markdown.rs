//! A table for pull requests.

use super::rows::rows;
use crate::reach::{Reachability, ports};
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| from | to | ports |")?;
    writeln!(out, "|---|---|---|")?;
    for row in rows(reach) {
        let unknown = if row.certain { "" } else { "unknown: " };
        writeln!(
            out,
            "| {} | {} | {unknown}{}{} |",
            cell(&row.from.label()),
            cell(&row.to.label()),
            ports::in_words(row.ports),
            row.over()
        )?;
    }
    Ok(())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
