//! Whole sessions: what users type and what they see.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpolc::cli::{Terminal, run};
use std::fmt::Write;
use std::path::Path;

/// Holds each command line, with what it prints and how it ends, against the snapshot.
fn session(name: &str, lines: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let mut session = String::new();
    for line in lines {
        let (mut stdin, mut stdout, mut stderr) = (&b""[..], Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut stdin, &mut stdout, &mut stderr);
        let exit = run(line.split(' ').map(Into::into), &mut terminal);
        let stdout = String::from_utf8(stdout).unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        writeln!(session, "$ {line}\n{stdout}{stderr}exit {}\n", exit.code()).unwrap();
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, session));
}

/// A cluster with admin, namespace and baseline policies.
#[test]
fn admin_policies_as_users_see_them() {
    session(
        "tiers",
        &[
            "netpolc check policies-examples/tiers",
            "netpolc reach policies-examples/tiers",
            "netpolc query monitoring/prometheus shop/orders --port TCP/metrics policies-examples/tiers",
            "netpolc query monitoring/prometheus shop/orders --port TCP/5432 policies-examples/tiers",
            "netpolc query guest/notebook shop/web --port TCP/8443 policies-examples/tiers",
            "netpolc query guest/notebook shop/orders --port TCP/8443 policies-examples/tiers",
            "netpolc query guest/notebook shop/web --port TCP/9090 policies-examples/tiers",
            "netpolc query shop/web shop/orders --port TCP/5432 policies-examples/tiers",
            "netpolc query shop/web 169.254.169.254 --port TCP/80 policies-examples/tiers",
        ],
    );
}

/// A cluster with policies of Cilium.
#[test]
fn policies_of_cilium_as_users_see_them() {
    session(
        "cilium",
        &[
            "netpolc check policies-examples/cilium",
            "netpolc reach policies-examples/cilium",
            "netpolc query shop/web shop/api --port TCP/8080 policies-examples/cilium",
            "netpolc query shop/web kube-system/dns --port UDP/53 policies-examples/cilium",
            "netpolc query shop/api 192.0.2.1 --port TCP/443 policies-examples/cilium",
            "netpolc query shop/api 198.51.100.1 --port TCP/443 policies-examples/cilium",
            "netpolc query shop/api shop/db --port TCP/5432 policies-examples/cilium",
            "netpolc query shop/web shop/db --port TCP/5432 policies-examples/cilium",
            "netpolc query monitoring/prometheus shop/api --port TCP/9090 policies-examples/cilium",
        ],
    );
}

/// Changes and assertions.
#[test]
fn changes_and_assertions_as_users_see_them() {
    session(
        "change",
        &[
            "netpolc diff policies-examples/diff/namespace-label/a policies-examples/diff/namespace-label/b",
            "netpolc diff policies-examples/diff/removed-policy/a policies-examples/diff/removed-policy/b",
            "netpolc diff policies-examples/diff/service-port/a policies-examples/diff/service-port/b",
            "netpolc diff policies-examples/shop/v1 policies-examples/shop/v2 --with policies-examples/shop/workloads",
            "netpolc diff policies-examples/shop/v1 policies-examples/shop/v2 --with policies-examples/shop/workloads --format markdown",
            "netpolc test policies-examples/shop/netpolc-test.yaml --coverage",
            "netpolc init policies-examples/diff/service-port --dry-run",
        ],
    );
}

/// Findings that are not wanted, and edits.
#[test]
fn suppressions_and_edits_as_users_see_them() {
    session(
        "findings",
        &[
            "netpolc check policies-examples/lints/NP108/bad",
            "netpolc check --diff policies-examples/lints/NP108/bad",
            "netpolc check --diff policies-examples/lints/NP108/good",
            "netpolc check --select NP3 --show-suppressed --format concise policies-examples/lints/NP301/bad",
        ],
    );
}

/// A chart: its documents, a rule led back to its values, and the difference of two values files.
#[test]
fn charts_as_users_see_them() {
    session(
        "charts",
        &[
            "netpolc check policies-examples/charts",
            "netpolc render policies-examples/charts/web --release-name web --show-only templates/networkpolicy.yaml",
            "netpolc query default/batch default/web --port TCP/8080 policies-examples/charts/web policies-examples/charts/gateway.yaml --release-name web",
            "netpolc query default/batch default/web --port TCP/8080 policies-examples/charts/web policies-examples/charts/gateway.yaml --release-name web --set networkPolicy.enabled=false",
            "netpolc diff policies-examples/charts/values/production.yaml policies-examples/charts/values/opened.yaml --chart policies-examples/charts/web --with policies-examples/charts/gateway.yaml --release-name web",
        ],
    );
}

/// Objects of Argo CD and Flux that deploy the chart.
#[test]
fn gitops_objects_as_users_see_them() {
    session(
        "gitops",
        &[
            "netpolc check policies-examples/gitops",
            "netpolc query blue/gateway blue/web --port TCP/8080 policies-examples/gitops",
            "netpolc query green/gateway green/web --port TCP/8080 policies-examples/gitops",
            "netpolc query red/gateway red/web --port TCP/9090 policies-examples/gitops",
        ],
    );
}
