//! A flow chart for pages that draw Mermaid.

use super::rows::rows;
use crate::reach::{Reachability, ports};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(reach);
    let mut drawn = BTreeMap::new();
    for row in &rows {
        drawn.insert(row.numbers.0, row.from.label());
        drawn.insert(row.numbers.1, row.to.label());
    }
    writeln!(out, "flowchart LR")?;
    for (number, label) in drawn {
        writeln!(out, "  g{number}[\"{}\"]", quoted(&label))?;
    }
    for row in &rows {
        let (from, to) = row.numbers;
        let arrow = if row.certain { "-->" } else { "-.->" };
        let label = format!("{}{}", ports::in_words(row.ports), row.over());
        writeln!(out, "  g{from} {arrow}|\"{}\"| g{to}", quoted(&label))?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace(['\n', '\r'], " ")
}
