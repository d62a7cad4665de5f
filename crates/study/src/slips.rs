//! How fingers slip.

use netpol_testgen::Rng;

/// The word with one slip: two letters swapped, one left out, one doubled, or a neighbour's key.
/// Never the word itself.
pub(crate) fn slip(word: &str, rng: &mut Rng) -> String {
    let letters: Vec<char> = word.chars().collect();
    for _ in 0..20 {
        let mut changed = letters.clone();
        let at = rng.below(letters.len());
        match rng.below(4) {
            0 if at + 1 < changed.len() => changed.swap(at, at + 1),
            1 if letters.len() > 2 => {
                changed.remove(at);
            }
            2 => changed.insert(at, letters.get(at).copied().unwrap_or('x')),
            _ => {
                if let Some(letter) = changed.get_mut(at) {
                    *letter = neighbour(*letter, rng);
                }
            }
        }
        let ends = changed.first().zip(changed.last());
        let is_label = ends.is_some_and(|(a, b)| a.is_alphanumeric() && b.is_alphanumeric());
        if changed != letters && is_label {
            return changed.into_iter().collect();
        }
    }
    format!("{word}s")
}

/// A key beside this one on the keyboard.
fn neighbour(letter: char, rng: &mut Rng) -> char {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    for row in ROWS {
        if let Some(at) = row.chars().position(|c| c == letter.to_ascii_lowercase()) {
            let beside = if at == 0 || (rng.chance(50) && at + 1 < row.len()) {
                at + 1
            } else {
                at - 1
            };
            return row.chars().nth(beside).unwrap_or('x');
        }
    }
    'x'
}

/// The number with two digits swapped or one replaced: another port.
pub(crate) fn slip_of_port(port: u16, taken: &[u16], rng: &mut Rng) -> u16 {
    for _ in 0..50 {
        let text = slip(&port.to_string(), rng);
        match text.parse::<u16>() {
            Ok(other) if other > 0 && !taken.contains(&other) && !text.starts_with('0') => {
                return other;
            }
            _ => {}
        }
    }
    // Every slip hit a port that is used: one number further is a slip too.
    (port..u16::MAX).find(|p| !taken.contains(p)).unwrap_or(1)
}
