//! The scalar rules, each with the value that kubectl gives.

use super::{Resolved, plain, resolve};
use crate::event::{ScalarForm, Tag};

#[test]
fn words() {
    for word in [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE",
    ] {
        assert_eq!(plain(word), Resolved::Bool(true), "{word}");
    }
    for word in [
        "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE",
    ] {
        assert_eq!(plain(word), Resolved::Bool(false), "{word}");
    }
    for word in ["~", "null", "Null", "NULL"] {
        assert_eq!(plain(word), Resolved::Null, "{word}");
    }
    for word in ["tRue", "yES", "nUll", "oN", "NaN", "Infinity", "yesterday"] {
        assert_eq!(plain(word), Resolved::Str, "{word}");
    }
}

#[test]
fn integers() {
    let cases: [(&str, i64); 20] = [
        ("0", 0),
        ("-0", 0),
        ("00", 0),
        ("007", 7),
        ("0120", 80),
        ("0o17", 15),
        ("0O7", 7),
        ("0x1F", 31),
        ("0X1f", 31),
        ("+0x1", 1),
        ("0b101", 5),
        ("-0b101", -5),
        ("0b-1", -1),
        ("1_000", 1000),
        ("1__0", 10),
        ("1_", 1),
        ("0x_1", 1),
        ("+1", 1),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ];
    for (text, value) in cases {
        assert_eq!(plain(text), Resolved::Int(value), "{text}");
    }
    assert_eq!(plain("18446744073709551615"), Resolved::Uint(u64::MAX));
}

#[test]
fn floats() {
    let cases = [
        ("09", 9.0),
        ("0800", 800.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1.10", 1.1),
        ("8080.0", 8080.0),
        ("1e3", 1000.0),
        ("8e+3", 8000.0),
        ("-1.5E-3", -0.0015),
        ("1_0.5", 10.5),
        ("18446744073709551616", 18_446_744_073_709_551_616.0),
    ];
    for (text, value) in cases {
        assert_eq!(plain(text), Resolved::Float(value), "{text}");
    }
}

#[test]
fn strings_that_look_like_numbers() {
    let cases = [
        "1.2.3",
        "1:30",
        "190:20:30",
        "0b",
        "0x",
        "0o",
        "--",
        "-",
        "+",
        "1e",
        "1e400",
        "1,000",
        "50%",
        "0x1p4",
        "_1",
        "2001-12-14",
        "10.0.0.0/8",
        "1-2",
        ".",
        ".e3",
        "+-1",
        "0x-1",
        "-0b-1",
    ];
    for text in cases {
        assert_eq!(plain(text), Resolved::Str, "{text}");
    }
}

#[test]
fn tags_decide_or_refuse() {
    let read = |text, tag| resolve(text, ScalarForm::DoubleQuoted, Some(tag));
    assert_eq!(read("123", Tag::Int), Ok(Resolved::Int(123)));
    assert_eq!(read("3", Tag::Float), Ok(Resolved::Float(3.0)));
    assert_eq!(read("yes", Tag::Bool), Ok(Resolved::Bool(true)));
    assert_eq!(read("", Tag::Null), Ok(Resolved::Null));
    assert_eq!(read("yes", Tag::Str), Ok(Resolved::Str));
    assert_eq!(read("yes", Tag::Other), Ok(Resolved::Str));
    assert_eq!(
        read("aGVs\nbG8=", Tag::Binary),
        Ok(Resolved::Decoded("hello".to_owned()))
    );
    assert_eq!(
        read("2001-12-14t21:59:43.10-05:00", Tag::Timestamp),
        Ok(Resolved::Str)
    );
    for (text, tag) in [
        ("abc", Tag::Int),
        ("1.5", Tag::Int),
        ("1", Tag::Bool),
        ("x", Tag::Null),
        ("a", Tag::Binary),
        ("18446744073709551615", Tag::Float),
        ("2001-02-29", Tag::Timestamp),
        ("", Tag::Int),
    ] {
        assert!(read(text, tag).is_err(), "{text} {tag:?}");
    }
}

#[test]
fn quotes_make_strings_and_nothing_makes_null() {
    assert_eq!(
        resolve("yes", ScalarForm::SingleQuoted, None),
        Ok(Resolved::Str)
    );
    assert_eq!(resolve("1", ScalarForm::Literal, None), Ok(Resolved::Str));
    assert_eq!(resolve("~", ScalarForm::Absent, None), Ok(Resolved::Null));
}
