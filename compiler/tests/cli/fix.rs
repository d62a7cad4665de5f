//! `--fix` and `--diff`: what is edited, what is not, and that it is found out rather than believed.

use crate::support::{dir, in_dir, netpolc_with, write};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

/// A suppression that nobody needs (NP108, deleting it changes nothing) above a policy that is fine.
const IDLE: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                    metadata: {name: a, namespace: shop}\nspec:\n  podSelector: {}\n  \
                    policyTypes: [Ingress]\n  ingress:\n  \
                    # netpolc: ignore[NP309] once\n  - from: # who may\n    - podSelector: {}\n";

/// A pod that the server refuses for a name that is no text (NP103, quoting it brings the pod in).
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n  \
                   containers:\n  - {name: 1, image: registry.example/a}\n";

fn fix(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    in_dir(dir, &[&["check", "--format", "concise"], args].concat())
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

#[test]
fn an_edit_that_changes_nothing_is_made_and_everything_else_stays() {
    let dir = dir("fix-safe");
    write(&dir.join("a.yaml"), IDLE);
    let (code, out, err) = fix(&dir, &["--fix", "a.yaml"]);
    assert_eq!(
        (code, out.as_str()),
        (Some(0), "no findings in 1 file\n"),
        "{err}"
    );
    assert!(err.contains("fixed 1 finding in 1 file"), "{err}");
    let expected = IDLE.replace("  # netpolc: ignore[NP309] once\n", "");
    assert_eq!(read(&dir, "a.yaml"), expected);
    // There is nothing left to do.
    let before = fs::metadata(dir.join("a.yaml"))
        .unwrap()
        .modified()
        .unwrap();
    let (_, _, err) = fix(&dir, &["--fix", "a.yaml"]);
    assert!(err.is_empty(), "{err}");
    assert_eq!(
        fs::metadata(dir.join("a.yaml"))
            .unwrap()
            .modified()
            .unwrap(),
        before
    );
}

#[test]
fn an_edit_that_changes_reachability_is_told_before_it_is_made() {
    let dir = dir("fix-unsafe");
    write(&dir.join("pod.yaml"), POD);
    let (code, out, err) = fix(&dir, &["--fix", "pod.yaml"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(err.contains("1 fix may change who reaches whom"), "{err}");
    assert_eq!(read(&dir, "pod.yaml"), POD);
    let (code, out, err) = fix(&dir, &["--fix", "--unsafe-fixes", "pod.yaml"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        err.contains("fixing pod.yaml:6:12: NP103 changes this:"),
        "{err}"
    );
    assert!(err.contains("workloads that are new: shop/a"), "{err}");
    assert_eq!(
        read(&dir, "pod.yaml"),
        POD.replace("name: 1", "name: \"1\"")
    );
}

#[test]
fn several_edits_are_made_together_and_the_bad_one_is_found() {
    let dir = dir("fix-several");
    write(&dir.join("a.yaml"), IDLE);
    write(&dir.join("b.yaml"), &IDLE.replace("name: a", "name: b"));
    write(&dir.join("pod.yaml"), POD);
    let (_, _, err) = fix(&dir, &["--fix", "."]);
    assert!(err.contains("fixed 2 findings in 2 files"), "{err}");
    assert!(err.contains("1 fix may change"), "{err}");
    assert_eq!(read(&dir, "pod.yaml"), POD);
    assert!(!read(&dir, "b.yaml").contains("netpolc:"));
}

#[test]
fn an_edit_after_which_the_finding_is_there_is_never_made() {
    let dir = dir("fix-useless");
    // Quoted, the address is still none, and the server refuses it for another reason.
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                metadata: {name: a, namespace: shop}\nspec:\n  podSelector: {}\n  ingress:\n  \
                - from:\n    - ipBlock: {cidr: 10}\n";
    write(&dir.join("a.yaml"), text);
    let (code, _, err) = fix(&dir, &["--fix", "--unsafe-fixes", "a.yaml"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("is not fixed: the edit brings up NP103"),
        "{err}"
    );
    assert_eq!(read(&dir, "a.yaml"), text);
}

#[test]
fn a_patch_is_what_would_be_written() {
    let dir = dir("fix-diff");
    for (name, text) in [
        ("lf.yaml", IDLE.to_owned()),
        (
            "crlf.yaml",
            IDLE.replace('\n', "\r\n").replace("name: a", "name: b"),
        ),
        ("open.yaml", IDLE.trim_end().replace("name: a", "name: c")),
        ("sub/pod.yaml", POD.trim_end().to_owned()),
    ] {
        write(&dir.join(name), &text);
    }
    let args = ["--diff", "--unsafe-fixes", "."];
    let (code, patch, err) = fix(&dir, &args);
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(patch.matches("--- a/").count(), 4, "{patch}");
    assert!(patch.contains("\\ No newline at end of file"), "{patch}");
    assert_eq!(read(&dir, "lf.yaml"), IDLE, "nothing is written");
    let copy = dir.join("copy");
    for name in ["lf.yaml", "crlf.yaml", "open.yaml", "sub/pod.yaml"] {
        write(&copy.join(name), &read(&dir, name));
    }
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "-"])
        .current_dir(&copy)
        .env("GIT_CEILING_DIRECTORIES", &copy)
        .env("GIT_DIR", copy.join("no-repository"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut git.stdin.take().unwrap(), patch.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success(), "{patch}");
    fs::rename(&copy, dir.with_extension("copy")).unwrap();
    let copy = dir.with_extension("copy");
    fix(&dir, &["--fix", "--unsafe-fixes", "."]);
    for name in ["lf.yaml", "crlf.yaml", "open.yaml", "sub/pod.yaml"] {
        assert_eq!(read(&copy, name), read(&dir, name), "{name}");
    }
    let crlf = read(&dir, "crlf.yaml");
    assert_eq!(crlf.matches("\r\n").count(), crlf.matches('\n').count());
    assert!(!read(&dir, "open.yaml").ends_with('\n'));
    fs::remove_dir_all(copy).unwrap();
    let (code, patch, _) = fix(&dir, &args);
    assert_eq!((code, patch.as_str()), (Some(0), ""));
}

#[test]
fn permissions_and_links_stay() {
    let dir = dir("fix-links");
    write(&dir.join("real/a.yaml"), IDLE);
    let real = dir.join("real/a.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.yaml", dir.join("link.yaml")).unwrap();
    let (_, _, err) = fix(&dir, &["--fix", "link.yaml"]);
    assert!(err.contains("fixed 1 finding"), "{err}");
    assert!(
        fs::symlink_metadata(dir.join("link.yaml"))
            .unwrap()
            .is_symlink()
    );
    assert!(!read(&dir, "real/a.yaml").contains("netpolc:"));
    let mode = fs::metadata(&real).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left = fs::read_dir(dir.join("real")).unwrap().count();
    assert_eq!(left, 1, "no temporary file is left");
}

#[test]
fn what_cannot_be_written_is_said_and_left() {
    let dir = dir("fix-refused");
    write(&dir.join("a.yaml"), IDLE);
    let file = dir.join("a.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let (_, _, err) = fix(&dir, &["--fix", "a.yaml"]);
    assert!(
        err.contains("is not fixed: `a.yaml` is not writable"),
        "{err}"
    );
    assert_eq!(read(&dir, "a.yaml"), IDLE);
    let ended = netpolc_with(IDLE.as_bytes(), ["check", "--fix", "-"]).expect_code(0);
    assert!(
        ended
            .stderr
            .contains("standard input cannot be written back"),
        "{}",
        ended.stderr
    );
    let ended = netpolc_with(IDLE.as_bytes(), ["check", "--diff", "-"]).expect_code(1);
    assert!(
        ended.stdout.starts_with("--- a/<stdin>\n"),
        "{}",
        ended.stdout
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    write(&dir.join("pod.yaml"), POD);
    write(&dir.join("broken.yaml"), "apiVersion: v1\nkind: Pod\na: [");
    let (code, _, err) = fix(&dir, &["--fix", "."]);
    assert_eq!(code, Some(2));
    assert!(err.contains("nothing is fixed"), "{err}");
    assert_eq!(read(&dir, "a.yaml"), IDLE);
}

#[test]
fn findings_that_are_known_or_not_asked_for_are_left() {
    let dir = dir("fix-known");
    write(&dir.join("a.yaml"), IDLE);
    for args in [&["--select", "NP3"][..], &["--ignore", "NP108"]] {
        fix(&dir, &[&["--fix", "a.yaml"], args].concat());
        assert_eq!(read(&dir, "a.yaml"), IDLE);
    }
    fix(&dir, &["a.yaml", "--write-baseline", "known.json"]);
    fix(&dir, &["--fix", "a.yaml", "--baseline", "known.json"]);
    assert_eq!(read(&dir, "a.yaml"), IDLE);
}

/// What is nothing to one cluster may open another one: both are asked.
#[test]
fn an_edit_of_a_text_that_targets_share_is_proved_in_all_of_them() {
    let dir = dir("fix-targets");
    fs::create_dir_all(dir.join(".git")).unwrap();
    // In `one` another object of that name comes last and is the one that counts.
    let other = POD.replace("name: 1", "name: one");
    write(&dir.join("base/pod.yaml"), POD);
    write(&dir.join("one/pod.yaml"), &other);
    let config = "[[target]]\nname = \"one\"\npaths = [\"base\", \"one\"]\n\
                  [[target]]\nname = \"two\"\npaths = [\"base\"]\n";
    write(&dir.join("netpolc.toml"), config);
    let (_, out, err) = fix(&dir, &["--fix"]);
    assert!(
        err.contains("1 fix may change who reaches whom"),
        "{out}{err}"
    );
    assert_eq!(read(&dir, "base/pod.yaml"), POD);
    let (_, _, err) = fix(&dir, &["--fix", "--unsafe-fixes", "--target", "one"]);
    assert!(err.contains("target two:\n"), "{err}");
    assert!(read(&dir, "base/pod.yaml").contains("\"1\""));
}

#[test]
fn unsafe_fixes_alone_is_a_slip() {
    let dir = dir("fix-unsafe-alone");
    write(&dir.join("a.yaml"), IDLE);
    let (code, out, err) = fix(&dir, &["--unsafe-fixes", "a.yaml"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("give --fix, or --diff"), "{err}");
}

/// A workload and a Service in front of it, whose places move with every edit above them.
const PARTIES: &str = "apiVersion: v1\nkind: Pod\n\
    metadata: {name: api, namespace: shop, labels: {app: api}}\n\
    spec: {containers: [{name: a, image: a, ports: [{containerPort: 80}]}]}\n---\n\
    apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\n\
    spec: {selector: {app: api}, ports: [{port: 80}]}\n---\n\
    apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

/// A NetworkPolicy of the shop for its API.
fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
         metadata: {{name: {name}, namespace: shop}}\nspec:\n  \
         podSelector: {{matchLabels: {{app: api}}}}\n{spec}"
    )
}

#[test]
fn what_means_the_same_is_safe_though_others_may_be_there() {
    let dir = dir("fix-same");
    write(&dir.join("parties.yaml"), PARTIES);
    let text = policy(
        "a",
        "  policyTypes: [Ingress]\n  ingress:\n  - from:\n    ports: [{port: 80}]\n",
    );
    write(&dir.join("a.yaml"), &text);
    let (_, out, err) = fix(&dir, &["--fix", "--select", "NP408", "."]);
    assert!(err.contains("fixed 1 finding"), "{out}{err}");
    let expected = text.replace("- from:\n    ports", "- ports");
    assert_eq!(read(&dir, "a.yaml"), expected);
}

#[test]
fn a_rule_that_repeats_another_one_is_deleted_in_an_open_world() {
    let dir = dir("fix-repeats");
    write(&dir.join("parties.yaml"), PARTIES);
    let rules = "  policyTypes: [Ingress]\n  ingress:\n  - ports: [{port: 80}]\n";
    let more = "  - from: [{podSelector: {}}]\n    ports: [{port: 80}]\n";
    write(&dir.join("a.yaml"), &policy("a", &format!("{rules}{more}")));
    let (_, out, err) = fix(&dir, &["--fix", "--select", "NP303", "."]);
    assert!(err.contains("fixed 1 finding"), "{out}{err}");
    assert_eq!(read(&dir, "a.yaml"), policy("a", rules));
}

#[test]
fn what_an_edit_brings_up_is_left_for_the_next_report() {
    let dir = dir("fix-cascade");
    write(&dir.join("parties.yaml"), PARTIES);
    // With Egress in policyTypes the first policy says all that the second one says.
    let first = policy(
        "a",
        "  policyTypes: [Ingress]\n  ingress: [{from: [{podSelector: {}}]}]\n  egress:\n  \
         - to: [{namespaceSelector: {}}]\n",
    );
    let second = policy(
        "b",
        "  policyTypes: [Egress]\n  egress:\n  \
         - to: [{namespaceSelector: {}}]\n    ports: [{port: 80}]\n  \
         - to: [{ipBlock: {cidr: 192.0.2.0/24}}]\n",
    );
    write(&dir.join("a.yaml"), &first);
    write(&dir.join("b.yaml"), &second);
    let (_, out, err) = fix(&dir, &["--fix", "--unsafe-fixes", "."]);
    assert!(err.contains("a.yaml:9:5: NP309 changes this"), "{out}{err}");
    assert!(read(&dir, "a.yaml").contains("[Ingress, Egress]"));
    assert!(out.contains("NP303"), "{out}");
    assert_eq!(read(&dir, "b.yaml"), second);
}

#[test]
fn a_rule_for_everybody_is_never_switched_on_where_others_close() {
    let dir = dir("fix-everybody");
    write(&dir.join("parties.yaml"), PARTIES);
    let open = policy(
        "a",
        "  policyTypes: [Ingress]\n  ingress: [{from: [{podSelector: {}}]}]\n  egress: [{}]\n",
    );
    let close = policy(
        "b",
        "  policyTypes: [Egress]\n  egress: [{to: [{podSelector: {}}]}]\n",
    );
    write(&dir.join("a.yaml"), &open);
    write(&dir.join("b.yaml"), &close);
    let (_, _, err) = fix(&dir, &["--fix", "--unsafe-fixes", "."]);
    assert_eq!(read(&dir, "a.yaml"), open, "{err}");
    let args = ["check", "--select", "NP309", "."];
    let (_, out, _) = in_dir(&dir, &args);
    assert!(out.contains("would allow everybody at egress"), "{out}");
    assert!(!out.contains("isolates"), "{out}");
}
