//! Packets and bytes per rule and direction.

use crate::error::Error;
use crate::kernel::maps::{BANKS, Map, Maps};
use netpol_policy::{Direction, RuleId};
use std::os::fd::AsFd;

use aya::maps::{MapData, PerCpuArray, PerCpuValues};

/// What one rule has met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The rule.
    pub rule: RuleId,
    /// For built-in rules, the direction seen from the pod; rules of policies have only one.
    pub direction: Option<Direction>,
    /// Packets.
    pub packets: u64,
    /// Bytes, Ethernet headers included.
    pub bytes: u64,
}

/// The place of the first rule of a policy; the built-in rules of both directions stand before it.
const BUILTIN: u32 = RuleId::FIRST;

fn open(maps: &Maps) -> Result<PerCpuArray<MapData, [u64; 2]>, Error> {
    let fail =
        |e: &dyn std::fmt::Display| Error::message(format!("could not open the counters: {e}"));
    let fd = maps.get(Map::Counters).as_fd().try_clone_to_owned();
    let data = MapData::from_fd(fd.map_err(|e| fail(&e))?).map_err(|e| fail(&e))?;
    let map = aya::maps::Map::PerCpuArray(data);
    PerCpuArray::try_from(map).map_err(|e| fail(&e))
}

/// The rule and direction that a place in a bank stands for.
fn rule_at(place: u32) -> (RuleId, Option<Direction>) {
    match place {
        p if p < BUILTIN => (RuleId(p), Some(Direction::Ingress)),
        p if p < 2 * BUILTIN => (RuleId(p - BUILTIN), Some(Direction::Egress)),
        p => (RuleId(p - BUILTIN), None),
    }
}

/// Reads a bank: the rules that have met packets, by place. `rules` is the bound of rule numbers.
///
/// # Errors
/// The kernel refuses.
pub fn read(maps: &Maps, bank: u32, rules: u32) -> Result<Vec<Counter>, Error> {
    let map = open(maps)?;
    let size = maps.sizes().bank;
    let mut found = Vec::new();
    for place in 0..rules.saturating_add(BUILTIN).min(size) {
        let values = map
            .get(&(bank.min(BANKS - 1) * size + place), 0)
            .map_err(|e| Error::message(format!("could not read a counter: {e}")))?;
        let (packets, bytes) = values
            .iter()
            .fold((0u64, 0u64), |(p, b), [packets, bytes]| {
                (p.saturating_add(*packets), b.saturating_add(*bytes))
            });
        if packets > 0 {
            let (rule, direction) = rule_at(place);
            found.push(Counter {
                rule,
                direction,
                packets,
                bytes,
            });
        }
    }
    Ok(found)
}

/// Sets a bank back to zero, before another bundle takes it.
///
/// # Errors
/// The kernel refuses.
pub fn clear(maps: &Maps, bank: u32) -> Result<(), Error> {
    let mut map = open(maps)?;
    let size = maps.sizes().bank;
    let cpus = aya::util::nr_cpus().unwrap_or(1);
    for place in 0..size {
        let key = bank.min(BANKS - 1) * size + place;
        let zero = || PerCpuValues::try_from(vec![[0u64; 2]; cpus]).ok();
        let used = map
            .get(&key, 0)
            .is_ok_and(|values| values.iter().any(|v| *v != [0, 0]));
        if used && let Some(zero) = zero() {
            map.set(key, zero, 0)
                .map_err(|e| Error::message(format!("could not clear a counter: {e}")))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_programs() {
        assert_eq!(rule_at(2), (RuleId(2), Some(Direction::Ingress)));
        assert_eq!(rule_at(18), (RuleId(2), Some(Direction::Egress)));
        assert_eq!(rule_at(32), (RuleId(16), None));
    }
}
