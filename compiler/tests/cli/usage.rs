//! Help, wrong usage and hostile arguments.

use crate::support::{dir, netpolc, netpolc_with, shop, write};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};

const VERBS: [&str; 15] = [
    "check",
    "explain",
    "query",
    "reach",
    "render",
    "diff",
    "test",
    "init",
    "build",
    "inspect",
    "keygen",
    "sign",
    "verify",
    "completions",
    "man",
];

#[test]
fn every_verb_has_help_with_examples() {
    let help = netpolc(["--help"]).expect_code(0);
    for verb in VERBS {
        assert!(help.stdout.contains(verb), "{verb}\n{}", help.stdout);
        let help = netpolc([verb, "--help"]).expect_code(0);
        assert!(help.stdout.contains("Example"), "{verb}\n{}", help.stdout);
        assert!(help.stdout.contains(&format!("netpolc {verb}")), "{verb}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let version = netpolc(["--version"]).expect_code(0);
    assert_eq!(
        version.stdout,
        format!("netpolc {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_ends_in_2_with_a_sentence() {
    for args in [
        &[][..],
        &["nonsense"],
        &["query"],
        &["query", "a/b"],
        &["query", "a/b", "c/d"],
        &["query", "a/b", "nonsense", "."],
        &["query", "a/b", "c/d", "--port", "TCP/99999", "."],
        &["query", "a/b", "c/d", "--expect", "maybe", "."],
        &["query", "--batch", "-", "-"],
        &["query", "--batch", "x", "--port", "TCP/1", "."],
        &["reach"],
        &["reach", "--format", "nonsense", "."],
        &["reach", "--quiet", "--verbose", "."],
        &["reach", "--target", "prod", "."],
        &["reach", "/nowhere/at/all"],
        &["completions", "nonsense"],
    ] {
        let ended = netpolc(args.iter().copied()).expect_code(2);
        assert!(!ended.stderr.is_empty(), "{args:?}");
        assert!(ended.stdout.is_empty(), "{args:?}\n{}", ended.stdout);
    }
}

#[test]
fn hostile_arguments_end_in_2_and_never_in_a_panic() {
    let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    let long = "x".repeat(1 << 20);
    for hostile in [
        OsString::from(""),
        OsString::from("\u{0}"),
        bytes(b"\xff\xfe/\xff"),
        OsString::from("a/\u{1b}[31mb"),
        OsString::from("*".repeat(10_000) + "/x"),
        OsString::from(long.clone()),
        OsString::from("::/129"),
        OsString::from("256.0.0.1"),
        OsString::from("a/b#99999999999999999999999"),
    ] {
        for at in 0..3 {
            let mut args: Vec<OsString> = ["query", "a/b", "c/d", "/nowhere"]
                .map(OsString::from)
                .to_vec();
            args[at + 1].clone_from(&hostile);
            let ended = netpolc(args).expect_code(2);
            assert!(ended.stderr.len() < 3 * long.len(), "the sentence grew");
        }
    }
}

#[test]
fn completions_name_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = netpolc(["completions", shell]).expect_code(0).stdout;
        for verb in VERBS {
            assert!(script.contains(verb), "{shell} {verb}");
        }
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let dir = dir("man");
    netpolc(["man", "--directory", dir.to_str().unwrap()]).expect_code(0);
    for verb in VERBS {
        let page = netpolc(["man", verb]).expect_code(0).stdout;
        assert!(page.contains(&format!(".TH netpolc-{verb} 1 ")), "{page}");
        assert!(page.contains("Examples:"), "{verb}");
        let written = std::fs::read_to_string(dir.join(format!("netpolc-{verb}.1"))).unwrap();
        assert_eq!(written, page);
    }
    let page = netpolc(["man"]).expect_code(0).stdout;
    assert!(
        page.contains(".TH netpolc 1 ") && page.contains("netpolc\\-check"),
        "{page}"
    );
    let count = std::fs::read_dir(&dir).unwrap().count();
    assert_eq!(count, VERBS.len() + 1);
    let ended = netpolc(["man", "chek"]).expect_code(2);
    assert!(
        ended.stderr.contains("there is no verb `chek`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn standard_input_is_a_path() {
    let dir = shop("stdin");
    let text = std::fs::read_to_string(dir.join("workloads.yaml")).unwrap();
    let ended = netpolc_with(text.as_bytes(), ["query", "shop/web", "shop/api", "-"]);
    assert!(ended.expect_code(0).stdout.contains("every port"));
}

#[test]
fn colours_come_when_asked_for_and_not_into_pipes() {
    let dir = shop("colours");
    let ask = |color: &str| {
        let args = ["query", "shop/web", "shop/api", "--color", color].map(OsString::from);
        let args = args.into_iter().chain([dir.clone().into_os_string()]);
        netpolc(args).stdout
    };
    assert!(ask("always").contains('\u{1b}'));
    assert!(!ask("auto").contains('\u{1b}'));
    assert!(!ask("never").contains('\u{1b}'));
}

/// The binary itself: real streams, real exit codes, a pipe that nobody reads.
#[test]
fn the_binary_is_quiet_when_its_reader_goes_away() {
    let dir = dir("pipe");
    let pods: Vec<String> = (0..2000)
        .map(|number| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{number}, namespace: ns-{number}}}\n\
                 spec: {{containers: [{{name: c, image: registry.example/c}}]}}\n"
            )
        })
        .collect();
    let pods = pods.join("---\n");
    write(&dir.join("pods.yaml"), &pods);
    let mut child = Command::new(env!("CARGO_BIN_EXE_netpolc"))
        .args(["query", "*/*", "ns-1/pod-1", "--format", "json"])
        .arg(&dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!told.contains("panic") && !told.contains("error"), "{told}");
}

#[test]
fn the_binary_ends_with_the_code_of_the_answer() {
    let dir = shop("binary");
    for (to, code) in [("shop/api", 0), ("shop/web", 1), ("shop/nobody", 2)] {
        let ended = Command::new(env!("CARGO_BIN_EXE_netpolc"))
            .args(["query", "shop/web", to, "--port", "TCP/8443", "."])
            .current_dir(&dir)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(code), "{to}");
        assert_eq!(ended.stderr.is_empty(), code != 2);
    }
}
