//! Input that wants the reader to hang, to fill the memory, or to panic.
#![expect(clippy::panic, reason = "tests fail by panicking")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use netpol_yaml::{DiagnosticKind, Limits, Parsed, parse};

const MEGABYTE: usize = 1 << 20;

/// Reads a text and fails when that takes too long; the best of three counts, for a busy machine.
fn within(limit: Duration, what: &str, text: &str) -> Parsed {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        let parsed = parse(text, &Limits::default());
        best = best.min(start.elapsed());
        if best <= limit {
            return parsed;
        }
    }
    panic!("{what}: {best:?} for {} bytes", text.len());
}

fn is_refused(parsed: &Parsed, kind: DiagnosticKind) -> bool {
    parsed.documents.is_empty() && parsed.diagnostics.iter().any(|found| found.kind == kind)
}

#[test]
fn nesting_is_refused_before_it_costs() {
    let limit = Duration::from_millis(50);
    for (what, piece) in [
        ("brackets", "["),
        ("braces", "{a: "),
        ("braces and brackets", "[{a: "),
        ("dashes", "- "),
        ("question marks", "? "),
        ("bracketed keys", "{["),
    ] {
        let parsed = within(limit, what, &piece.repeat(MEGABYTE / piece.len()));
        assert!(!parsed.diagnostics.is_empty(), "{what}");
        assert!(
            is_refused(&parsed, DiagnosticKind::Limit),
            "{what}: {:?}",
            parsed.diagnostics
        );
    }
}

#[test]
fn indentation_is_refused_before_it_costs() {
    let mut text = String::new();
    for depth in 0..1400 {
        let _ = writeln!(text, "{}a:", " ".repeat(depth));
    }
    let parsed = within(Duration::from_millis(50), "indentation", &text);
    assert!(is_refused(&parsed, DiagnosticKind::Limit));
}

#[test]
fn laughter_is_refused() {
    let mut text = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (name, before) in ('b'..='z').zip('a'..) {
        let _ = writeln!(
            text,
            "{name}: &{name} [{}]",
            vec![format!("*{before}"); 9].join(",")
        );
    }
    let parsed = within(Duration::from_millis(200), "laughter", &text);
    assert!(is_refused(&parsed, DiagnosticKind::Limit));

    let mut text = String::from("a: &a {x: 1}\n");
    for (name, before) in ('b'..='z').zip('a'..) {
        let _ = writeln!(
            text,
            "{name}: &{name} {{k: *{before}, l: *{before}, <<: *{before}}}"
        );
    }
    let parsed = within(Duration::from_millis(200), "merging laughter", &text);
    assert!(is_refused(&parsed, DiagnosticKind::Limit));
}

#[test]
fn a_chain_of_aliases_is_as_deep_as_what_it_means() {
    let mut text = String::from("a0: &a0 [x]\n");
    for at in 1..2000 {
        let _ = writeln!(text, "a{at}: &a{at} [*a{}]", at - 1);
    }
    let parsed = within(Duration::from_millis(200), "chain", &text);
    assert!(is_refused(&parsed, DiagnosticKind::Limit));
}

#[test]
fn nothing_is_quadratic() {
    let mut keys = String::new();
    let mut merges = String::from("base: &b {x: 1}\n");
    for at in 0..60_000 {
        let _ = writeln!(keys, "key-{at}: {at}");
        let _ = writeln!(merges, "m{at}: {{<<: *b}}");
    }
    let cases: [(&str, String); 22] = [
        ("many keys", keys),
        ("many merges", merges),
        ("one key", "a: 1\n".repeat(MEGABYTE / 5)),
        ("many documents", "---\n".repeat(MEGABYTE / 4)),
        ("many small documents", "---\na\n".repeat(MEGABYTE / 6)),
        ("templates", "a: {{ .Values.x }}\n".repeat(MEGABYTE / 19)),
        ("template openings", "{{".repeat(MEGABYTE / 2)),
        (
            "quoted templates, then an error",
            format!("{}]", "- '{{ x }}'\n".repeat(MEGABYTE / 12)),
        ),
        (
            "open quote",
            format!("a: \"{}", "x\n ".repeat(MEGABYTE / 3)),
        ),
        ("closing brackets", "]".repeat(MEGABYTE)),
        ("comments", "# x\n".repeat(MEGABYTE / 4)),
        (
            "comment on every item",
            "- # x\n  a\n".repeat(MEGABYTE / 10),
        ),
        ("anchors", "&a ".repeat(MEGABYTE / 3)),
        ("anchored items", "- &a x\n".repeat(MEGABYTE / 7)),
        ("tags", "- !!int 1\n".repeat(MEGABYTE / 10)),
        ("tabs", "- a\n  \tb\n".repeat(MEGABYTE / 9)),
        (
            "tabs in brackets",
            format!("a: [{}]", "b,\t".repeat(MEGABYTE / 3)),
        ),
        (
            "far tabs",
            format!(
                "{}a: [{}]",
                " ".repeat(MEGABYTE / 2),
                "b\t,".repeat(MEGABYTE / 6)
            ),
        ),
        ("blank lines", format!("a:\n{}", "\n".repeat(MEGABYTE))),
        ("digits", format!("a: {}", "1".repeat(MEGABYTE))),
        ("underscores", format!("a: 1{}", "_".repeat(MEGABYTE))),
        (
            "questions in brackets",
            format!("[{}]", "a?,".repeat(MEGABYTE / 3)),
        ),
    ];
    for (what, text) in &cases {
        within(Duration::from_secs(4), what, text);
    }
}

#[test]
fn limits_hold() {
    let refused = |text: &str, limits: Limits| {
        let parsed = parse(text, &limits);
        parsed
            .diagnostics
            .iter()
            .any(|found| found.kind == DiagnosticKind::Limit)
    };
    let limits = Limits::default;
    assert!(refused(
        "abc",
        Limits {
            bytes: 2,
            ..limits()
        }
    ));
    assert!(!refused(
        "abc",
        Limits {
            bytes: 3,
            ..limits()
        }
    ));
    assert!(refused(
        "a: [[b]]",
        Limits {
            depth: 2,
            ..limits()
        }
    ));
    assert!(!refused(
        "a: [[b]]",
        Limits {
            depth: 3,
            ..limits()
        }
    ));
    assert!(refused(
        "a: b",
        Limits {
            nodes: 2,
            ..limits()
        }
    ));
    assert!(!refused(
        "a: b",
        Limits {
            nodes: 3,
            ..limits()
        }
    ));
    assert!(refused(
        "[&a [b, c], *a]",
        Limits {
            aliases: 2,
            ..limits()
        }
    ));
    assert!(!refused(
        "[&a [b, c], *a]",
        Limits {
            aliases: 3,
            ..limits()
        }
    ));
    assert!(refused(
        "a\n---\nb",
        Limits {
            documents: 1,
            ..limits()
        }
    ));
    assert!(!refused(
        "a\n---\nb",
        Limits {
            documents: 2,
            ..limits()
        }
    ));
    // The nodes of a file count together, and those before the limit are kept.
    let parsed = parse(
        "a: b\n---\nc: d\n---\ne: f\n",
        &Limits {
            nodes: 6,
            ..limits()
        },
    );
    assert_eq!(parsed.documents.len(), 2);
}
