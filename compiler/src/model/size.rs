//! How large an image may be: sizes as people write them.

use netpol_image::layout::MAX_LEN;
use std::str::FromStr;

/// What the image of a node may take, in bytes: [`ImageBudget::LEAST`] to [`ImageBudget::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageBudget(u32);

/// A size that is no budget: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoImageBudget {
    /// No number, or an unknown unit.
    #[error("`{0}` is no size; write 512KiB, 8MiB or a number of bytes")]
    Unreadable(String),
    /// Nothing fits, or more than the format can say.
    #[error("`{0}` cannot be; an image has 8KiB at least when it says anything, and 64MiB at most")]
    Outside(String),
}

impl ImageBudget {
    /// An image without policies fits in here.
    pub const LEAST: u32 = 8 << 10;
    /// What the format can hold.
    pub const MOST: u32 = MAX_LEN;

    /// As many bytes.
    ///
    /// # Errors
    /// They are too few or too many.
    pub fn new(bytes: u64) -> Result<Self, NoImageBudget> {
        let fits = u32::try_from(bytes).ok();
        let fits = fits.filter(|bytes| (Self::LEAST..=Self::MOST).contains(bytes));
        fits.map(Self)
            .ok_or_else(|| NoImageBudget::Outside(bytes.to_string()))
    }

    /// The number of bytes.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl Default for ImageBudget {
    /// All that the format can hold.
    fn default() -> Self {
        Self(Self::MOST)
    }
}

impl FromStr for ImageBudget {
    type Err = NoImageBudget;

    /// `8MiB`, `512KiB`, `65536`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || NoImageBudget::Unreadable(text.to_owned());
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit: u64 = match text.get(digits.len()..).unwrap_or_default().trim() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            _ => return Err(bad()),
        };
        let number: u64 = digits.parse().map_err(|_| bad())?;
        let bytes = number.saturating_mul(unit);
        Self::new(bytes).map_err(|_| NoImageBudget::Outside(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::ImageBudget;

    #[test]
    fn sizes_are_read_with_units_and_held_within_the_format() {
        let bytes = |text: &str| text.parse::<ImageBudget>().map(ImageBudget::bytes).ok();
        assert_eq!(bytes("8KiB"), Some(8192));
        assert_eq!(bytes("64MiB"), Some(64 << 20));
        assert_eq!(bytes("1 MiB"), Some(1 << 20));
        assert_eq!(bytes("10000"), Some(10_000));
        for no in [
            "",
            "MiB",
            "8MB",
            "-8MiB",
            "8191",
            "65MiB",
            "1.5MiB",
            "99999999999999999MiB",
        ] {
            assert_eq!(bytes(no), None, "{no}");
        }
    }
}
