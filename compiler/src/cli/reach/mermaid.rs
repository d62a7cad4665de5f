//! A flow chart for pages that draw Mermaid.

use super::rows::lines;
use crate::reach::{Reachability, ports};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    let lines = lines(reach);
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    writeln!(out, "flowchart LR")?;
    for name in lines.iter().flat_map(|line| [&line.from, &line.to]) {
        let next = numbers.len();
        if !numbers.contains_key(name.as_str()) {
            numbers.insert(name, next);
            writeln!(out, "  n{next}[\"{}\"]", quoted(name))?;
        }
    }
    for line in &lines {
        let (Some(from), Some(to)) = (
            numbers.get(line.from.as_str()),
            numbers.get(line.to.as_str()),
        ) else {
            continue;
        };
        let arrow = if line.certain { "-->" } else { "-.->" };
        let label = format!("{}{}", ports::in_words(line.ports), line.over);
        writeln!(out, "  n{from} {arrow}|\"{}\"| n{to}", quoted(&label))?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace(['\n', '\r'], " ")
}
