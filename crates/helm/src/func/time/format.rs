//! Writing times.

use std::fmt::Write as _;

use super::layout::{Offset, Piece, pieces};
use super::{Civil, MONTHS, Time, WEEKDAYS};

impl Time {
    /// `Time.Format`.
    pub(crate) fn format(&self, layout: &str) -> String {
        let civil = self.civil();
        let mut out = String::new();
        for piece in pieces(layout) {
            self.piece(&mut out, piece, &civil);
        }
        out
    }

    /// `Time.String`.
    pub(crate) fn print(&self) -> String {
        self.format("2006-01-02 15:04:05.999999999 -0700 MST")
    }

    fn piece(&self, out: &mut String, piece: Piece<'_>, civil: &Civil) {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::LongMonth => out.push_str(name(&MONTHS, civil.month - 1)),
            Piece::Month => out.push_str(short(name(&MONTHS, civil.month - 1))),
            Piece::NumMonth { zero } => number(out, civil.month, pad_with(zero), 2),
            Piece::LongWeekday => out.push_str(name(&WEEKDAYS, civil.weekday)),
            Piece::Weekday => out.push_str(short(name(&WEEKDAYS, civil.weekday))),
            Piece::Day { pad } => number(out, civil.day, pad, 2),
            Piece::Yearday { pad } => number(out, civil.yearday, Some(pad), 3),
            Piece::Hour24 => number(out, civil.hour, Some('0'), 2),
            Piece::Hour12 { zero } => number(out, (civil.hour + 11) % 12 + 1, pad_with(zero), 2),
            Piece::Minute { zero } => number(out, civil.minute, pad_with(zero), 2),
            Piece::Second { zero } => number(out, civil.second, pad_with(zero), 2),
            Piece::LongYear => number(out, civil.year, Some('0'), 4),
            Piece::Year => number(out, civil.year.rem_euclid(100), Some('0'), 2),
            Piece::UpperHalf => out.push_str(if civil.hour >= 12 { "PM" } else { "AM" }),
            Piece::LowerHalf => out.push_str(if civil.hour >= 12 { "pm" } else { "am" }),
            Piece::Zone if self.zone.is_empty() => {
                let style = if self.offset % 3600 == 0 {
                    Offset::Hours
                } else {
                    Offset::Minutes
                };
                self.offset(out, style);
            }
            Piece::Zone => out.push_str(&self.zone),
            Piece::Offset { zulu: true, .. } if self.offset == 0 => out.push('Z'),
            Piece::Offset { style, .. } => self.offset(out, style),
            Piece::Fraction {
                separator,
                digits,
                trim,
            } => self.fraction(out, separator, digits, trim),
        }
    }

    fn offset(&self, out: &mut String, style: Offset) {
        let seconds = self.offset.unsigned_abs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        out.push(if self.offset < 0 { '-' } else { '+' });
        // Writing to a String cannot fail.
        let _ = match style {
            Offset::Hours => write!(out, "{hours:02}"),
            Offset::Minutes => write!(out, "{hours:02}{minutes:02}"),
            Offset::MinutesColon => write!(out, "{hours:02}:{minutes:02}"),
            Offset::Seconds => write!(out, "{hours:02}{minutes:02}{seconds:02}"),
            Offset::SecondsColon => write!(out, "{hours:02}:{minutes:02}:{seconds:02}"),
        };
    }

    fn fraction(&self, out: &mut String, separator: char, digits: usize, trim: bool) {
        let all = format!("{:09}", self.nanos);
        let mut shown = all.get(..digits.min(9)).unwrap_or(&all);
        if trim {
            shown = shown.trim_end_matches('0');
            if shown.is_empty() {
                return;
            }
        }
        out.push(separator);
        out.push_str(shown);
    }
}

fn pad_with(zero: bool) -> Option<char> {
    zero.then_some('0')
}

fn name(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

fn number(out: &mut String, number: i64, pad: Option<char>, width: usize) {
    if number < 0 {
        out.push('-');
    }
    let digits = number.unsigned_abs().to_string();
    if let Some(pad) = pad {
        for _ in digits.len()..width {
            out.push(pad);
        }
    }
    out.push_str(&digits);
}
