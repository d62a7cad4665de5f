//! What rows of tables say about values: a small language, evaluated over the values that the
//! templates see.

use super::Merged;
use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;
use serde_json::Value;

/// A condition, as it is written in tables: `{"all": [{"on": "ipv6.enabled"}, …]}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// Each of them holds.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Helm's `if` takes the value: it is there, and not false, 0 or empty.
    On(String),
    /// Helm's `if` does not take it.
    Off(String),
    /// It was written, whatever the default is.
    Given(String),
    /// `[key, text, …]`: the value is one of the texts; nothing and null are the empty text.
    Is(Vec<String>),
    /// `[key, n]`: the value is a number below.
    Below(String, f64),
    /// `[key, n]`: the value is a number above.
    Above(String, f64),
    /// `[[key, …], [key, …]]`: the sum of the first numbers exceeds that of the second.
    Exceeds(Vec<String>, Vec<String>),
    /// `[key, shape]`: the text has this shape.
    Looks(String, Shape),
    /// `[key, n]`: the list, or the text separated by blanks, has this many items.
    Items(String, usize),
    /// `[key, key, …]`: the lists have as many items.
    SameCount(Vec<String>),
    /// `[key, field, text, …]`: an item of the list has a field with one of the texts.
    Item(Vec<String>),
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `10.0.0.0/8`.
    Ipv4Cidr,
    /// `fd00::/8`.
    Ipv6Cidr,
    /// What Go's `time.ParseDuration` takes: `1h30m`, `10s`, `0`.
    Duration,
    /// At most 32 lower-case letters, digits and dashes, no dash at an end
    /// (`cluster.name` in `templates/validate.yaml`).
    ClusterName,
    /// Two port numbers, the second one above the first.
    PortRange,
}

impl Condition {
    /// Does it surely hold for these values?
    pub fn holds(&self, values: &Merged<'_>) -> bool {
        self.decide(values) == Some(true)
    }

    /// Does it hold? `None` where that hangs on a value that is not known yet.
    fn decide(&self, values: &Merged<'_>) -> Option<bool> {
        // Decided as soon as one of them is `ends`.
        let of = |list: &[Self], ends: bool| {
            let mut unknown = false;
            for one in list {
                match one.decide(values) {
                    Some(holds) if holds == ends => return Some(ends),
                    Some(_) => {}
                    None => unknown = true,
                }
            }
            (!unknown).then_some(!ends)
        };
        match self {
            Self::All(all) => of(all, false),
            Self::Any(any) => of(any, true),
            Self::Not(one) => one.decide(values).map(|holds| !holds),
            // That it was written is known, whatever it is.
            Self::Given(_) => Some(self.is_so(values)),
            _ => {
                let known = self.keys().into_iter().all(|key| values.is_known(key));
                known.then(|| self.is_so(values))
            }
        }
    }

    /// The same where every value is known.
    fn is_so(&self, values: &Merged<'_>) -> bool {
        match self {
            Self::All(_) | Self::Any(_) | Self::Not(_) => self.holds(values),
            Self::On(key) => values.on(key),
            Self::Off(key) => !values.on(key),
            Self::Given(key) => values.place(key).is_some(),
            Self::Is(words) => words.split_first().is_some_and(|(key, texts)| {
                let text = values.text(key);
                texts.contains(&text)
            }),
            Self::Below(key, n) => values.number(key).is_some_and(|value| value < *n),
            Self::Above(key, n) => values.number(key).is_some_and(|value| value > *n),
            Self::Exceeds(more, less) => {
                let sum = |keys: &[String]| -> Option<f64> {
                    keys.iter().map(|key| values.number(key)).sum()
                };
                sum(more).zip(sum(less)).is_some_and(|(a, b)| a > b)
            }
            Self::Looks(key, shape) => shape.fits(&values.text(key)),
            Self::Items(key, n) => count(values, key) == *n,
            Self::SameCount(keys) => {
                let mut counts = keys.iter().map(|key| count(values, key));
                let first = counts.next();
                counts.all(|n| Some(n) == first)
            }
            Self::Item(words) => item(values, words),
        }
    }

    /// Every key that it speaks of.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::All(several) | Self::Any(several) => {
                several.iter().flat_map(Self::keys).collect()
            }
            Self::Not(one) => one.keys(),
            Self::On(key)
            | Self::Off(key)
            | Self::Given(key)
            | Self::Below(key, _)
            | Self::Above(key, _)
            | Self::Looks(key, _)
            | Self::Items(key, _) => vec![key],
            Self::Is(words) | Self::Item(words) => {
                words.first().map(String::as_str).into_iter().collect()
            }
            Self::SameCount(keys) => keys.iter().map(String::as_str).collect(),
            Self::Exceeds(a, b) => a.iter().chain(b).map(String::as_str).collect(),
        }
    }
}

fn count(values: &Merged<'_>, key: &str) -> usize {
    match values.value(key).as_ref() {
        Value::Array(items) => items.len(),
        Value::String(text) => text.split_whitespace().count(),
        _ => 0,
    }
}

fn item(values: &Merged<'_>, words: &[String]) -> bool {
    let [key, field, texts @ ..] = words else {
        return false;
    };
    let fits = |item: &Value| {
        let text = item.get(field).and_then(Value::as_str);
        text.is_some_and(|text| texts.iter().any(|t| t == text))
    };
    let value = values.value(key);
    value.as_array().is_some_and(|items| items.iter().any(fits))
}

impl Shape {
    /// In words, with an example.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Ipv4Cidr => "an IPv4 range, as `10.0.0.0/8`",
            Self::Ipv6Cidr => "an IPv6 range, as `fd00::/8`",
            Self::Duration => "a duration with a unit, as `30s`",
            Self::ClusterName => "at most 32 lower-case letters, digits and dashes",
            Self::PortRange => "two ports, as `30000,32767`",
        }
    }

    /// Does a text look like this?
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Ipv4Cidr => text.parse::<Ipv4Net>().is_ok(),
            Self::Ipv6Cidr => text.parse::<Ipv6Net>().is_ok(),
            Self::Duration => is_duration(text),
            Self::ClusterName => {
                let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                (1..=32).contains(&text.len())
                    && text.chars().all(within)
                    && !text.starts_with('-')
                    && !text.ends_with('-')
            }
            Self::PortRange => {
                let ports = text.split_once(',');
                let number = |t: &str| t.trim().parse::<u16>().ok();
                ports.is_some_and(|(a, b)| number(a).zip(number(b)).is_some_and(|(a, b)| a < b))
            }
        }
    }
}

/// `[-+]?([0-9]*(\.[0-9]*)?[a-z]+)+`, as the documentation of `time.ParseDuration` has it.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, behind) = rest.split_at(digits.unwrap_or(rest.len()));
        let is_number = number.parse::<f64>().is_ok();
        let units = ["ns", "us", "µs", "ms", "s", "m", "h"];
        let longest = units.iter().filter(|unit| behind.starts_with(**unit));
        let longest = longest.max_by_key(|unit| unit.len());
        let Some(unit) = longest.filter(|_| is_number) else {
            return false;
        };
        rest = behind.get(unit.len()..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (shape, fitting, others) in [
            (
                Shape::Duration,
                ["10s", "1h30m", "0", "1.5h", "300ms"],
                ["", "10", "s", "1d", "10 s"],
            ),
            (
                Shape::Ipv4Cidr,
                [
                    "10.0.0.0/8",
                    "0.0.0.0/0",
                    "1.2.3.4/32",
                    "10.1.0.0/16",
                    "10.0.0.1/8",
                ],
                ["10.0.0.0", "10.0.0.0/99", "fd00::/8", "", "x"],
            ),
            (
                Shape::ClusterName,
                ["default", "a", "a-b", "1a", "a1"],
                ["", "-a", "a-", "A", "a_b"],
            ),
            (
                Shape::PortRange,
                ["30000,32767", "1,2", "30000, 32767", "0,65535", "1,65535"],
                ["", "30000", "2,1", "a,b", "30000-32767"],
            ),
        ] {
            assert!(fitting.iter().all(|text| shape.fits(text)), "{shape:?}");
            assert!(!others.iter().any(|text| shape.fits(text)), "{shape:?}");
        }
    }
}
