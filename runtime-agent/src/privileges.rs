//! Which privileges the agent has.

use std::fs;

/// What is needed, by number and name (`linux/capability.h`), and what for.
const NEEDED: [(u32, &str, &str); 3] = [
    (12, "CAP_NET_ADMIN", "attaching programs to interfaces"),
    (
        38,
        "CAP_PERFMON",
        "passing the verifier as a privileged program",
    ),
    (39, "CAP_BPF", "making maps and loading programs"),
];

/// A capability that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is missing, which is needed for {purpose}; run as root or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"
)]
pub struct Missing {
    /// The capability.
    pub name: &'static str,
    /// What it is needed for.
    pub purpose: &'static str,
}

/// The effective capabilities of this thread as bits.
fn effective() -> Option<u64> {
    let status = fs::read_to_string("/proc/thread-self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// Names the first capability that is missing.
///
/// # Errors
/// A capability is missing; the sentence says which one, what for, and what to do.
pub fn check() -> Result<(), Missing> {
    // Without /proc nothing can be said; the kernel will say it then.
    let Some(have) = effective() else {
        return Ok(());
    };
    for (number, name, purpose) in NEEDED {
        if have >> number & 1 == 0 {
            return Err(Missing { name, purpose });
        }
    }
    Ok(())
}
