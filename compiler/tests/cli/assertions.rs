//! `netpolc test`.

use crate::support::{Ended, assert_form, netpolc, shop, write};
use std::path::Path;

fn suite(name: &str, text: &str, more: &[&str]) -> Ended {
    let dir = shop(name);
    let file = dir.join("netpolc-test.yaml");
    write(&file, text);
    netpolc(
        ["test", file.to_str().unwrap()]
            .into_iter()
            .chain(more.iter().copied()),
    )
}

const HEAD: &str = "paths: [policies, workloads.yaml]\ntests:\n";

#[test]
fn the_shops_assertions_hold() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies-examples/shop/netpolc-test.yaml");
    let ended = netpolc(["test", file.to_str().unwrap(), "--coverage"]).expect_code(0);
    assert!(
        ended.stdout.contains("assertions hold\ncoverage: "),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("no assertion rests on NetworkPolicy shop/mailer, egress rule 1"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_fails_names_its_line_and_the_rule_that_decided() {
    let text = format!(
        "{HEAD}- {{from: shop/web, to: shop/api, port: TCP/8443, expect: allow}}\n- from: data/db\n  to: shop/api\n  port: TCP/8443\n  expect: allow\n  because: backups\n"
    );
    let ended = suite("assert-fail", &text, &[]).expect_code(1);
    let out = &ended.stdout;
    assert!(
        out.contains("ok    shop/web → shop/api  TCP/8443  allow\n"),
        "{out}"
    );
    assert!(
        out.contains("FAIL  data/db → shop/api  TCP/8443  expected allow")
            && out.contains("netpolc-test.yaml:4)"),
        "{out}"
    );
    assert!(
        out.contains("because: backups\n") && out.contains("isolated by NetworkPolicy shop/api"),
        "{out}"
    );
    assert!(out.ends_with("1 of 2 assertions hold\n"), "{out}");
    let ended = suite(
        "assert-fail-json",
        &text,
        &["--format", "json", "--coverage"],
    )
    .expect_code(1);
    let json = ended.json();
    assert_form(&json, "test.v1.json", Some("results"));
    assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
    assert_eq!(json["results"][1]["wrong"]["verdict"], "deny");
    // default-deny isolates web and is asked by nobody; api's isolation and its rule are.
    assert_eq!(
        (&json["coverage"]["covered"], &json["coverage"]["rules"]),
        (&2.into(), &3.into())
    );
    let junit = suite("assert-fail-junit", &text, &["--format", "junit"])
        .expect_code(1)
        .stdout;
    assert!(
        junit.contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\">"),
        "{junit}"
    );
    assert!(
        junit.contains("line=\"4\"") && junit.contains("<failure message=\"data/db → shop/api"),
        "{junit}"
    );
}

#[test]
fn sets_mean_all_of_them_unless_any_is_said() {
    let line =
        |rest: &str| format!("{HEAD}- {{from: '*/*', to: shop/api, port: TCP/8443, {rest}}}\n");
    suite("assert-all", &line("expect: allow"), &[]).expect_code(1);
    suite("assert-all-deny", &line("expect: deny"), &[]).expect_code(1);
    suite("assert-any", &line("expect: allow, match: any"), &[]).expect_code(0);
    suite("assert-any-deny", &line("expect: deny, match: any"), &[]).expect_code(0);
    suite(
        "assert-any-unknown",
        &line("expect: unknown, match: any"),
        &[],
    )
    .expect_code(1);
    suite(
        "assert-every-port",
        &format!("{HEAD}- {{from: shop/web, to: shop/api, expect: allow}}\n"),
        &[],
    )
    .expect_code(1);
}

#[test]
fn files_that_cannot_be_asked_end_in_2_with_their_lines() {
    for (name, text, says) in [
        (
            "key",
            format!("{HEAD}- {{from: a/b, to: c/d, expcet: deny}}\n"),
            ":3:24: unknown key `expcet`; did you mean `expect`?",
        ),
        (
            "party",
            format!("{HEAD}- {{from: a, to: c/d, expect: deny}}\n"),
            ":3:10: `a` is no party",
        ),
        (
            "verdict",
            format!("{HEAD}- {{from: a/b, to: c/d, expect: yes}}\n"),
            "`expect` is allow, deny or unknown",
        ),
        (
            "nobody",
            format!("{HEAD}- {{from: [], to: c/d, expect: deny}}\n"),
            "empty list",
        ),
        ("top", "tets: []\n".to_owned(), "did you mean `tests`"),
        ("nothing", String::new(), "asserts nothing"),
        (
            "paths",
            "tests:\n- {from: a/b, to: c/d, expect: deny}\n".to_owned(),
            "which manifests",
        ),
        ("yaml", "tests: [\n".to_owned(), ":"),
    ] {
        let ended = suite(&format!("assert-bad-{name}"), &text, &[]).expect_code(2);
        assert!(ended.stderr.contains(says), "{name}: {}", ended.stderr);
    }
    let ended = suite(
        "assert-unknown-name",
        &format!("{HEAD}- {{from: shop/wbe, to: shop/api, expect: deny}}\n"),
        &[],
    )
    .expect_code(2);
    assert!(
        ended.stdout.contains("did you mean `shop/web`"),
        "{}",
        ended.stdout
    );
}
