//! Days, for suppressions that end.

use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

/// Text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day; write it as 2027-01-31")]
pub struct NoDay(String);

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.split('-');
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            let formed = parts.next().is_none()
                && [(year, 4), (month, 2), (day, 2)]
                    .iter()
                    .all(|(part, n)| part.len() == *n && part.bytes().all(|b| b.is_ascii_digit()));
            let day = Self {
                year: year.parse().ok()?,
                month: month.parse().ok()?,
                of_month: day.parse().ok()?,
            };
            (formed && (1..=day.length()).contains(&day.of_month)).then_some(day)
        };
        read().ok_or_else(|| NoDay(text.to_owned()))
    }
}

impl Day {
    /// The day on which so many days have passed since 1970-01-01, counted as the Gregorian
    /// calendar does (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    pub fn after_epoch(days: u32) -> Self {
        let shifted = u64::from(days) + 719_468;
        let era = shifted / 146_097;
        let of_era = shifted % 146_097;
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self {
            year: u16::try_from(year).unwrap_or(u16::MAX),
            month: u8::try_from(month).unwrap_or(u8::MAX),
            of_month: u8::try_from(day).unwrap_or(u8::MAX),
        }
    }

    /// How many days its month has; 0 when there is no such month.
    fn length(self) -> u8 {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_compared() {
        let day = |text: &str| text.parse::<Day>();
        assert_eq!(day("2027-01-31").unwrap().to_string(), "2027-01-31");
        assert!(day("2028-02-29").is_ok() && day("2027-02-29").is_err());
        assert!(day("2027-01-31").unwrap() < day("2027-02-01").unwrap());
        for bad in [
            "",
            "2027-1-1",
            "2027-13-01",
            "2027-00-10",
            "27-01-01",
            "2027-01-00",
            "2027-01-01-",
            "+027-01-01",
        ] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_counted_from_the_epoch() {
        for (days, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_089, "2025-01-01"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Day::after_epoch(days).to_string(), text);
        }
    }
}
