//! What users see of a cluster with policies of Cilium.

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
fn policies_of_cilium_as_users_see_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::env::set_current_dir(root).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        let seen = session(&[
            "netpolc check policies-examples/cilium",
            "netpolc reach policies-examples/cilium",
            "netpolc query shop/web shop/api --port TCP/8080 policies-examples/cilium",
            "netpolc query shop/web kube-system/dns --port UDP/53 policies-examples/cilium",
            "netpolc query shop/api 192.0.2.1 --port TCP/443 policies-examples/cilium",
            "netpolc query shop/api 198.51.100.1 --port TCP/443 policies-examples/cilium",
            "netpolc query shop/api shop/db --port TCP/5432 policies-examples/cilium",
            "netpolc query shop/web shop/db --port TCP/5432 policies-examples/cilium",
            "netpolc query monitoring/prometheus shop/api --port TCP/9090 policies-examples/cilium",
        ]);
        insta::assert_snapshot!("cilium", seen);
    });
}
