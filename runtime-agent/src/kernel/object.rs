//! The dataplane program as it is carried in the agent, and loading it.

use super::maps::{Maps, Sizes};
use super::sys::{self, Hook, TestRun};
use crate::error::Error;
use aya::EbpfLoader;
use aya::programs::SchedClassifier;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// The object file, built by `scripts/bpf-build.sh`.
static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("CARGO_MANIFEST_DIR"), "/bpf/netpol.bpf.o"));

/// The program that tells the time that the other two have.
const CLOCK: &str = "clock";

/// What to do with packets while no image is in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WithoutImage {
    /// Drop them.
    #[default]
    Drop,
    /// Let them pass.
    Pass,
}

impl WithoutImage {
    /// What a TCX program returns.
    fn code(self) -> u32 {
        match self {
            Self::Drop => 2,
            Self::Pass => u32::MAX,
        }
    }
}

/// The loaded programs of one instance.
#[derive(Debug)]
pub struct Programs {
    to_pod: OwnedFd,
    from_pod: OwnedFd,
    clock: OwnedFd,
}

impl Programs {
    /// Loads the programs upon maps that are already pinned in `maps`' folder, and pins them there.
    ///
    /// # Errors
    /// The kernel's verifier refuses the program, or privileges are missing.
    pub fn load(maps: &Maps, sizes: Sizes, without: WithoutImage) -> Result<Self, Error> {
        let hz = ticks_per_second();
        let no_image = without.code();
        let mut loader = EbpfLoader::new();
        loader
            .override_global("IMAGE_SIZE", &sizes.image, true)
            .override_global("BANK_SIZE", &sizes.bank, true)
            .override_global("HZ", &hz, true)
            .override_global("NO_IMAGE", &no_image, true);
        for (name, path) in maps.pins() {
            loader.map_pin_path(name, path);
        }
        let mut object = loader.load(OBJECT).map_err(|e| Error::program(&e))?;
        let mut get = |name: &str| -> Result<OwnedFd, Error> {
            let program: &mut SchedClassifier = object
                .program_mut(name)
                .ok_or_else(|| Error::program(&format!("the object has no program `{name}`")))?
                .try_into()
                .map_err(|e: aya::programs::ProgramError| Error::program(&e))?;
            program.load().map_err(|e| Error::program(&e))?;
            let fd = program.fd().map_err(|e| Error::program(&e))?;
            let fd = fd.as_fd().try_clone_to_owned();
            let fd = fd.map_err(|e| Error::kernel("keep a program", &e))?;
            sys::pin(fd.as_fd(), &maps.folder().join(name))
                .map_err(|e| Error::kernel(&format!("pin program `{name}`"), &e))?;
            Ok(fd)
        };
        Ok(Self {
            to_pod: get(Hook::ToPod.name())?,
            from_pod: get(Hook::FromPod.name())?,
            clock: get(CLOCK)?,
        })
    }

    /// Opens programs that were pinned before.
    ///
    /// # Errors
    /// A pin is missing or cannot be opened.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let get = |name: &str| sys::open_pin(&folder.join(name));
        Ok(Self {
            to_pod: get(Hook::ToPod.name())?,
            from_pod: get(Hook::FromPod.name())?,
            clock: get(CLOCK)?,
        })
    }

    /// The program of a hook.
    pub fn at(&self, hook: Hook) -> BorrowedFd<'_> {
        match hook {
            Hook::ToPod => self.to_pod.as_fd(),
            Hook::FromPod => self.from_pod.as_fd(),
        }
    }

    /// The programs' time, in units of 256 jiffies.
    ///
    /// # Errors
    /// The kernel refuses the test run.
    pub fn now(&self) -> io::Result<u32> {
        let run = TestRun {
            repeat: 1,
            ..TestRun::default()
        };
        Ok(sys::test_run(self.clock.as_fd(), &[0; 64], run)?.0)
    }
}

/// The kernel's jiffies per second, told by the resolution of its coarse clock.
pub fn ticks_per_second() -> u32 {
    let tick = rustix::time::clock_getres(rustix::time::ClockId::MonotonicCoarse);
    let nanoseconds = u32::try_from(tick.tv_nsec).unwrap_or(0);
    match nanoseconds {
        0 => 250,
        n => (1_000_000_000 + n / 2) / n,
    }
}
