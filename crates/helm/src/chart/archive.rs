//! `.tgz` archives, read in memory and never unpacked to disk.
//!
//! What Helm refuses is refused (absolute paths, paths through `..`, drive letters, files beside
//! the chart's directory, too much data). Links, devices and two entries of one name are refused
//! too: Helm takes the first two for empty files and lets the last win.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::error::{ChartError, ChartErrorKind};
use super::files::{ChartFile, ChartFiles, duplicate};
use super::limits::{Budget, ChartLimits};

/// Bytes that an archive may unpack to before its ratio is looked at.
const RATIO_FREE: usize = 1 << 20;

impl ChartFiles {
    /// The files of a packed chart. `.helmignore` means nothing here, as in Helm.
    ///
    /// # Errors
    /// A broken archive, entries that a chart may not hold, and exceeded limits.
    pub fn from_archive(bytes: &[u8], limits: &ChartLimits) -> Result<Self, ChartError> {
        read(bytes, &mut Budget::new(limits))
    }
}

/// Counts what comes out of the compression, and ends where nothing more is read.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.left.get().min(buffer.len());
        let read = self
            .inner
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left.set(self.left.get().saturating_sub(read));
        Ok(read)
    }
}

/// Reads an archive out of what is left of a budget.
pub(super) fn read(bytes: &[u8], budget: &mut Budget<'_>) -> Result<ChartFiles, ChartError> {
    if !bytes.starts_with(&[0x1F, 0x8B, 0x08]) {
        return Err(broken("", "it is not a gzip archive"));
    }
    let ratio = bytes.len().saturating_mul(budget.limits.ratio);
    // Padding and headers count too: an archive of nothing but headers must end as well.
    let headers = budget.limits.files.saturating_mul(4096);
    let bound = budget
        .left()
        .saturating_add(headers)
        .min(ratio.max(RATIO_FREE));
    let left = Rc::new(Cell::new(bound));
    let mut archive = Archive::new(Bounded {
        inner: MultiGzDecoder::new(bytes),
        left: Rc::clone(&left),
    });
    let end = |error: &std::io::Error| {
        if left.get() == 0 {
            let message = format!("{} packed bytes become more than {bound}", bytes.len());
            return ChartError::new(ChartErrorKind::Limit, "", message);
        }
        broken("", &error.to_string())
    };
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in archive.entries().map_err(|error| end(&error))? {
        let entry = entry.map_err(|error| end(&error))?;
        let Some(file) = file(entry, budget, end)? else {
            continue;
        };
        if !seen.insert(file.path.clone()) {
            return Err(duplicate(&file.path));
        }
        files.push(file);
    }
    if files.is_empty() {
        return Err(broken("", "no files in chart archive"));
    }
    Ok(ChartFiles { files })
}

fn file(
    mut entry: Entry<'_, impl Read>,
    budget: &mut Budget<'_>,
    end: impl Fn(&std::io::Error) -> ChartError,
) -> Result<Option<ChartFile>, ChartError> {
    let raw = entry.path_bytes().into_owned();
    let raw = String::from_utf8(raw).map_err(|_| broken("", "an entry's name is not UTF-8"))?;
    let kind = entry.header().entry_type();
    let skipped = matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader);
    if skipped || kind.is_dir() || raw.ends_with('/') {
        return Ok(None);
    }
    let path = inside(&raw)?;
    match kind {
        EntryType::Regular | EntryType::Continuous => {}
        EntryType::Symlink | EntryType::Link => {
            return Err(broken(&path, "links in a chart archive are not read"));
        }
        _ => return Err(broken(&path, "the entry is no regular file")),
    }
    let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
    budget.take(&path, size)?;
    let mut data = Vec::new();
    entry.read_to_end(&mut data).map_err(|error| end(&error))?;
    if data.len() < size {
        return Err(end(&std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(Some(ChartFile::new(path, &data)))
}

/// The path behind the archive's one directory.
fn inside(raw: &str) -> Result<String, ChartError> {
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (directory, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let rest = rest.replace(delimiter, "/");
    let refused = |message: &str| Err(broken(raw, message));
    if rest.starts_with('/') {
        return refused("chart illegally contains absolute paths");
    }
    if directory == ".." || rest.split('/').any(|part| part == "..") {
        return refused("chart illegally references parent directory");
    }
    if directory == "Chart.yaml" {
        return refused("chart yaml not in base directory");
    }
    let clean: Vec<&str> = rest
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if clean.is_empty() {
        return refused("chart illegally contains content outside the base directory");
    }
    let drive = clean.first().is_some_and(|part| {
        let mut chars = part.chars();
        clean.len() > 1
            && chars
                .next()
                .is_some_and(|first| first.is_ascii_alphabetic())
            && chars.next() == Some(':')
            && chars.next().is_none()
    });
    if drive || rest.contains('\0') {
        return refused("chart contains illegally named files");
    }
    Ok(clean.join("/"))
}

fn broken(path: &str, message: &str) -> ChartError {
    ChartError::new(ChartErrorKind::Archive, path, message)
}
