//! `netpolc.toml`, `--target` and `init`.

use crate::support::{dir, in_dir, netpolc, shop, write};

/// Two clusters: in `open` the shop has no default deny.
fn two(name: &str) -> std::path::PathBuf {
    let dir = shop(name);
    write(
        &dir.join("clusters/open/api.yaml"),
        &std::fs::read_to_string(dir.join("policies/api.yaml")).unwrap(),
    );
    write(
        &dir.join("clusters/closed/api.yaml"),
        &std::fs::read_to_string(dir.join("policies/api.yaml")).unwrap(),
    );
    write(
        &dir.join("clusters/closed/deny.yaml"),
        &std::fs::read_to_string(dir.join("policies/deny.yaml")).unwrap(),
    );
    std::fs::remove_dir_all(dir.join("policies")).unwrap();
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    dir
}

const CONFIG: &str = "[[target]]\nname = \"open\"\npaths = [\"clusters/open\", \"workloads.yaml\"]\n\n[[target]]\nname = \"closed\"\npaths = [\"clusters/closed\", \"workloads.yaml\"]\n";

#[test]
fn a_target_is_read_from_below_too_and_all_are_told_apart() {
    let dir = two("targets");
    write(&dir.join("netpolc.toml"), CONFIG);
    for (target, code) in [("open", 0), ("closed", 1)] {
        let (ended, out, err) = in_dir(
            &dir.join("clusters/open"),
            &[
                "query", "world", "shop/web", "--port", "TCP/80", "--target", target,
            ],
        );
        assert_eq!(ended, Some(code), "{target}: {out}{err}");
    }
    let (code, out, err) = in_dir(&dir, &["query", "world", "shop/web", "--port", "TCP/80"]);
    assert_eq!(code, Some(1), "{out}{err}");
    let (first, second) = out.split_once("# target closed\n").unwrap();
    assert!(
        first.starts_with("# target open\n") && first.contains("allow") && second.contains("deny"),
        "{out}"
    );
    let (code, out, _) = in_dir(&dir, &["reach"]);
    assert_eq!(code, Some(0));
    assert_eq!(out.matches("# target ").count(), 2, "{out}");
    let (code, _, err) = in_dir(&dir, &["reach", "--target", "opne"]);
    assert!(
        code == Some(2) && err.contains("did you mean `open`?"),
        "{err}"
    );
    let (code, _, err) = in_dir(&dir, &["reach", "--target", "open", "workloads.yaml"]);
    assert!(code == Some(2) && err.contains("give one of them"), "{err}");
}

#[test]
fn a_fault_of_the_configuration_has_its_line() {
    let dir = two("targets-fault");
    write(
        &dir.join("netpolc.toml"),
        "[[target]]\nname = \"a\"\npath = [\"x\"]\n",
    );
    let (code, _, err) = in_dir(&dir, &["reach", "--target", "a"]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("netpolc.toml:3: unknown key `path`; did you mean `paths`?"),
        "{err}"
    );
}

#[test]
fn overlays_are_told_once_and_init_names_them() {
    let dir = two("targets-init");
    let (_, _, err) = in_dir(&dir, &["reach", "."]);
    assert_eq!(
        err.matches("both define NetworkPolicy shop/api").count(),
        1,
        "{err}"
    );
    assert!(err.contains("netpolc init"), "{err}");
    let (code, out, err) = in_dir(&dir, &["init"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let text = std::fs::read_to_string(dir.join("netpolc.toml")).unwrap();
    assert!(
        text.contains("name = \"closed\"\npaths = [\"clusters/closed\", \"workloads.yaml\"]"),
        "{text}"
    );
    let (code, _, err) = in_dir(&dir, &["init"]);
    assert!(code == Some(2) && err.contains("--force"), "{err}");
    let (code, ..) = in_dir(&dir, &["init", "--force"]);
    assert_eq!(code, Some(0));
    for target in ["open", "closed"] {
        let (code, out, err) = in_dir(
            &dir,
            &[
                "query", "world", "shop/web", "--port", "TCP/80", "--target", target,
            ],
        );
        assert_eq!(
            code,
            Some(i32::from(target == "closed")),
            "{out}{err}{text}"
        );
    }
}

#[test]
fn init_finds_charts_and_values_of_the_cni() {
    let dir = dir("targets-charts");
    write(
        &dir.join("charts/shop/Chart.yaml"),
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    );
    write(
        &dir.join("cilium-values.yaml"),
        "policyEnforcementMode: default\n",
    );
    write(
        &dir.join("a/p.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
    );
    let text = netpolc(["init", "--dry-run", dir.to_str().unwrap()])
        .expect_code(0)
        .stdout;
    assert!(
        text.contains(
            "name = \"default\"\npaths = [\"a\"]\ncni-values = [\"cilium-values.yaml\"]\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("[[target.charts]]\npath = \"charts/shop\"\n"),
        "{text}"
    );
    assert!(!dir.join("netpolc.toml").exists());
    let nothing = crate::support::dir("targets-nothing");
    netpolc(["init", nothing.to_str().unwrap()]).expect_code(2);
}

#[test]
fn a_configuration_names_nothing_outside_of_its_repository() {
    let dir = two("targets-outside").join("repository");
    std::fs::create_dir_all(dir.join(".git")).unwrap();
    write(&dir.join("in.yaml"), "{}\n");
    write(&dir.join("../secret.yaml"), "word: hunter2\n");
    std::os::unix::fs::symlink("../secret.yaml", dir.join("link.yaml")).unwrap();
    for (key, path, refused) in [
        ("paths", "../secret.yaml", true),
        ("paths", "link.yaml", true),
        ("paths", "in.yaml", false),
        ("cni-values", "../secret.yaml", true),
        ("cluster-state", "../secret.yaml", true),
    ] {
        let given = if key == "paths" {
            ""
        } else {
            "paths = [\"in.yaml\"]\n"
        };
        let config = format!("[[target]]\nname = \"a\"\n{given}{key} = [\"{path}\"]\n");
        write(&dir.join("netpolc.toml"), &config);
        let (code, out, err) = in_dir(&dir, &["check"]);
        let said = err.contains("lies outside of the repository");
        assert_eq!(
            (code == Some(2) && said, said),
            (refused, refused),
            "{config}{out}{err}"
        );
        assert!(!format!("{out}{err}").contains("hunter2"), "{out}{err}");
    }
    let chart = "[[target]]\nname = \"a\"\n[[target.charts]]\npath = \"..\"\n";
    write(&dir.join("netpolc.toml"), chart);
    assert_eq!(in_dir(&dir, &["check"]).0, Some(2));
    write(&dir.join("netpolc.toml"), &"#\n".repeat(1 << 20));
    let (code, _, err) = in_dir(&dir, &["check"]);
    assert!(
        code == Some(2) && err.contains("larger than 1 MiB"),
        "{err}"
    );
}

#[test]
fn what_the_configuration_leaves_out_is_said() {
    let dir = two("targets-left-out");
    let config = format!("[check]\nselect = [\"NP3\"]\nignore = [\"NP306\"]\n{CONFIG}");
    write(&dir.join("netpolc.toml"), &config);
    let (_, _, err) = in_dir(&dir, &["check"]);
    let said = "netpolc.toml leaves out NP306 ([check] ignore)";
    assert_eq!(err.matches(said).count(), 1, "{err}");
    assert!(
        err.contains("looks for NP3 alone ([check] select)"),
        "{err}"
    );
    let (_, _, err) = in_dir(&dir, &["check", "--ignore", "NP4", "--select", "NP"]);
    assert!(!err.contains("[check]"), "{err}");
}
