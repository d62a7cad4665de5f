//! The place for pins: a directory on a BPF file system.

use crate::error::Error;
use rustix::fs::{Mode, statfs};
use rustix::mount::{MountFlags, mount};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// `BPF_FS_MAGIC` of `linux/magic.h`.
const BPF_FS: rustix::fs::FsWord = 0xcafe_4a11;
/// Where systems mount it.
const SYSTEM: &str = "/sys/fs/bpf";

/// Is this directory on a BPF file system?
pub fn is_bpffs(path: &Path) -> bool {
    statfs(path).is_ok_and(|found| found.f_type == BPF_FS)
}

/// Finds or makes the folder for pins. `wanted` is taken when it is given; else the system's BPF
/// file system; else one of the agent's own below the state directory.
///
/// # Errors
/// There is none, and none can be mounted.
pub fn prepare(wanted: Option<&Path>, state: &Path) -> Result<PathBuf, Error> {
    let base = match wanted {
        Some(path) if parent_is_bpffs(path) => path.to_owned(),
        Some(path) => mounted(path)?,
        None if is_bpffs(Path::new(SYSTEM)) => Path::new(SYSTEM).join("netpold"),
        None => mounted(&state.join("bpffs"))?,
    };
    make_private(&base)?;
    Ok(base)
}

/// Removes the folder for pins, which is empty, and the file system that [`prepare`] mounted for it
/// below the state directory. What cannot be removed (privileges, somebody else's mount) stays,
/// empty, and the next [`prepare`] finds it.
pub fn leave(base: &Path, state: &Path) {
    if base == state.join("bpffs") {
        let _ = rustix::mount::unmount(base, rustix::mount::UnmountFlags::empty());
    }
    let _ = fs::remove_dir(base);
}

/// The folder for pins if it is there already: what readers of the state look for.
pub fn find(wanted: Option<&Path>, state: &Path) -> Option<PathBuf> {
    let candidates = match wanted {
        Some(path) => vec![path.to_owned()],
        None => vec![Path::new(SYSTEM).join("netpold"), state.join("bpffs")],
    };
    candidates.into_iter().find(|path| is_bpffs(path))
}

fn parent_is_bpffs(path: &Path) -> bool {
    is_bpffs(path) || path.parent().is_some_and(is_bpffs)
}

/// Mounts a BPF file system at `path`, unless one is there.
fn mounted(path: &Path) -> Result<PathBuf, Error> {
    fs::create_dir_all(path).map_err(|e| Error::file("make", path, &e))?;
    if is_bpffs(path) {
        return Ok(path.to_owned());
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    mount("bpf", path, "bpf", flags, c"mode=0700").map_err(|e| {
        let error = io::Error::from(e);
        if error.kind() == io::ErrorKind::PermissionDenied {
            return Error::message(format!(
                "no BPF file system is mounted and mounting one at {} needs CAP_SYS_ADMIN; \
                 mount it beforehand (`mount -t bpf bpf {SYSTEM}`) or name one with --bpffs",
                path.display()
            ));
        }
        Error::kernel("mount a BPF file system", &error)
    })?;
    Ok(path.to_owned())
}

/// Makes a directory that nobody else can look into.
///
/// # Errors
/// The file system refuses.
pub fn make_private(path: &Path) -> Result<(), Error> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(e) => return Err(Error::file("make", path, &e.into())),
    }
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(path, private).map_err(|e| Error::file("protect", path, &e))
}
