//! The control word: which image is in force. One of the three modules with `unsafe` code.

use super::maps::{Map, Maps};
use crate::error::Error;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that are mapped: the kernel maps whole pages.
const PAGE: usize = 4096;
const SLOT: u64 = 3;
const STATELESS: u64 = 1 << 2;

/// What the control word says; `bpf/maps.h` has its bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Word {
    /// The live slot, 0 to 3.
    pub slot: u32,
    /// TCP connections of which nothing is known go on for ever when the other direction is
    /// allowed, not only until `grace_until`.
    pub stateless: bool,
    /// Until when they do otherwise, in units of 256 jiffies.
    pub grace_until: u32,
}

impl Word {
    /// The word as it is stored.
    pub fn bits(self) -> u64 {
        (u64::from(self.slot) & SLOT)
            | if self.stateless { STATELESS } else { 0 }
            | (u64::from(self.grace_until) << 32)
    }

    /// The word as it was read.
    pub fn of(bits: u64) -> Self {
        Self {
            slot: u32::try_from(bits & SLOT).unwrap_or(0),
            stateless: bits & STATELESS != 0,
            grace_until: u32::try_from(bits >> 32).unwrap_or(0),
        }
    }
}

/// The control word, mapped into the agent: a swap is one store.
#[derive(Debug)]
pub struct Ctl {
    page: NonNull<AtomicU64>,
}

impl Ctl {
    /// Maps the word.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn map(maps: &Maps) -> Result<Self, Error> {
        let fd = maps.get(Map::Ctl);
        // SAFETY: a fresh shared mapping at an address of the kernel's choice; it aliases nothing
        // of ours, and the map's single value of 8 bytes lies at its beginning.
        let page = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                0,
            )
        };
        if page == libc::MAP_FAILED {
            let error = std::io::Error::last_os_error();
            return Err(Error::kernel("map the control word", &error));
        }
        let page = NonNull::new(page.cast::<AtomicU64>());
        page.map(|page| Self { page })
            .ok_or_else(|| Error::message("the control word was mapped nowhere"))
    }

    fn word(&self) -> &AtomicU64 {
        // SAFETY: the mapping lives as long as `self`, is page-aligned and long enough for the
        // word, and every access from here is atomic; the programs read it with one aligned load.
        unsafe { self.page.as_ref() }
    }

    /// What is in force.
    pub fn load(&self) -> Word {
        Word::of(self.word().load(Ordering::Acquire))
    }

    /// Puts another image in force: one aligned store, after everything it names was written.
    pub fn store(&self, word: Word) {
        self.word().store(word.bits(), Ordering::Release);
    }
}

impl Drop for Ctl {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `map` with this length and is not used afterwards. The
        // result does not matter: there is nothing to be done about it.
        unsafe { libc::munmap(self.page.as_ptr().cast(), PAGE) };
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn words_survive_their_bits() {
        for slot in 0..4 {
            for stateless in [false, true] {
                for grace_until in [0, 1, u32::MAX] {
                    let word = Word {
                        slot,
                        stateless,
                        grace_until,
                    };
                    assert_eq!(Word::of(word.bits()), word);
                }
            }
        }
    }
}
