//! Where tests work: a node of namespaces, a BPF file system, a state directory.

use netpold::kernel::bpffs;
use netpold::netns::Node;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Says loudly that a test is skipped; in CI that is a failure. `true` when it is to be skipped.
pub fn skip() -> bool {
    let root = rustix::process::geteuid().is_root() && Node::new().is_ok();
    if root {
        return false;
    }
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(!ci, "the kernel tests need root, and CI=true");
    eprintln!("skipping: needs root");
    true
}

/// A directory that goes away with the value, a BPF file system mounted in it.
pub struct Place {
    path: PathBuf,
}

impl Place {
    /// A fresh one.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("netpold-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        bpffs::prepare(Some(&path.join("bpf")), &path).unwrap();
        Self { path }
    }

    /// The folder of the BPF file system.
    pub fn bpffs(&self) -> PathBuf {
        self.path.join("bpf")
    }

    /// The state directory.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let flags = rustix::mount::UnmountFlags::DETACH;
        let _ = rustix::mount::unmount(self.bpffs(), flags);
        let _ = fs::remove_dir_all(&self.path);
    }
}
