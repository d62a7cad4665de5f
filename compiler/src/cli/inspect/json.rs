//! For programs: `schemas/inspect.v1.json`.

use super::content::Content;
use crate::cli::Failure;
use std::io::Write;

pub(super) fn write(content: &Content<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *out, content)?;
    writeln!(out)?;
    Ok(())
}
