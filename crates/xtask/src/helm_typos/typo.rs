//! One wrong key in values.

use serde_json::{Map, Value};

/// Keys from the top, and positions in lists.
pub(crate) type Path = Vec<String>;

/// What people do to keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Drop,
    Double,
    Swap,
    Case,
    Plural,
    Nesting,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Drop,
        Self::Double,
        Self::Swap,
        Self::Case,
        Self::Plural,
        Self::Nesting,
    ];

    /// In words, with an example.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Drop => "a letter is missing (`replicaCont`)",
            Self::Double => "a letter is there twice (`replicaCouunt`)",
            Self::Swap => "two letters are swapped (`replicaConut`)",
            Self::Case => "a letter has the wrong case (`replicacount`)",
            Self::Plural => "an `s` too many or too few (`replicaCounts`)",
            Self::Nesting => "one level too high or too deep",
        }
    }
}

/// A seeded sequence of numbers (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    /// The sequence for a seed and a name.
    pub(crate) fn new(seed: u64, name: &str) -> Self {
        // FNV-1a: a file gets the same typos whatever else is studied.
        let start = 0xcbf2_9ce4_8422_2325 ^ seed;
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.bytes().fold(start, step))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
        from.get(usize::try_from(self.next() % count).ok()?)
    }
}

/// Values with a typo.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Typo {
    pub(crate) values: Value,
    /// The key that was right.
    pub(crate) before: Path,
    /// Where its value is now.
    pub(crate) after: Path,
}

/// The paths of all scalars but nulls, which a user gives to take something away.
pub(crate) fn leaves(values: &Value) -> Vec<Path> {
    let mut out = Vec::new();
    collect(values, &mut Vec::new(), &mut out);
    out
}

fn collect(value: &Value, path: &mut Path, out: &mut Vec<Path>) {
    let mut below = |key: String, value: &Value| {
        path.push(key);
        collect(value, path, out);
        path.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, item)| below(key.clone(), item)),
        Value::Array(items) => {
            (0..)
                .zip(items)
                .for_each(|(at, item): (usize, _)| below(at.to_string(), item));
        }
        Value::Null => {}
        _ => out.push(path.clone()),
    }
}

/// The value of a path.
pub(crate) fn at<'a>(values: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(values, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    })
}

fn map_at<'a>(values: &'a mut Value, path: &[String]) -> Option<&'a mut Map<String, Value>> {
    let found = path.iter().try_fold(values, |value, key| match value {
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        value => value.get_mut(key),
    });
    found?.as_object_mut()
}

/// A typo of this kind in one of the keys that lead to the leaf, if it has a key for it.
pub(crate) fn make(kind: Kind, values: &Value, leaf: &Path, random: &mut Random) -> Option<Typo> {
    let is_key = |length: &usize| {
        let above = leaf.get(..length - 1).and_then(|above| at(values, above));
        above.is_some_and(Value::is_object)
    };
    let keys: Vec<usize> = (1..=leaf.len()).filter(is_key).collect();
    let before = leaf.get(..*random.pick(&keys)?)?.to_vec();
    let (key, above) = before.split_last()?;
    let after = if kind == Kind::Nesting {
        misplaced(values, above, key, random)?
    } else {
        let mut after = above.to_vec();
        after.push(misspelt(kind, key, random)?);
        after
    };
    let mut changed = values.clone();
    let moved = map_at(&mut changed, above)?.shift_remove(key)?;
    let (new, place) = after.split_last()?;
    let place = map_at(&mut changed, place)?;
    // A key that is there twice is another mistake, which the reader of YAML notices.
    if place.contains_key(new) {
        return None;
    }
    place.insert(new.clone(), moved);
    Some(Typo {
        values: changed,
        before,
        after,
    })
}

/// Beside the map that holds it, or in a map that stands beside it.
fn misplaced(values: &Value, above: &[String], key: &str, random: &mut Random) -> Option<Path> {
    let mut places: Vec<Path> = Vec::new();
    if let Some((_, higher)) = above.split_last() {
        places.push(higher.to_vec());
    }
    let beside = at(values, above)?.as_object()?;
    for (name, _) in beside
        .iter()
        .filter(|(name, value)| *name != key && value.is_object())
    {
        let mut place = above.to_vec();
        place.push(name.clone());
        places.push(place);
    }
    let mut place = random.pick(&places)?.clone();
    place.push(key.to_owned());
    Some(place)
}

fn misspelt(kind: Kind, key: &str, random: &mut Random) -> Option<String> {
    let mut letters: Vec<char> = key.chars().collect();
    let places = |fits: &dyn Fn(usize, char) -> bool| -> Vec<usize> {
        let all = letters.iter().copied().enumerate();
        all.filter(|(at, letter)| fits(*at, *letter))
            .map(|(at, _)| at)
            .collect()
    };
    match kind {
        Kind::Drop if letters.len() > 1 => {
            let at = *random.pick(&places(&|_, letter| letter.is_alphanumeric()))?;
            letters.remove(at);
        }
        Kind::Double => {
            let at = *random.pick(&places(&|_, letter| letter.is_alphanumeric()))?;
            letters.insert(at, *letters.get(at)?);
        }
        Kind::Swap => {
            let differs =
                |at: usize, letter| letters.get(at + 1).is_some_and(|next| *next != letter);
            let at = *random.pick(&places(&differs))?;
            letters.swap(at, at + 1);
        }
        Kind::Case => {
            let upper = places(&|_, letter| letter.is_ascii_uppercase());
            let first = places(&|at, letter| at == 0 && letter.is_ascii_lowercase());
            let at = *random.pick(if upper.is_empty() { &first } else { &upper })?;
            let letter = letters.get_mut(at)?;
            *letter = if letter.is_ascii_uppercase() {
                letter.to_ascii_lowercase()
            } else {
                letter.to_ascii_uppercase()
            };
        }
        Kind::Plural if letters.last().is_some_and(|last| *last == 's') && letters.len() > 1 => {
            letters.pop();
        }
        Kind::Plural if letters.last().is_some_and(char::is_ascii_alphabetic) => {
            letters.push('s');
        }
        Kind::Drop | Kind::Plural | Kind::Nesting => return None,
    }
    Some(letters.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Path, Random, leaves, make, misspelt};
    use serde_json::json;

    fn path(text: &str) -> Path {
        text.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn leaves_are_scalars_with_their_paths() {
        let values = json!({"a": {"b": 1, "c": null}, "d": [{"e": "x"}], "f": {}});
        assert_eq!(leaves(&values), [path("a.b"), path("d.0.e")]);
    }

    #[test]
    fn each_kind_changes_one_key() {
        let mut random = Random::new(1, "x");
        let spelt =
            |kind, key, random: &mut Random| misspelt(kind, key, random).unwrap_or_default();
        assert_eq!(spelt(Kind::Plural, "hosts", &mut random), "host");
        assert_eq!(spelt(Kind::Plural, "host", &mut random), "hosts");
        assert_eq!(spelt(Kind::Case, "hostName", &mut random), "hostname");
        assert_eq!(spelt(Kind::Case, "host", &mut random), "Host");
        assert_eq!(spelt(Kind::Drop, "port", &mut random).len(), 3);
        assert_eq!(spelt(Kind::Double, "port", &mut random).len(), 5);
        assert_ne!(spelt(Kind::Swap, "port", &mut random), "port");
        assert_eq!(misspelt(Kind::Swap, "aaa", &mut random), None);
        assert_eq!(misspelt(Kind::Drop, "a", &mut random), None);
    }

    #[test]
    fn a_key_moves_one_level_and_never_onto_another() {
        let values = json!({"a": {"b": 1}, "c": 2});
        let mut random = Random::new(1, "x");
        let mut places = std::collections::BTreeSet::new();
        for _ in 0..100 {
            if let Some(typo) = make(Kind::Nesting, &values, &path("a.b"), &mut random) {
                places.insert(typo.after.join("."));
            }
        }
        assert_eq!(places.into_iter().collect::<Vec<_>>(), ["b"]);
        let moved = make(Kind::Nesting, &values, &path("c"), &mut random);
        assert_eq!(
            moved.map(|typo| typo.values),
            Some(json!({"a": {"b": 1, "c": 2}}))
        );
        let twice = json!({"a": {"b": 1}, "b": 2});
        assert_eq!(make(Kind::Nesting, &twice, &path("b"), &mut random), None);
    }
}
