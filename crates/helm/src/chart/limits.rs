//! How much a chart may hold before it is refused.

use super::error::{ChartError, ChartErrorKind};

/// Bounds on a chart. A file or archive that exceeds one is refused with a sentence, never cut.
///
/// The first two defaults are Helm's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartLimits {
    /// Bytes of all files together, unpacked, subcharts included. Helm: 100 MiB.
    pub total: usize,
    /// Bytes of one file, unpacked. Helm: 5 MiB.
    pub file: usize,
    /// Files, subcharts included.
    pub files: usize,
    /// How many times larger than packed an archive may become, from its second MiB on.
    pub ratio: usize,
    /// How deep subcharts and archives lie in one another.
    pub depth: usize,
}

impl Default for ChartLimits {
    fn default() -> Self {
        Self {
            total: 100 << 20,
            file: 5 << 20,
            files: 20_000,
            ratio: 200,
            depth: 10,
        }
    }
}

/// What is left of the limits while one chart is read.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    pub(crate) limits: &'a ChartLimits,
    bytes: usize,
    files: usize,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(limits: &'a ChartLimits) -> Self {
        Self {
            limits,
            bytes: limits.total,
            files: limits.files,
        }
    }

    /// Bytes that may still be read.
    pub(crate) fn left(&self) -> usize {
        self.bytes
    }

    /// Takes one file of this size.
    pub(crate) fn take(&mut self, path: &str, bytes: usize) -> Result<(), ChartError> {
        let limits = self.limits;
        if bytes > limits.file {
            let message = format!(
                "the file has {bytes} bytes; at most {} are read",
                limits.file
            );
            return Err(ChartError::new(ChartErrorKind::Limit, path, message));
        }
        let Some(files) = self.files.checked_sub(1) else {
            let message = format!("the chart has more than {} files", limits.files);
            return Err(ChartError::new(ChartErrorKind::Limit, path, message));
        };
        let Some(left) = self.bytes.checked_sub(bytes) else {
            return Err(self.too_large(path));
        };
        self.files = files;
        self.bytes = left;
        Ok(())
    }

    pub(crate) fn too_large(&self, path: &str) -> ChartError {
        let message = format!(
            "the chart is larger than {} bytes unpacked",
            self.limits.total
        );
        ChartError::new(ChartErrorKind::Limit, path, message)
    }
}
