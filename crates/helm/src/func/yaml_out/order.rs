//! The order of keys in go-yaml's output: letters by code point, digits by value.

use std::cmp::Ordering;

use crate::func::plain::Plain;

/// Entries in the order of their keys.
///
/// go-yaml's order goes in circles for some keys (`a10`, `a1b`, `a9`), which the standard sorts
/// may answer with a panic; go-yaml's own output depends on chance then.
pub(super) fn sorted(entries: Vec<&(String, Plain)>) -> Vec<&(String, Plain)> {
    if entries.len() < 2 {
        return entries;
    }
    let mut left = entries;
    let right = left.split_off(left.len() / 2);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = sorted(left).into_iter().peekable();
    let mut right = sorted(right).into_iter().peekable();
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let right_first = compare_keys(b, a) == Ordering::Less;
        merged.extend(if right_first {
            right.next()
        } else {
            left.next()
        });
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// go-yaml's `keyList.Less` for two string keys, as an ordering.
fn compare_keys(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let left: Vec<char> = a.chars().collect();
    let right: Vec<char> = b.chars().collect();
    for (index, (&x, &y)) in left.iter().zip(right.iter()).enumerate() {
        if x != y {
            return if less_at(&left, &right, index, x, y) {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
    }
    left.len().cmp(&right.len())
}

/// Decides at the first character that differs.
fn less_at(left: &[char], right: &[char], index: usize, x: char, y: char) -> bool {
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x < y,
        (true, false) => return false,
        (false, true) => return true,
        (false, false) => {}
    }
    // A zero that follows other digits counts as a digit of the same number.
    let tail = x == '0' || y == '0';
    let preceded = tail
        && left
            .get(..index)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|c| c.is_numeric())
            .any(|&c| c != '0');
    let seed = i64::from(preceded);
    let (x_end, x_number) = number_at(left, index, seed);
    let (y_end, y_number) = number_at(right, index, seed);
    if x_number != y_number {
        return x_number < y_number;
    }
    if x_end != y_end {
        return x_end < y_end;
    }
    x < y
}

/// The end and the value of the digits that begin at `start`, wrapping as Go's integers do.
fn number_at(text: &[char], start: usize, seed: i64) -> (usize, i64) {
    let mut value = seed;
    let mut end = start;
    for &c in text.get(start..).unwrap_or_default() {
        if !c.is_numeric() {
            break;
        }
        let digit = i64::from(u32::from(c)) - i64::from(u32::from('0'));
        value = value.wrapping_mul(10).wrapping_add(digit);
        end += 1;
    }
    (end, value)
}
