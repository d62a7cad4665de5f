//! A table for pull requests.

use super::Extra;
use super::rows::lines;
use super::text::{extent_in_words, steps};
use crate::reach::exposure::Openness;
use crate::reach::view::View;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, extra: &Extra, out: &mut dyn Write) -> io::Result<()> {
    match extra {
        Extra::Exposure(exposed) => {
            writeln!(
                out,
                "| workload | from the world | from any pod | isolated for ingress | to the world | isolated for egress |"
            )?;
            writeln!(out, "|---|---|---|---|---|---|")?;
            for one in exposed {
                let name = view
                    .nodes
                    .get(one.node)
                    .map(crate::reach::view::Node::label);
                let isolated = |open: &Openness| {
                    if open.isolated_by.is_empty() {
                        "**no**"
                    } else {
                        "yes"
                    }
                };
                writeln!(
                    out,
                    "| {} | {} | {} | {} | {} | {} |",
                    cell(&name.unwrap_or_default()),
                    extent_in_words(&one.ingress.world),
                    extent_in_words(&one.ingress.any_pod),
                    isolated(&one.ingress),
                    extent_in_words(&one.egress.world),
                    isolated(&one.egress)
                )?;
            }
        }
        Extra::Blast { reached, .. } => {
            writeln!(out, "| hops | party | by |")?;
            writeln!(out, "|---|---|---|")?;
            for one in reached {
                let name = view
                    .nodes
                    .get(one.node)
                    .map(crate::reach::view::Node::label);
                let perhaps = if one.certain { "" } else { "perhaps: " };
                writeln!(
                    out,
                    "| {} | {perhaps}{} | {} |",
                    one.hops,
                    cell(&name.unwrap_or_default()),
                    cell(&steps(view, one))
                )?;
            }
        }
        Extra::Grouped | Extra::None => {
            writeln!(out, "| from | to | ports |")?;
            writeln!(out, "|---|---|---|")?;
            for line in lines(view) {
                let (from, to) = (cell(&line.from), cell(&line.to));
                writeln!(out, "| {from} | {to} | {} |", line.words())?;
            }
        }
    }
    Ok(())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
