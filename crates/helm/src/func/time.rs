//! Points in time as Go's package `time` has them: layouts written with a reference time,
//! durations with units. Zones are `UTC`, `Local` (which is UTC) and fixed offsets.

mod duration;
mod format;
mod layout;
mod parse;

pub(super) use duration::{format_duration, parse_duration};
pub(super) use parse::parse;

/// Nanoseconds of a second.
pub(super) const NANOS: i64 = 1_000_000_000;

/// A point in time and the zone it is shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Nanoseconds after that, below a second.
    pub nanos: u32,
    /// Seconds that the zone is ahead of UTC.
    pub offset: i32,
    /// The zone's abbreviation; empty when only the offset is known.
    pub zone: String,
}

/// The parts of a date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    /// 1 is the first of January.
    pub yearday: i64,
}

impl Time {
    /// Go's zero time, January 1 of year 1.
    pub(super) fn zero() -> Self {
        Self::utc(-62_135_596_800)
    }

    /// A time in UTC.
    pub(super) fn utc(seconds: i64) -> Self {
        Self {
            seconds,
            nanos: 0,
            offset: 0,
            zone: "UTC".to_owned(),
        }
    }

    /// Moved by nanoseconds.
    pub(super) fn plus(&self, nanos: i64) -> Self {
        let sum = i64::from(self.nanos) + nanos.rem_euclid(NANOS);
        let seconds = self
            .seconds
            .saturating_add(nanos.div_euclid(NANOS))
            .saturating_add(sum / NANOS);
        Self {
            seconds,
            nanos: u32::try_from(sum % NANOS).unwrap_or(0),
            ..self.clone()
        }
    }

    /// Date and time of day in the time's zone.
    pub(super) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let days = local.div_euclid(86_400);
        let clock = local.rem_euclid(86_400);
        let (year, month, day) = date_of(days);
        Civil {
            year,
            month,
            day,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            weekday: (days + 4).rem_euclid(7),
            yearday: days - days_from(year, 1, 1) + 1,
        }
    }
}

/// The days between 1970-01-01 and a date of the Gregorian calendar.
pub(super) fn days_from(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day, that many days after 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The days of a month.
pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The names of months; others are cut from them.
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
