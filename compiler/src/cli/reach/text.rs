//! For people.

use super::rows::{Row, rows};
use crate::model::Model;
use crate::reach::graph::{Group, GroupKind};
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
    let rows = rows(reach);
    let outside = |group: &Group| matches!(group.kind, GroupKind::External | GroupKind::Unassigned);
    let of = |title, wanted: &dyn Fn(&Row<'_>) -> bool| {
        let rows = rows.iter().filter(|row| wanted(row));
        (title, rows.copied().collect::<Vec<Row<'_>>>())
    };
    let sections = [
        of("from outside the cluster", &|row| outside(row.from)),
        of("to outside the cluster", &|row| outside(row.to)),
        of("within the cluster", &|row| {
            !outside(row.from) && !outside(row.to)
        }),
    ];
    for (title, rows) in &sections {
        write_section(title, rows, out)?;
    }
    if rows.is_empty() {
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

fn write_section(title: &str, rows: &[Row<'_>], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let width = |label: &dyn Fn(&Row<'_>) -> String| {
        let widths = rows.iter().map(|row| label(row).chars().count());
        widths.max().unwrap_or(0).min(48)
    };
    let from_width = width(&|row| row.from.label());
    let to_width = width(&|row| row.to.label());
    for row in rows {
        let unknown = if row.certain { "" } else { "unknown: " };
        writeln!(
            out,
            "  {:from_width$} → {:to_width$}  {unknown}{}{}",
            row.from.label(),
            row.to.label(),
            ports::in_words(row.ports),
            row.over()
        )?;
    }
    Ok(())
}
