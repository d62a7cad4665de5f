//! `netpolc build`.

use super::inputs::{load_options, one_line, refuse_unread};
use super::{Exit, Failure, Inputs, Terminal, files, targets, wishes};
use crate::finding::{Code, Day, Finding, Severity};
use crate::lint::image_size::Excess;
use crate::lint::suppress::{self, Wishes};
use crate::lint::{self, Selection};
use crate::lower::{self, Linked, NoImage};
use crate::model::ImageBudget;
use crate::reach::PortRange;
use crate::resolve::{Analysis, inventory_from};
use crate::schema::is_read_as_written;
use crate::source::Sources;
use netpol_image::{Bundle, LinkError, LinkNote, LinkOptions, hex, policy_digest};
use netpol_policy::Cluster;
use std::path::PathBuf;

/// Check, then compile everything into one bundle.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The input is checked first; findings of severity error refuse it, except for hygiene (NP4xx),
which is told only, and for those that comments, annotations or netpolc.toml suppress. The same
input gives the same bytes.

Exit codes: 0 built, 1 refused because of findings, 2 could not answer.

Examples:
  netpolc build policies/ workloads/ -o policy.npb
  netpolc build policies/ --inventory inventory.json -o policy.npb
  netpolc build --cluster-state dump.json --accept-unknown -o policy.npb"
)]
pub struct Args {
    /// Files, directories, `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where the bundle goes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Who is there: an inventory, or any dump or manifests whose Pods, Nodes and Services carry
    /// addresses. Links the images of all nodes and keeps the inventory in the bundle, so that
    /// `query --image` can answer by name.
    #[arg(long, value_name = "PATH")]
    inventory: Vec<PathBuf>,
    /// Build in spite of findings whose codes begin like this: NP3, NP301. May be given several
    /// times.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    accept: Vec<String>,
    /// Deny what the input does not decide, in place of refusing to build: --accept NP503.
    #[arg(long)]
    accept_unknown: bool,
    /// What the image of a node may take, as 8MiB: a larger one is NP502 [default: what fits, 64MiB].
    #[arg(long, value_name = "SIZE")]
    image_budget: Option<ImageBudget>,
    /// Judge as on this day whether suppressions have ended [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Day>,
    #[command(flatten)]
    inputs: Inputs,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let inputs = Inputs {
        image_budget: args.image_budget,
        ..args.inputs.clone()
    };
    let mut analysis = inputs.read(&args.paths, terminal)?;
    let config = targets::find(args.inputs.config.as_deref())?;
    let wishes = wishes::of(config.as_ref(), args.today, &mut analysis.sources);
    let errors = lint::everything(&analysis, &Selection::default()).into_iter();
    let errors = errors.filter(|finding| finding.severity == Severity::Error);
    let errors = unsuppressed(errors.collect(), &analysis, &wishes, terminal);
    if args.refuses(&errors, &analysis.sources, terminal) {
        return Ok(Exit::No);
    }
    let mut bundle = lower::bundle(&analysis.model, &analysis.sources);
    let mut linked = Vec::new();
    if let Some(inventory) = args.read_inventory(terminal)? {
        // From here on it is known who is there.
        analysis.model.cluster = inventory.clone();
        analysis.model.endpoint_origins.clear();
        let links = link(&mut bundle, &inventory, terminal)?;
        if let Some(finding) = too_large(&analysis, links.as_ref()) {
            let told = unsuppressed(vec![finding], &analysis, &wishes, terminal);
            if args.refuses(&told, &analysis.sources, terminal) {
                return Ok(Exit::No);
            }
            if links.is_err() {
                terminal.error("no --accept makes an image that the format cannot hold");
                return Ok(Exit::No);
            }
        }
        linked = links.map(|links| links.notes).unwrap_or_default();
        bundle.inventory = Some(inventory);
    }
    let mut undecided = lint::lowering(&analysis);
    if undecided.is_empty() {
        // The rules of lowering point at lines, but linking knows for certain.
        undecided = linked.iter().filter_map(undecided_finding).collect();
    }
    let undecided = unsuppressed(undecided, &analysis, &wishes, terminal);
    if args.refuses(&undecided, &analysis.sources, terminal) {
        terminal.error("--accept-unknown builds it all the same and denies what is not decided");
        return Ok(Exit::No);
    }
    let bytes = lower::encode(&bundle)
        .map_err(|error| Failure::new(format!("the bundle cannot be written: {error}")))?;
    files::write(&args.output, &bytes)?;
    let counts = &bundle.policies;
    writeln!(
        terminal.stdout,
        "{}: {} policies, {} rule numbers, {} bytes, sha256 {}",
        args.output.display(),
        counts.policies().len(),
        bundle.sources.len(),
        bytes.len(),
        hex::encode(&Bundle::digest(&bytes))
    )?;
    Ok(Exit::Yes)
}

/// What is left of findings when suppressions have had their say, in the order of reports. The
/// bundle holds what they are about all the same, so each that is spared is noted.
fn unsuppressed(
    findings: Vec<Finding>,
    analysis: &Analysis,
    wishes: &Wishes,
    terminal: &mut Terminal<'_>,
) -> Vec<Finding> {
    let mut sifted = suppress::sift(findings, analysis, &Selection::default(), wishes);
    lint::sort(&mut sifted.told);
    for spared in &sifted.suppressed {
        let line = one_line(&spared.finding, &analysis.sources);
        let why = match spared.reason.as_str() {
            "" => "suppressed".to_owned(),
            reason => format!("suppressed: {reason}"),
        };
        terminal.note(&format!("{line} ({why})"));
    }
    sifted.told
}

impl Args {
    /// Tells all findings on standard error, because there is no answer for standard output yet;
    /// true when one of them refuses the input.
    fn refuses(
        &self,
        findings: &[Finding],
        sources: &Sources,
        terminal: &mut Terminal<'_>,
    ) -> bool {
        let mut refused = 0_usize;
        for finding in findings {
            if self.accepts(finding) {
                terminal.note(&one_line(finding, sources));
            } else {
                refused += 1;
                terminal.error(&one_line(finding, sources));
            }
        }
        match refused {
            0 => return false,
            1 => terminal
                .error("nothing was built because of this finding; `netpolc check` shows more"),
            n => terminal.error(&format!(
                "nothing was built because of {n} findings; `netpolc check` shows more"
            )),
        }
        true
    }

    /// Is the bundle what the input says in spite of this finding, or does the user want it anyhow?
    fn accepts(&self, finding: &Finding) -> bool {
        let code = finding.code.0;
        // Exposure and hygiene: the policies do something other than was hoped for, but the bundle
        // does the same as they do.
        // What a tier overrules is contradictory, but compiled as it is decided.
        let hygiene = code.starts_with("NP4") || matches!(code, "NP302" | "NP304");
        let wanted = self
            .accept
            .iter()
            .any(|p| !p.is_empty() && code.starts_with(p.as_str()));
        hygiene || wanted || is_read_as_written(finding) || (code == "NP503" && self.accept_unknown)
    }

    fn read_inventory(&self, terminal: &mut Terminal<'_>) -> Result<Option<Cluster>, Failure> {
        if self.inventory.is_empty() {
            return Ok(None);
        }
        let options = load_options(&self.inventory, terminal)?;
        let mut sources = Sources::default();
        let (inventory, findings) = inventory_from(&self.inventory, &options, &mut sources);
        refuse_unread(&findings, &sources, terminal)?;
        Ok(Some(inventory))
    }
}

/// NP502 about what was linked: the image that there cannot be, or the longest one where it is
/// longer than the budget.
fn too_large(analysis: &Analysis, links: Result<&Linked, &NoImage>) -> Option<Finding> {
    let limit = analysis.model.image_budget.bytes();
    let (node, excess) = match links {
        Ok(links) => {
            let (node, count) = links.longest.as_ref().filter(|(_, len)| *len > limit)?;
            let what = LinkError::BYTES;
            let excess = Excess {
                what,
                count: *count,
                limit,
                parts: None,
            };
            (node, excess)
        }
        Err(NoImage { node, error }) => {
            let LinkError::TooMany { what, count, limit } = *error else {
                return None;
            };
            (
                node,
                Excess {
                    what,
                    count,
                    limit,
                    parts: None,
                },
            )
        }
    };
    lint::too_large(analysis, node, &excess)
}

/// Links all images, and tells what they decide otherwise than the input asks for. Limits of the
/// format are left to the caller.
fn link(
    bundle: &mut Bundle,
    inventory: &Cluster,
    terminal: &mut Terminal<'_>,
) -> Result<Result<Linked, NoImage>, Failure> {
    let cannot = |error: String| Failure::new(format!("the policies cannot be linked: {error}"));
    let options = LinkOptions {
        policy_digest: policy_digest(&bundle.policies).map_err(|e| cannot(e.to_string()))?,
    };
    let mut linked = match lower::link_all(&bundle.policies, inventory, &options) {
        Ok(linked) => linked,
        Err(none) if matches!(none.error, LinkError::TooMany { .. }) => return Ok(Err(none)),
        Err(none) => return Err(cannot(none.to_string())),
    };
    for note in &linked.notes {
        if let Some(sentence) = sentence(note) {
            terminal.note(&sentence);
        }
    }
    if linked.images.is_empty() && linked.count > 0 {
        terminal.note("the images are too large to be kept in the bundle; `query --image` links them when asked");
    }
    bundle.images = std::mem::take(&mut linked.images);
    Ok(Ok(linked))
}

/// NP503 as linking found it.
fn undecided_finding(note: &LinkNote) -> Option<Finding> {
    let LinkNote::Unknown { examples, .. } = note else {
        return None;
    };
    let example = examples.first()?;
    let message = format!(
        "the input does not decide {} of {} for {} on {}: {}",
        example.direction.name(),
        example.endpoint,
        example.peer,
        PortRange::new(example.protocol, example.first, example.last),
        example.open.sentence()
    );
    Some(Finding::new(Code("NP503"), Severity::Error, message))
}

/// What is to be said about a note of linking, unless lowering's own findings say it.
fn sentence(note: &LinkNote) -> Option<String> {
    match note {
        LinkNote::Unknown { .. } => None,
        LinkNote::MixedService {
            address,
            protocol,
            port,
            endpoint,
            allowed,
            denied,
        } => Some(format!(
            "NP504 {endpoint} may reach {} of {} backends of {address} on {protocol}/{port}; the image denies the service",
            allowed.len(),
            allowed.len() + denied.len()
        )),
        LinkNote::SharedAddress {
            address,
            kept,
            ignored,
        } => Some(format!(
            "{kept} and {ignored} both have the address {address}; the image believes {kept}"
        )),
        LinkNote::NoAddress { endpoint } => Some(format!(
            "{endpoint} has no address yet; its packets are dropped until it is linked with one"
        )),
    }
}
