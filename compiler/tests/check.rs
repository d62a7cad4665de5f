//! `netpolc check` and `netpolc explain` as a user types them: exit codes, formats, streams, and
//! text that tries to steer the terminal.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read what the command wrote"
)]

use netpolc::cli::{self, Terminal};
use std::fs;
use std::path::{Path, PathBuf};

struct Ended {
    code: u8,
    out: String,
    err: String,
}

fn netpolc(args: &[&str], stdin: &str) -> Ended {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut stdin = stdin.as_bytes();
    let line = std::iter::once("netpolc").chain(args.iter().copied());
    let mut terminal = Terminal::new(&mut stdin, &mut out, &mut err);
    let exit = cli::run(line.map(Into::into), &mut terminal);
    Ended {
        code: exit.code(),
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
    }
}

/// A file of its own for one test.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

const ONE_SIDED: &str = "policies-examples/lints/NP301/bad";
const CLEAN: &str = "policies-examples/lints/NP301/good";
const MISSPELT: &str = "policies-examples/lints/NP401/bad";
const ELSEWHERE: [&str; 2] = [
    "policies-examples/shop/workloads",
    "policies-examples/shop/v1",
];

#[test]
fn exit_codes_are_those_of_the_contract() {
    let code = |args: &[&str]| netpolc(args, "").code;
    assert_eq!(code(&["check", CLEAN]), 0);
    assert_eq!(code(&["check", ONE_SIDED]), 1);
    assert_eq!(code(&["check", "--ignore", "NP301", ONE_SIDED]), 0);
    assert_eq!(code(&["check", "--select", "NP4", ONE_SIDED]), 0);
    assert_eq!(
        code(&["check", "--ignore", "NP3", "--select", "NP301", ONE_SIDED]),
        1
    );
    assert_eq!(code(&["check", MISSPELT]), 0);
    assert_eq!(code(&["check", "--fail-on", "warning", MISSPELT]), 1);
    // Pods that may be outside of the input are a note, in a closed world a warning.
    let elsewhere = |more: &[&str]| {
        let args = [&["check", "--select", "NP401"][..], more, &ELSEWHERE].concat();
        code(&args)
    };
    assert_eq!(elsewhere(&["--fail-on", "note"]), 1);
    assert_eq!(elsewhere(&["--fail-on", "warning"]), 0);
    assert_eq!(elsewhere(&["--fail-on", "warning", "--closed-world"]), 1);
    let broken = "policies-examples/lints/NP101/bad";
    assert_eq!(code(&["check", broken]), 2);
    assert_eq!(
        code(&["check", broken, ONE_SIDED]),
        2,
        "could not answer beats findings"
    );
    assert_eq!(
        code(&["check", "--ignore", "NP1", broken]),
        2,
        "and cannot be ignored"
    );
    assert_eq!(code(&["check", "no/such/file.yaml"]), 2);
    assert_eq!(code(&["check"]), 2);
    assert_eq!(code(&["check", "--no-such-flag", CLEAN]), 2);
}

#[test]
fn what_is_mistyped_is_named() {
    let ended = netpolc(&["check", "--select", "NP310x", CLEAN], "");
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("no code begins with `NP310x`"),
        "{}",
        ended.err
    );
    let ended = netpolc(&["check", "--format", "fulll", CLEAN], "");
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("use full, concise, json"),
        "{}",
        ended.err
    );
    let ended = netpolc(
        &["check", "--format", "full", "--format", "json", CLEAN],
        "",
    );
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("json=report.json"), "{}", ended.err);
}

#[test]
fn formats_go_where_they_are_sent() {
    let file = scratch("formats.json");
    let json = format!("json={}", file.display());
    let ended = netpolc(
        &["check", "--format", "concise", "--format", &json, ONE_SIDED],
        "",
    );
    assert_eq!(ended.code, 1);
    let line = ended.out.lines().next().unwrap();
    let begin =
        "policies-examples/lints/NP301/bad/payments.yaml:10:7: NP301 [error] allowed on one";
    assert!(line.starts_with(begin), "{line}");
    let end = "(other side: policies-examples/lints/NP301/bad/api.yaml:7:17)";
    assert!(line.ends_with(end), "{line}");
    assert!(
        ended.out.ends_with("\n1 error in 3 files\n"),
        "{}",
        ended.out
    );
    let json: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(json.pointer("/summary/errors").unwrap(), 1);
    assert_eq!(
        json.pointer("/findings/0/witness/port").unwrap(),
        "TCP/8443"
    );
    assert_eq!(json.pointer("/findings/0/location/start/line").unwrap(), 10);
}

#[test]
fn statistics_count_by_code() {
    let ended = netpolc(&["check", "--statistics", ONE_SIDED], "");
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (1, "     1  NP301  one-sided-allow\n")
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["full", "concise", "json"] {
        let args = ["check", "--format", format, "policies-examples/shop/v1"];
        assert_eq!(netpolc(&args, "").out, netpolc(&args, "").out);
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    assert!(!netpolc(&["check", ONE_SIDED], "").out.contains('\u{1b}'));
    let coloured = netpolc(&["check", "--color", "always", ONE_SIDED], "").out;
    assert!(coloured.contains('\u{1b}'));
}

/// Text of the input reaches messages, labels, paths and source lines; none of it may reach the
/// terminal as a command.
#[test]
fn user_text_cannot_steer_the_terminal() {
    let nasty = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                 metadata: {name: \"a\\e[2Jb\\u009b31m\\u202ec\", namespace: shop}\n\
                 spec:\n  podSelector: {}\n  policyTypes: [Ingress]\n  \
                 egress: [{}] # \u{85}\u{202e} plain \u{9b}31m\n";
    for format in ["full", "concise", "json"] {
        let ended = netpolc(&["check", "--format", format, "-"], nasty);
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ended.out.contains(steers), "{format}: {:?}", ended.out);
        assert!(!ended.err.contains(steers), "{format}: {:?}", ended.err);
        assert!(
            ended.out.contains("NP"),
            "{format}: nothing is reported: {}",
            ended.out
        );
    }
}

#[test]
fn a_dump_on_one_line_is_cut_and_its_column_is_right() {
    let filler = "x".repeat(100_000);
    let policy = format!(
        "{{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":\
         {{\"name\":\"p\",\"namespace\":\"shop\",\"annotations\":{{\"a\":\"{filler}\"}}}},\"spec\":\
         {{\"podSelector\":{{}},\"policyTypes\":[\"Ingress\"],\"egress\":[{{}}]}}}}"
    );
    let column = policy.find("[{}]").unwrap() + 2;
    let ended = netpolc(&["check", "-"], &policy);
    assert!(ended.out.contains("NP309"), "{}", ended.out);
    assert!(
        ended.out.contains(&format!("<stdin>:1:{column}")),
        "{}",
        ended.out
    );
    let widest = ended.out.lines().map(|l| l.chars().count()).max();
    assert!(widest < Some(400), "{widest:?}");
}

#[test]
fn explain_prints_the_page() {
    let page = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/lints/NP301.md"
    ));
    let page = page.unwrap();
    for asked in ["NP301", "np301", "one-sided-allow"] {
        let ended = netpolc(&["explain", asked], "");
        assert_eq!((ended.code, &ended.out), (0, &page), "{asked}");
    }
    let ended = netpolc(&["explain", "--list"], "");
    assert_eq!(ended.code, 0);
    assert!(ended.out.lines().count() >= 16, "{}", ended.out);
    let ended = netpolc(&["explain", "NP3012"], "");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("did you mean NP301?"), "{}", ended.err);
    assert_eq!(netpolc(&["explain"], "").code, 2);
}
