//! One line per pair of groups and run of ports; the members of a group are separated by spaces.

use super::Extra;
use crate::cli::query::family_name;
use crate::reach::exposure::{Exposed, Extent, Openness};
use crate::reach::view::{How, Node, View};
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, extra: &Extra, out: &mut dyn Write) -> io::Result<()> {
    match extra {
        Extra::Exposure(exposed) => write_exposure(view, exposed, out),
        Extra::Blast { reached, .. } => {
            writeln!(out, "party,hops,certain,path")?;
            for one in reached {
                let names: Vec<String> = one.path.iter().map(|at| name(view, *at)).collect();
                let (to, path) = (names.last().cloned().unwrap_or_default(), names.join(" > "));
                let (to, path) = (quoted(to), quoted(path));
                writeln!(out, "{to},{},{},{path}", one.hops, one.certain)?;
            }
            Ok(())
        }
        Extra::Grouped => write_rows(view, true, out),
        Extra::None => write_rows(view, false, out),
    }
}

fn write_rows(view: &View<'_>, grouped: bool, out: &mut dyn Write) -> io::Result<()> {
    let counts = if grouped {
        ",allowed_pairs,unknown_pairs,pairs"
    } else {
        ""
    };
    writeln!(out, "from,to,family,protocol,port,end_port,verdict{counts}")?;
    let cells: Vec<String> = view.nodes.iter().map(cell).collect();
    let cell = |at: usize| cells.get(at).map_or("", String::as_str);
    for row in &view.rows {
        let (verdict, counts) = match row.how {
            How::Certain => ("allow", ",,".to_owned()),
            How::Unknown => ("unknown", ",,".to_owned()),
            How::Some {
                allowed,
                unknown,
                pairs,
            } => ("some", format!("{allowed},{unknown},{pairs}")),
        };
        let counts = if grouped {
            format!(",{counts}")
        } else {
            String::new()
        };
        for range in &*row.ports {
            writeln!(
                out,
                "{},{},{},{},{},{},{verdict}{counts}",
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

fn write_exposure(view: &View<'_>, exposed: &[Exposed], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "workload,direction,isolated,peer,extent,protocol,port,end_port"
    )?;
    for one in exposed {
        let who = quoted(name(view, one.node));
        for (direction, open) in [("ingress", &one.ingress), ("egress", &one.egress)] {
            write_openness(&format!("{who},{direction}"), open, out)?;
        }
    }
    Ok(())
}

fn write_openness(who: &str, open: &Openness, out: &mut dyn Write) -> io::Result<()> {
    let isolated = if open.isolated_by.is_empty() {
        "no"
    } else {
        "yes"
    };
    let peers = [
        ("world", &open.world),
        ("any pod", &open.any_pod),
        ("other pods", &open.cluster),
    ];
    for (peer, extent) in peers {
        let Extent { all, some, unknown } = extent;
        for (extent, ports) in [("all", all), ("some", some), ("unknown", unknown)] {
            for range in ports {
                writeln!(
                    out,
                    "{who},{isolated},{peer},{extent},{},{},{}",
                    range.protocol,
                    range.first,
                    range.last()
                )?;
            }
        }
    }
    Ok(())
}

fn name(view: &View<'_>, at: usize) -> String {
    view.nodes
        .get(at)
        .map(|node| node.names().join(" "))
        .unwrap_or_default()
}

/// The name of a heap, else the members.
fn cell(group: &Node) -> String {
    quoted(
        group
            .name
            .clone()
            .unwrap_or_else(|| group.names().join(" ")),
    )
}

/// Quoted where the form asks for it (RFC 4180). Names of Kubernetes objects have neither quotes
/// nor commas, but texts that no server has seen may.
fn quoted(text: String) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
