//! One line per pair of groups and run of ports; the members of a group are separated by spaces.

use super::rows::rows;
use crate::cli::query::family_name;
use crate::reach::Reachability;
use crate::reach::graph::{AddressRange, Group};
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "from,to,family,protocol,port,end_port,verdict")?;
    for row in rows(reach) {
        let verdict = if row.certain { "allow" } else { "unknown" };
        for range in row.ports {
            writeln!(
                out,
                "{},{},{},{},{},{},{verdict}",
                cell(row.from),
                cell(row.to),
                row.family.map_or("", family_name),
                range.protocol,
                range.first,
                range.last()
            )?;
        }
    }
    Ok(())
}

/// The members, quoted where the form asks for it (RFC 4180). Names of Kubernetes objects have
/// neither quotes nor commas, but texts that no server has seen may.
fn cell(group: &Group) -> String {
    let text = if group.addresses.is_empty() {
        group.members.join(" ")
    } else {
        let words: Vec<String> = group
            .addresses
            .iter()
            .map(AddressRange::to_string)
            .collect();
        words.join(" ")
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
