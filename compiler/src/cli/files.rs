//! Files that verbs read and write beside the inputs of the analysis.
#![expect(
    clippy::disallowed_methods,
    reason = "bundles, keys and signatures are read and written by the command line itself"
)]

use super::Failure;
use crate::lower::Artefact;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

/// Bundles are read up to this many bytes.
const LONGEST_BUNDLE: u64 = netpol_image::bundle::MAX_LEN as u64;
/// Keys and signatures are a few lines.
const LONGEST_TEXT: u64 = 1 << 16;
/// A baseline has some hundred bytes for each finding.
const LONGEST_FINDINGS: u64 = 1 << 28;

fn cannot(path: &Path, what: &str, why: impl std::fmt::Display) -> Failure {
    Failure::new(format!("{} cannot be {what}: {why}", path.display()))
}

/// The bytes of a regular file that is no longer than `longest`.
fn read(path: &Path, longest: u64) -> Result<Vec<u8>, Failure> {
    let unread = |error: std::io::Error| cannot(path, "read", error);
    // Opening a FIFO would wait for a writer.
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(cannot(path, "read", "it is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    let more = longest.saturating_add(1);
    file.take(more).read_to_end(&mut bytes).map_err(unread)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > longest {
        let why = format!("it is longer than {longest} bytes");
        return Err(cannot(path, "read", why));
    }
    Ok(bytes)
}

/// The bytes of a bundle.
pub(super) fn read_bundle_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path, LONGEST_BUNDLE)
}

/// A bundle.
pub(super) fn read_bundle(path: &Path) -> Result<Artefact, Failure> {
    Artefact::read(&read_bundle_bytes(path)?).map_err(|error| cannot(path, "read", error))
}

/// A key or a signature.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    text(path, LONGEST_TEXT)
}

/// A list of findings.
pub(super) fn read_findings(path: &Path) -> Result<String, Failure> {
    text(path, LONGEST_FINDINGS)
}

fn text(path: &Path, longest: u64) -> Result<String, Failure> {
    let bytes = read(path, longest)?;
    String::from_utf8(bytes).map_err(|_| cannot(path, "read", "it is not UTF-8"))
}

/// Writes a file, or replaces it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| cannot(path, "written", error))
}

/// Writes a file that nobody else may read, and never over another one.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| cannot(path, "written", error))
}

/// Is there such a file?
pub(super) fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}
