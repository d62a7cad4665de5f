//! A layout is an example of the reference time, Mon Jan 2 15:04:05 MST 2006.

/// A piece of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    LongMonth,
    Month,
    NumMonth {
        zero: bool,
    },
    LongWeekday,
    Weekday,
    Day {
        pad: Option<char>,
    },
    Yearday {
        pad: char,
    },
    Hour24,
    Hour12 {
        zero: bool,
    },
    Minute {
        zero: bool,
    },
    Second {
        zero: bool,
    },
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    Zone,
    Offset {
        zulu: bool,
        style: Offset,
    },
    Fraction {
        separator: char,
        digits: usize,
        trim: bool,
    },
}

/// How an offset from UTC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offset {
    Hours,
    Minutes,
    MinutesColon,
    Seconds,
    SecondsColon,
}

/// The elements of a layout; longer ones stand before their beginnings.
const ELEMENTS: &[(&str, Piece<'static>)] = &[
    ("January", Piece::LongMonth),
    ("Jan", Piece::Month),
    ("Monday", Piece::LongWeekday),
    ("Mon", Piece::Weekday),
    ("MST", Piece::Zone),
    ("002", Piece::Yearday { pad: '0' }),
    ("__2", Piece::Yearday { pad: ' ' }),
    ("01", Piece::NumMonth { zero: true }),
    ("02", Piece::Day { pad: Some('0') }),
    ("03", Piece::Hour12 { zero: true }),
    ("04", Piece::Minute { zero: true }),
    ("05", Piece::Second { zero: true }),
    ("06", Piece::Year),
    ("15", Piece::Hour24),
    ("1", Piece::NumMonth { zero: false }),
    ("2006", Piece::LongYear),
    ("2", Piece::Day { pad: None }),
    ("_2", Piece::Day { pad: Some(' ') }),
    ("3", Piece::Hour12 { zero: false }),
    ("4", Piece::Minute { zero: false }),
    ("5", Piece::Second { zero: false }),
    ("PM", Piece::UpperHalf),
    ("pm", Piece::LowerHalf),
    (
        "-07:00:00",
        Piece::Offset {
            zulu: false,
            style: Offset::SecondsColon,
        },
    ),
    (
        "-070000",
        Piece::Offset {
            zulu: false,
            style: Offset::Seconds,
        },
    ),
    (
        "-07:00",
        Piece::Offset {
            zulu: false,
            style: Offset::MinutesColon,
        },
    ),
    (
        "-0700",
        Piece::Offset {
            zulu: false,
            style: Offset::Minutes,
        },
    ),
    (
        "-07",
        Piece::Offset {
            zulu: false,
            style: Offset::Hours,
        },
    ),
    (
        "Z07:00:00",
        Piece::Offset {
            zulu: true,
            style: Offset::SecondsColon,
        },
    ),
    (
        "Z070000",
        Piece::Offset {
            zulu: true,
            style: Offset::Seconds,
        },
    ),
    (
        "Z07:00",
        Piece::Offset {
            zulu: true,
            style: Offset::MinutesColon,
        },
    ),
    (
        "Z0700",
        Piece::Offset {
            zulu: true,
            style: Offset::Minutes,
        },
    ),
    (
        "Z07",
        Piece::Offset {
            zulu: true,
            style: Offset::Hours,
        },
    ),
];

/// The pieces of a layout, literals between them.
pub(super) fn pieces(layout: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut literal_from = 0;
    let mut at = 0;
    while let Some(rest) = layout.get(at..).filter(|rest| !rest.is_empty()) {
        match element(rest) {
            Some((piece, length)) => {
                if literal_from < at {
                    pieces.push(Piece::Literal(
                        layout.get(literal_from..at).unwrap_or_default(),
                    ));
                }
                pieces.push(piece);
                at += length;
                literal_from = at;
            }
            // `_2006` is an underscore and a year.
            None if rest.starts_with("_2006") => at += 1,
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if literal_from < at {
        pieces.push(Piece::Literal(
            layout.get(literal_from..at).unwrap_or_default(),
        ));
    }
    pieces
}

fn element(rest: &str) -> Option<(Piece<'static>, usize)> {
    if rest.starts_with("_2006") {
        return None;
    }
    if let Some(found) = fraction(rest) {
        return Some(found);
    }
    let (text, piece) = ELEMENTS.iter().find(|(text, _)| rest.starts_with(text))?;
    // `Jan` and `Mon` inside of longer words (`Month`) are no elements.
    let next = rest.get(text.len()..).and_then(|tail| tail.chars().next());
    if matches!(*text, "Jan" | "Mon") && next.is_some_and(|c| c.is_ascii_lowercase()) {
        return None;
    }
    Some((*piece, text.len()))
}

/// `.000` or `,999`, when no further digit follows.
fn fraction(rest: &str) -> Option<(Piece<'static>, usize)> {
    let separator = rest.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let tail = rest.get(1..)?;
    let digit = tail.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let digits = tail.chars().take_while(|&c| c == digit).count();
    if tail
        .get(digits..)?
        .starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    Some((
        Piece::Fraction {
            separator,
            digits,
            trim: digit == '9',
        },
        digits + 1,
    ))
}
