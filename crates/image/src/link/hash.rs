//! Perfect hashing: every key has a slot of its own, found with one displacement.

use super::LinkError;
use crate::layout::{MAX_SLOT_BITS, bucket, slot};

/// Where every key went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PerfectHash {
    /// The seed with which it worked.
    pub(crate) seed: u64,
    /// 64 minus the binary logarithm of the number of displacements.
    pub(crate) disp_shift: u8,
    /// 64 minus the binary logarithm of the number of slots.
    pub(crate) entry_shift: u8,
    /// The displacements.
    pub(crate) displacements: Vec<u16>,
    /// Per key, in the order given: its slot.
    pub(crate) slots: Vec<usize>,
    /// How many slots there are.
    pub(crate) slot_count: usize,
}

/// Seeds to try. One in thousands fails for honest keys; a set that fails this often was made to.
const SEEDS: u64 = 64;

/// Finds a perfect hash of `count` keys; `mix` hashes the key at a place with a seed.
///
/// # Errors
/// Too many keys, or no seed works: two keys are the same.
pub(crate) fn build(
    what: &'static str,
    count: usize,
    mix: impl Fn(usize, u64) -> u64,
) -> Result<PerfectHash, LinkError> {
    let slot_bits = bits_for(count + count / 8 + 1).max(3);
    let bucket_bits = bits_for(count / 4 + 1).max(1);
    if slot_bits > MAX_SLOT_BITS {
        let limit = (1_usize << MAX_SLOT_BITS) / 9 * 8;
        return Err(LinkError::too_many(what, count, limit));
    }
    for attempt in 0..SEEDS {
        // Any constant odd step will do; the sequence only has to be the same every time.
        let seed = attempt.wrapping_mul(crate::layout::C3);
        let hashes: Vec<u64> = (0..count).map(|key| mix(key, seed)).collect();
        if let Some(hash) = try_seed(&hashes, seed, bucket_bits, slot_bits) {
            return Ok(hash);
        }
    }
    Err(LinkError::NoHash { what })
}

/// The binary logarithm, rounded up.
fn bits_for(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

fn shift(bits: u32) -> u8 {
    u8::try_from(64 - bits.min(63)).unwrap_or(63)
}

fn as_index(number: u64) -> usize {
    // Numbers come out of a shift that leaves at most MAX_SLOT_BITS bits.
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn try_seed(hashes: &[u64], seed: u64, bucket_bits: u32, slot_bits: u32) -> Option<PerfectHash> {
    let (disp_shift, entry_shift) = (shift(bucket_bits), shift(slot_bits));
    let bucket_count = 1_usize << bucket_bits;
    let slot_count = 1_usize << slot_bits;
    let keys = by_bucket(hashes, disp_shift, bucket_count)?;
    let mut placed = PerfectHash {
        seed,
        disp_shift,
        entry_shift,
        displacements: vec![0; bucket_count],
        slots: vec![0; hashes.len()],
        slot_count,
    };
    let mut taken = vec![false; slot_count];
    let mut order: Vec<usize> = (0..bucket_count).collect();
    // Full buckets first, while there is room.
    order.sort_by_key(|b| std::cmp::Reverse(keys.of(*b).len()));
    for place in order {
        let members = keys.of(place);
        if members.is_empty() {
            break;
        }
        let displacement = (0..=u16::MAX)
            .find(|d| try_displacement(hashes, members, *d, &mut placed, &mut taken))?;
        *placed.displacements.get_mut(place)? = displacement;
    }
    Some(placed)
}

/// Puts the members of a bucket where a displacement sends them, if all of those slots are free.
fn try_displacement(
    hashes: &[u64],
    members: &[usize],
    displacement: u16,
    placed: &mut PerfectHash,
    taken: &mut [bool],
) -> bool {
    for (done, key) in members.iter().enumerate() {
        let x = hashes.get(*key).copied().unwrap_or_default();
        let target = as_index(slot(x, displacement, placed.entry_shift));
        let free = taken.get_mut(target).filter(|taken| !**taken);
        if let (Some(taken), Some(at)) = (free, placed.slots.get_mut(*key)) {
            *taken = true;
            *at = target;
            continue;
        }
        for key in members.iter().take(done) {
            let target = placed.slots.get(*key).copied().unwrap_or(usize::MAX);
            if let Some(taken) = taken.get_mut(target) {
                *taken = false;
            }
        }
        return false;
    }
    true
}

/// Keys sorted by bucket: those of bucket `b` are `keys[starts[b]..starts[b + 1]]`.
struct ByBucket {
    starts: Vec<usize>,
    keys: Vec<usize>,
}

impl ByBucket {
    fn of(&self, bucket: usize) -> &[usize] {
        match (self.starts.get(bucket), self.starts.get(bucket + 1)) {
            (Some(first), Some(end)) => self.keys.get(*first..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

fn by_bucket(hashes: &[u64], disp_shift: u8, bucket_count: usize) -> Option<ByBucket> {
    let place = |x: &u64| as_index(bucket(*x, disp_shift));
    let mut starts = vec![0_usize; bucket_count + 1];
    for x in hashes {
        *starts.get_mut(place(x) + 1)? += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut keys = vec![0; hashes.len()];
    for (key, x) in hashes.iter().enumerate() {
        let at = next.get_mut(place(x))?;
        *keys.get_mut(*at)? = key;
        *at += 1;
    }
    Some(ByBucket { starts, keys })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::mix4;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_has_its_own_slot_and_is_found_there() {
        for count in [0_u32, 1, 2, 7, 8, 100, 5000] {
            let keys: Vec<u32> = (0..count).map(|i| i * 256 + 10).collect();
            let hash = build("keys", keys.len(), |at, seed| mix4(keys[at], seed)).unwrap();
            let distinct: BTreeSet<usize> = hash.slots.iter().copied().collect();
            assert_eq!(distinct.len(), keys.len());
            for (key, at) in keys.iter().zip(&hash.slots) {
                let x = mix4(*key, hash.seed);
                let d = hash.displacements[as_index(bucket(x, hash.disp_shift))];
                assert_eq!(as_index(slot(x, d, hash.entry_shift)), *at);
            }
        }
    }

    #[test]
    fn the_same_key_twice_is_an_error() {
        let built = build("keys", 2, |_, seed| mix4(7, seed));
        assert_eq!(built, Err(LinkError::NoHash { what: "keys" }));
    }

    #[test]
    fn too_many_keys_are_an_error_before_any_work() {
        let built = build("keys", usize::MAX / 16, |_, seed| seed);
        assert!(matches!(built, Err(LinkError::TooMany { .. })));
    }
}
