//! One process and what it cost.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4 as _;

/// What a process took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// User and system time of all its threads.
    pub(super) cpu: Duration,
    /// From its start to its end.
    pub(super) wall: Duration,
    /// The most memory it held, in bytes.
    pub(super) peak: u64,
}

/// Runs a command a few times with its output in a file; the cheapest run counts, because the
/// machine is shared.
///
/// # Errors
/// It does not start, or ends with a code that is not among `codes`.
pub(super) fn cheapest(
    runs: u32,
    codes: &[i32],
    output: &Path,
    command: impl Fn() -> Command,
) -> Result<Cost, String> {
    let mut best: Option<Cost> = None;
    for _ in 0..runs.max(1) {
        let cost = once(codes, output, command())?;
        if best.is_none_or(|best| cost.cpu < best.cpu) {
            best = Some(cost);
        }
    }
    best.ok_or_else(|| "nothing was run".to_owned())
}

fn once(codes: &[i32], output: &Path, mut command: Command) -> Result<Cost, String> {
    let told = format!("{command:?}");
    let file = File::create(output).map_err(|e| format!("{}: {e}", output.display()))?;
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{told}: {e}"))?;
    let ended = child.wait4().map_err(|e| format!("{told}: {e}"))?;
    if !ended
        .status
        .code()
        .is_some_and(|code| codes.contains(&code))
    {
        return Err(format!("{told} ended with {}", ended.status));
    }
    Ok(Cost {
        cpu: ended.rusage.utime + ended.rusage.stime,
        wall: start.elapsed(),
        peak: ended.rusage.maxrss,
    })
}
