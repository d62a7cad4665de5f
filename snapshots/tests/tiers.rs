//! What users see of a cluster with admin, namespace and baseline policies.

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
fn admin_policies_as_users_see_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let seen = session(&[
            "netpolc check policies-examples/tiers",
            "netpolc reach policies-examples/tiers",
            "netpolc query monitoring/prometheus shop/orders --port TCP/metrics policies-examples/tiers",
            "netpolc query monitoring/prometheus shop/orders --port TCP/5432 policies-examples/tiers",
            "netpolc query guest/notebook shop/web --port TCP/8443 policies-examples/tiers",
            "netpolc query guest/notebook shop/orders --port TCP/8443 policies-examples/tiers",
            "netpolc query guest/notebook shop/web --port TCP/9090 policies-examples/tiers",
            "netpolc query shop/web shop/orders --port TCP/5432 policies-examples/tiers",
            "netpolc query shop/web 169.254.169.254 --port TCP/80 policies-examples/tiers",
        ]);
        insta::assert_snapshot!("tiers", seen);
    });
}
