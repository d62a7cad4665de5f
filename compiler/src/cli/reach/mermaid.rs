//! A flow chart for pages that draw Mermaid.

use super::rows::lines;
use crate::reach::view::View;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let lines = lines(view);
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
        let arrow = if line.is_certain() { "-->" } else { "-.->" };
        writeln!(
            out,
            "  n{from} {arrow}|\"{}\"| n{to}",
            quoted(&line.words())
        )?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    text.replace('"', "#quot;").replace(['\n', '\r'], " ")
}
