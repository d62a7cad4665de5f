//! Reading times by a layout.

use super::layout::{Offset, Piece, pieces};
use super::{MONTHS, Time, WEEKDAYS, days_from, days_in};
use crate::func::strings::go_quote;

/// `time.ParseInLocation(layout, text, UTC)`.
///
/// # Errors
/// In the words of the original.
pub(crate) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let mut found = Found {
        text,
        rest: text,
        ..Found::default()
    };
    let pieces = pieces(layout);
    for (index, piece) in pieces.iter().enumerate() {
        // A fraction is read behind seconds even where the layout has none.
        let next_is_fraction = matches!(pieces.get(index + 1), Some(Piece::Fraction { .. }));
        found
            .piece(*piece, next_is_fraction)
            .map_err(|reason| match reason {
                Reason::Mismatch => {
                    let element = element_text(layout, *piece);
                    format!(
                        "parsing time {} as {}: cannot parse {} as {}",
                        go_quote(text),
                        go_quote(layout),
                        go_quote(found.rest),
                        go_quote(&element)
                    )
                }
                Reason::Range(what) => {
                    format!("parsing time {}: {what} out of range", go_quote(text))
                }
            })?;
    }
    if !found.rest.is_empty() {
        return Err(format!(
            "parsing time {}: extra text: {}",
            go_quote(text),
            go_quote(found.rest)
        ));
    }
    found.time()
}

/// How an element is written in a layout, for messages.
fn element_text(layout: &str, piece: Piece<'_>) -> String {
    let text = match piece {
        Piece::Literal(text) => text,
        Piece::LongMonth => "January",
        Piece::Month => "Jan",
        Piece::NumMonth { zero: true } => "01",
        Piece::NumMonth { zero: false } => "1",
        Piece::LongWeekday => "Monday",
        Piece::Weekday => "Mon",
        Piece::Day { pad: Some('0') } => "02",
        Piece::Day { pad: Some(_) } => "_2",
        Piece::Day { pad: None } => "2",
        Piece::Yearday { pad: '0' } => "002",
        Piece::Yearday { .. } => "__2",
        Piece::Hour24 => "15",
        Piece::Hour12 { zero: true } => "03",
        Piece::Hour12 { zero: false } => "3",
        Piece::Minute { zero: true } => "04",
        Piece::Minute { zero: false } => "4",
        Piece::Second { zero: true } => "05",
        Piece::Second { zero: false } => "5",
        Piece::LongYear => "2006",
        Piece::Year => "06",
        Piece::UpperHalf => "PM",
        Piece::LowerHalf => "pm",
        Piece::Zone => "MST",
        Piece::Offset {
            zulu: true,
            style: Offset::MinutesColon,
        } => "Z07:00",
        Piece::Offset { zulu: true, .. } => "Z0700",
        Piece::Offset {
            style: Offset::MinutesColon,
            ..
        } => "-07:00",
        Piece::Offset {
            style: Offset::Hours,
            ..
        } => "-07",
        Piece::Offset { .. } => "-0700",
        Piece::Fraction { .. } => layout,
    };
    text.to_owned()
}

enum Reason {
    Mismatch,
    Range(&'static str),
}

#[derive(Default)]
struct Found<'a> {
    text: &'a str,
    rest: &'a str,
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    yearday: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    afternoon: Option<bool>,
    offset: Option<i32>,
    zone: Option<&'a str>,
}

impl Found<'_> {
    fn piece(&mut self, piece: Piece<'_>, next_is_fraction: bool) -> Result<(), Reason> {
        match piece {
            Piece::Literal(text) => self.literal(text)?,
            Piece::LongMonth => self.month = Some(self.name(&MONTHS, false)? + 1),
            Piece::Month => self.month = Some(self.name(&MONTHS, true)? + 1),
            Piece::NumMonth { zero } => self.month = Some(self.ranged(zero, 1, 12, "month")?),
            Piece::LongWeekday => drop(self.name(&WEEKDAYS, false)?),
            Piece::Weekday => drop(self.name(&WEEKDAYS, true)?),
            Piece::Day { pad } => {
                if pad == Some(' ') {
                    self.rest = self.rest.strip_prefix(' ').unwrap_or(self.rest);
                }
                self.day = Some(self.number(2, pad == Some('0'))?);
            }
            Piece::Yearday { .. } => self.yearday = Some(self.number(3, true)?),
            Piece::Hour24 => self.hour = self.ranged(false, 0, 23, "hour")?,
            Piece::Hour12 { zero } => self.hour = self.ranged(zero, 0, 12, "hour")?,
            Piece::Minute { zero } => self.minute = self.ranged(zero, 0, 59, "minute")?,
            Piece::Second { zero } => {
                self.second = self.ranged(zero, 0, 59, "second")?;
                if !next_is_fraction {
                    self.fraction(None)?;
                }
            }
            Piece::LongYear => self.year = self.number(4, true)?,
            Piece::Year => {
                let year = self.number(2, true)?;
                self.year = if year >= 69 { 1900 + year } else { 2000 + year };
            }
            Piece::UpperHalf => self.half("AM", "PM")?,
            Piece::LowerHalf => self.half("am", "pm")?,
            Piece::Zone => self.zone_name()?,
            Piece::Offset { zulu, style } => self.offset(zulu, style)?,
            Piece::Fraction { digits, trim, .. } => self.fraction((!trim).then_some(digits))?,
        }
        Ok(())
    }

    /// White space in a layout stands for any amount of it.
    fn literal(&mut self, text: &str) -> Result<(), Reason> {
        for c in text.chars() {
            if c == ' ' {
                if !self.rest.is_empty() && !self.rest.starts_with(' ') {
                    return Err(Reason::Mismatch);
                }
                self.rest = self.rest.trim_start_matches(' ');
            } else {
                self.rest = self.rest.strip_prefix(c).ok_or(Reason::Mismatch)?;
            }
        }
        Ok(())
    }

    fn name(&mut self, names: &[&str], short: bool) -> Result<i64, Reason> {
        for (index, name) in (0_i64..).zip(names) {
            let name = if short {
                name.get(..3).unwrap_or(name)
            } else {
                name
            };
            if let Some((head, tail)) = self.rest.split_at_checked(name.len())
                && head.eq_ignore_ascii_case(name)
            {
                self.rest = tail;
                return Ok(index);
            }
        }
        Err(Reason::Mismatch)
    }

    fn number(&mut self, width: usize, fixed: bool) -> Result<i64, Reason> {
        let count = self
            .rest
            .bytes()
            .take(width)
            .take_while(u8::is_ascii_digit)
            .count();
        if count == 0 || fixed && count < width {
            return Err(Reason::Mismatch);
        }
        let (digits, rest) = self.rest.split_at_checked(count).ok_or(Reason::Mismatch)?;
        let number = digits.parse().map_err(|_| Reason::Mismatch)?;
        self.rest = rest;
        Ok(number)
    }

    fn ranged(
        &mut self,
        fixed: bool,
        least: i64,
        most: i64,
        what: &'static str,
    ) -> Result<i64, Reason> {
        let number = self.number(2, fixed)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(Reason::Range(what))
        }
    }

    fn half(&mut self, morning: &str, evening: &str) -> Result<(), Reason> {
        if let Some(rest) = self.rest.strip_prefix(evening) {
            (self.rest, self.afternoon) = (rest, Some(true));
        } else if let Some(rest) = self.rest.strip_prefix(morning) {
            (self.rest, self.afternoon) = (rest, Some(false));
        } else {
            return Err(Reason::Mismatch);
        }
        Ok(())
    }

    fn zone_name(&mut self) -> Result<(), Reason> {
        let count = self
            .rest
            .bytes()
            .take(5)
            .take_while(u8::is_ascii_uppercase)
            .count();
        if !(3..=5).contains(&count) {
            return Err(Reason::Mismatch);
        }
        let (name, rest) = self.rest.split_at_checked(count).ok_or(Reason::Mismatch)?;
        (self.rest, self.zone) = (rest, Some(name));
        Ok(())
    }

    fn offset(&mut self, zulu: bool, style: Offset) -> Result<(), Reason> {
        if zulu && let Some(rest) = self.rest.strip_prefix('Z') {
            (self.rest, self.offset, self.zone) = (rest, Some(0), Some("UTC"));
            return Ok(());
        }
        let negative = match self.rest.chars().next() {
            Some('-') => true,
            Some('+') => false,
            _ => return Err(Reason::Mismatch),
        };
        let before = self.rest;
        self.rest = self.rest.get(1..).unwrap_or_default();
        let colon = matches!(style, Offset::MinutesColon | Offset::SecondsColon);
        let parts = match style {
            Offset::Hours => 1,
            Offset::Minutes | Offset::MinutesColon => 2,
            Offset::Seconds | Offset::SecondsColon => 3,
        };
        let mut seconds = 0;
        for (index, scale) in [3600, 60, 1].into_iter().take(parts).enumerate() {
            if colon && index > 0 {
                self.rest = self.rest.strip_prefix(':').ok_or(Reason::Mismatch)?;
            }
            let part = self.number(2, true).inspect_err(|_| self.rest = before)?;
            seconds += scale * part;
        }
        let seconds = if negative { -seconds } else { seconds };
        self.offset = i32::try_from(seconds).ok();
        Ok(())
    }

    /// A fraction of seconds: so many digits, or any number where none is asked for.
    fn fraction(&mut self, wanted: Option<usize>) -> Result<(), Reason> {
        let tail = self.rest.strip_prefix(['.', ',']);
        let digits = tail.map_or(0, |tail| {
            tail.bytes().take_while(u8::is_ascii_digit).count()
        });
        match wanted {
            Some(wanted) if digits < wanted => return Err(Reason::Mismatch),
            None if digits == 0 => return Ok(()),
            _ => {}
        }
        let count = wanted.unwrap_or(digits);
        let (shown, rest) = tail
            .and_then(|tail| tail.split_at_checked(count))
            .ok_or(Reason::Mismatch)?;
        let nine: String = shown
            .chars()
            .chain(std::iter::repeat('0'))
            .take(9)
            .collect();
        self.nanos = nine.parse().unwrap_or(0);
        self.rest = rest;
        Ok(())
    }

    fn time(self) -> Result<Time, String> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = match self.yearday {
            Some(yearday) => (1, yearday),
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        if self.yearday.is_none() && !(1..=days_in(self.year, month)).contains(&day) {
            return Err(format!(
                "parsing time {}: day out of range",
                go_quote(self.text)
            ));
        }
        let local = days_from(self.year, month, day) * 86_400
            + hour * 3600
            + self.minute * 60
            + self.second;
        let offset = self.offset.unwrap_or(0);
        let zone = match (self.zone, self.offset) {
            (Some(name), _) => name.to_owned(),
            (None, None | Some(0)) => "UTC".to_owned(),
            (None, Some(_)) => String::new(),
        };
        Ok(Time {
            seconds: local - i64::from(offset),
            nanos: self.nanos,
            offset,
            zone,
        })
    }
}
