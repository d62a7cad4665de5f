//! For people.

use super::rows::{Line, Section, lines};
use crate::model::Model;
use crate::reach::{Reachability, ports};
use std::io::{self, Write};

pub(super) fn write(reach: &Reachability, model: &Model, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} and {}",
        counted(model.cluster.endpoints.len(), "workload", "workloads"),
        counted(model.policies.policies().len(), "policy", "policies")
    )?;
    write_large_groups(reach, out)?;
    let lines = lines(reach);
    for (section, title) in [
        (Section::FromOutside, "from outside the cluster"),
        (Section::ToOutside, "to outside the cluster"),
        (Section::Within, "within the cluster"),
    ] {
        let lines = lines.iter().filter(|line| line.section == section);
        write_section(title, &lines.collect::<Vec<_>>(), out)?;
    }
    if lines.is_empty() {
        writeln!(out, "\nNobody reaches anybody.")?;
    }
    if reach.has_hosts {
        writeln!(
            out,
            "\nA node, with its host-network pods, always reaches the pods that run on it; that is not listed."
        )?;
    }
    Ok(())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Groups whose label does not name all members.
fn write_large_groups(reach: &Reachability, out: &mut dyn Write) -> io::Result<()> {
    let large = reach.groups().filter(|(_, group)| group.members.len() > 3);
    for (at, (_, group)) in large.enumerate() {
        if at == 0 {
            writeln!(out, "\nno policy tells apart")?;
        }
        writeln!(out, "  {}: {}", group.label(), group.members.join(", "))?;
    }
    Ok(())
}

fn write_section(title: &str, lines: &[&Line<'_>], out: &mut dyn Write) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let width = |label: fn(&Line<'_>) -> usize| {
        let widths = lines.iter().map(|line| label(line));
        widths.max().unwrap_or(0).min(48)
    };
    let from_width = width(|line| line.from.chars().count());
    let to_width = width(|line| line.to.chars().count());
    for line in lines {
        let unknown = if line.certain { "" } else { "unknown: " };
        writeln!(
            out,
            "  {:from_width$} → {:to_width$}  {unknown}{}{}",
            line.from,
            line.to,
            ports::in_words(line.ports),
            line.over
        )?;
    }
    Ok(())
}
