//! The word that was probably meant.

pub mod label;

pub use label::{Instead, Word, by_name, label, namespace, values};

/// How many letters two words may differ in and still be the same word misspelt.
pub fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// The word that is nearest to `word`, if it is near; the first one in order of equals.
pub fn word<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let most = tolerance(word);
    // A letter has one byte, or up to four.
    let bytes = |w: &str| {
        if word.is_ascii() && w.is_ascii() {
            1
        } else {
            4
        }
    };
    let near = words
        .into_iter()
        .filter(|w| w.len().abs_diff(word.len()) <= most * bytes(w))
        .map(|w| (strsim::osa_distance(word, w), w));
    let near = near.filter(|(distance, w)| *distance <= most && *distance < w.chars().count());
    near.min_by_key(|(distance, _)| *distance).map(|(_, w)| w)
}

/// Is the one surely the other misspelt? Short words differ by chance, and words that differ in a
/// number (`v1`, `v2`) or in a part of one or two letters (`team-a`, `team-b`) are two names.
pub fn is_slip(asked: &str, there: &str) -> bool {
    let letters = |word: &str| -> String { word.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let digits = |word: &str| -> String { word.chars().filter(char::is_ascii_digit).collect() };
    let length = asked.chars().count().min(there.chars().count());
    let distance = strsim::osa_distance(asked, there);
    let alike = (1..=length / 4).contains(&distance);
    alike
        && letters(asked) != letters(there)
        && digits(asked) == digits(there)
        && !differ_in_short_part(asked, there)
}

/// Do they have the same parts but for some, one of which has one or two letters?
fn differ_in_short_part(asked: &str, there: &str) -> bool {
    let parts = |word| str::split(word, ['-', '.', '_', '/']);
    let mut both = parts(asked).zip(parts(there));
    parts(asked).count() == parts(there).count()
        && both.any(|(a, b)| a != b && a.len() <= 2 && b.len() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_near() {
        let words = ["payments", "frontend", "api"];
        assert_eq!(word("paymnets", words), Some("payments"));
        assert_eq!(word("payment", words), Some("payments"));
        assert_eq!(word("database", words), None);
        assert_eq!(word("ap", words), Some("api"));
        assert_eq!(word("x", ["y"]), None);
    }

    #[test]
    fn slips_are_no_other_names() {
        for (asked, there) in [("paymnets", "payments"), ("montioring", "monitoring")] {
            assert!(is_slip(asked, there), "{asked} {there}");
        }
        let others = [
            ("api", "app"),
            ("cart-v1", "cart-v2"),
            ("team-a", "team-b"),
            ("shop-eu-web", "shop-us-web"),
            ("redis", "redis2"),
            ("a", "a"),
        ];
        for (asked, there) in others {
            assert!(!is_slip(asked, there), "{asked} {there}");
        }
    }
}
