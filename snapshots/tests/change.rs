//! What users see of changes and assertions.

use netpolc::cli::{Terminal, run};
use std::path::Path;

/// Each command line with what it prints and how it ends.
fn session(lines: &[&str]) -> String {
    let mut session = String::new();
    for line in lines {
        let (mut stdin, mut stdout, mut stderr) = (&b""[..], Vec::new(), Vec::new());
        let mut terminal = Terminal::new(&mut stdin, &mut stdout, &mut stderr);
        let exit = run(line.split(' ').map(Into::into), &mut terminal);
        session.push_str(&format!(
            "$ {line}\n{}{}exit {}\n\n",
            String::from_utf8(stdout).unwrap(),
            String::from_utf8(stderr).unwrap(),
            exit.code()
        ));
    }
    session
}

#[test]
fn changes_and_assertions_as_users_see_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let seen = session(&[
            "netpolc diff policies-examples/diff/namespace-label/a policies-examples/diff/namespace-label/b",
            "netpolc diff policies-examples/diff/removed-policy/a policies-examples/diff/removed-policy/b",
            "netpolc diff policies-examples/diff/service-port/a policies-examples/diff/service-port/b",
            "netpolc diff policies-examples/shop/v1 policies-examples/shop/v2 --with policies-examples/shop/workloads",
            "netpolc diff policies-examples/shop/v1 policies-examples/shop/v2 --with policies-examples/shop/workloads --format markdown",
            "netpolc test policies-examples/shop/netpolc-test.yaml --coverage",
            "netpolc init policies-examples/diff/service-port --dry-run",
        ]);
        insta::assert_snapshot!("change", seen);
    });
}
