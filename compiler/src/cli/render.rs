//! `netpolc render`.

use super::inputs::{one_line, refuse_unread};
use super::{Exit, Failure, Inputs, Terminal};
use crate::finding::{Code, Finding, Severity};
use crate::load::{self, Object, Release};
use crate::resolve::{self, Analysis};
use crate::source::Sources;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

/// Print the documents that the analysis sees: charts rendered as `helm template` does, objects that
/// name charts followed, manifests as they are.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "A single chart is printed exactly as `helm template` prints it. Of anything else each document
stands behind a `# Source:` line. Random texts, certificates and times are fixed ones, so that the
same input gives the same text.

Exit codes: 0 rendered, 1 refused by a chart or its schema (what could be rendered is printed), 2
could not answer.

Examples:
  netpolc render ./chart -f prod.yaml --set networkPolicy.enabled=true
  netpolc render ./chart --show-only templates/networkpolicy.yaml
  netpolc render clusters/prod --chart-dir charts/
  netpolc render --target production"
)]
pub struct Args {
    /// Charts, files, directories, `-` for standard input.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only the documents of these templates: templates/x.yaml. May be given several times.
    #[arg(short = 's', long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// The files of crds/ come first.
    #[arg(long)]
    include_crds: bool,
    /// Without hooks that run on `helm test`.
    #[arg(long)]
    skip_tests: bool,
    /// Without hooks.
    #[arg(long)]
    no_hooks: bool,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall.
    #[arg(long)]
    is_upgrade: bool,
    #[command(flatten)]
    inputs: Inputs,
}

impl super::targets::Aimed for Args {
    fn inputs(&mut self) -> &mut Inputs {
        &mut self.inputs
    }

    fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }

    fn is_for_machines(&self) -> bool {
        true
    }
}

pub(super) fn run(args: &Args, terminal: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut asked = args.inputs.asked(&args.paths, terminal)?;
    asked.load.helm.include_crds = args.include_crds;
    asked.load.helm.is_upgrade = args.is_upgrade;
    let analysis = resolve::read(&asked);
    // Nothing is analysed: what cannot be read is told, and so is what Helm refuses.
    refuse_unread(&analysis.findings, &analysis.sources, terminal)?;
    for sentence in &analysis.model.incomplete {
        terminal.note(&format!("incomplete: {sentence}"));
    }
    let refusals = (analysis.findings.iter()).filter(|f| refuses(f));
    let mut exit = Exit::Yes;
    for finding in refusals {
        exit = Exit::No;
        terminal.error(&one_line(finding, &analysis.sources));
    }
    args.write(&analysis, terminal.stdout)?;
    Ok(exit)
}

/// Does Helm print nothing because of it?
fn refuses(finding: &Finding) -> bool {
    let codes = [Code("NP202"), Code("NP203")];
    codes.contains(&finding.code) && finding.severity == Severity::Error
}

impl Args {
    fn write(&self, analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
        let everything = self.show_only.is_empty() && !self.skip_tests && !self.no_hooks;
        let rendered: BTreeSet<_> = (analysis.releases.iter())
            .flat_map(|release| release.documents.iter().map(|d| d.source))
            .collect();
        let plain = || {
            let objects = analysis.objects.iter();
            objects.filter(|object| !rendered.contains(&object.source))
        };
        if let [
            Release {
                printed: Some(text),
                ..
            },
        ] = analysis.releases.as_slice()
            && everything
            && plain().next().is_none()
        {
            return out.write_all(text.as_bytes());
        }
        for release in &analysis.releases {
            self.write_release(release, out)?;
        }
        if self.show_only.is_empty() {
            for object in plain() {
                write_object(object, &analysis.sources, out)?;
            }
        }
        Ok(())
    }

    fn write_release(&self, release: &Release, out: &mut dyn Write) -> io::Result<()> {
        for document in &release.documents {
            let is_test = document.hook.iter().any(|event| event.starts_with("test"));
            let dropped =
                (self.skip_tests && is_test) || (self.no_hooks && !document.hook.is_empty());
            // `web/templates/x.yaml` is named without its chart.
            let inside = document
                .template
                .split_once('/')
                .map_or("", |(_, inside)| inside);
            let shown = self.show_only.is_empty()
                || self
                    .show_only
                    .iter()
                    .any(|wanted| wanted == inside || *wanted == document.template);
            if shown && !dropped {
                writeln!(
                    out,
                    "---\n# Source: {}\n{}",
                    document.template, document.text
                )?;
            }
        }
        Ok(())
    }
}

/// An object as it is written in its file; an item of a list as JSON, which is YAML too.
fn write_object(object: &Object, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let Some((source, _)) = sources.position(object.at) else {
        return Ok(());
    };
    writeln!(out, "---\n# Source: {}", load::quoted(&source.path))?;
    let text = source.slice(object.at.span).unwrap_or_default();
    let starts_line = source.line_column(object.at.span.start).column == 1;
    if object.is_whole_document() && starts_line {
        writeln!(out, "{}", text.trim_end())
    } else {
        let json = serde_json::to_string_pretty(&object.root().to_json())?;
        writeln!(out, "{json}")
    }
}
