//! From a file to its text: bounded, UTF-8, and never a binary.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where files are looked for and read"
)]

use super::files::{File, unreadable};
use super::{LoadOptions, Report};
use crate::finding::{Code, Finding, Severity};
use crate::source::{Location, SourceId, Sources, Span};
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// How many bytes are looked at before the rest of a file is read.
const HEAD: u64 = 4096;

/// Reads one file into `sources`; `None` when it is refused, which is reported.
pub(super) fn read(
    file: &File,
    options: &LoadOptions,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<(SourceId, Arc<str>)> {
    if let Some(text) = options.overlay.get(&file.shown) {
        let id = sources.add(file.shown.clone(), Arc::clone(text));
        return Some((id, Arc::clone(text)));
    }
    let bytes = match bytes_of(file, options) {
        Ok(Bytes::Read(bytes)) => bytes,
        Ok(Bytes::Refused(why)) => {
            let message = format!("`{}` is not read: {why}", file.shown);
            report.unreadable(sources, &file.shown, message);
            return None;
        }
        Err(error) => {
            unreadable(&file.path, &error, sources, report);
            return None;
        }
    };
    match netpol_yaml::decode(&bytes) {
        Ok(_) => {
            let text: Arc<str> = String::from_utf8(bytes).unwrap_or_default().into();
            let id = sources.add(file.shown.clone(), Arc::clone(&text));
            Some((id, text))
        }
        Err(diagnostic) => {
            // The text up to the bad byte is kept, so that the finding has a line.
            let start = usize::try_from(diagnostic.span.start).unwrap_or(usize::MAX);
            let good = bytes.get(..start).unwrap_or_default();
            let text = String::from_utf8_lossy(good).into_owned();
            let source = sources.add(file.shown.clone(), text);
            let start = diagnostic.span.start;
            let span = Span { start, end: start };
            let finding = Finding::new(Code("NP101"), Severity::Error, diagnostic.message)
                .at(
                    Location { source, span },
                    "the first byte that is not UTF-8",
                )
                .help("save the file as UTF-8");
            report.findings.push(finding);
            None
        }
    }
}

enum Bytes {
    Read(Vec<u8>),
    Refused(String),
}

fn bytes_of(file: &File, options: &LoadOptions) -> io::Result<Bytes> {
    let limit = u64::try_from(options.limits.bytes).unwrap_or(u64::MAX);
    if file.path != Path::new("-") {
        let opened = fs::File::open(&file.path)?;
        let about = opened.metadata()?;
        if about.is_file() && about.len() > limit {
            return Ok(Bytes::Refused(too_long(limit)));
        }
        return bounded(opened, limit);
    }
    match &options.stdin {
        Some(bytes) => bounded(bytes.as_slice(), limit),
        None => bounded(io::stdin().lock(), limit),
    }
}

/// Looks at the head before it reads the rest, so that a huge binary costs nothing.
fn bounded(mut from: impl Read, limit: u64) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    from.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    let is_utf16 = matches!(bytes.as_slice(), [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    if bytes.contains(&0) && !is_utf16 {
        let why = "it holds NUL bytes, so it is no text";
        return Ok(Bytes::Refused(why.to_owned()));
    }
    if is_utf16 {
        return Ok(Bytes::Read(bytes));
    }
    from.take(limit.saturating_add(1).saturating_sub(HEAD))
        .read_to_end(&mut bytes)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limit {
        return Ok(Bytes::Refused(too_long(limit)));
    }
    Ok(Bytes::Read(bytes))
}

fn too_long(limit: u64) -> String {
    format!("it is longer than {limit} bytes")
}
