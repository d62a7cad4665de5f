//! What the tests of the command line share.

use netpolc::cli::{Terminal, run};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a command ended and what it wrote.
#[derive(Debug)]
pub struct Ended {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Fails with everything that was written when the code is another one.
    #[track_caller]
    pub fn expect_code(self, code: u8) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("standard output is one JSON document")
    }

    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|l| serde_json::from_str(l).expect("each line is JSON"))
            .collect()
    }
}

/// Runs `netpolc` with these arguments and this standard input.
pub fn netpolc_with<A: Into<OsString>>(stdin: &[u8], args: impl IntoIterator<Item = A>) -> Ended {
    let args = std::iter::once("netpolc".into()).chain(args.into_iter().map(Into::into));
    let mut stdin = stdin;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = run(
        args,
        &mut Terminal::new(&mut stdin, &mut stdout, &mut stderr),
    );
    Ended {
        code: exit.code(),
        stdout: String::from_utf8(stdout).expect("answers are UTF-8"),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// Runs `netpolc` with these arguments.
pub fn netpolc<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Ended {
    netpolc_with(b"", args)
}

/// The real binary, for what depends on where the command stands: the exit code and both streams.
pub fn in_dir(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_netpolc"))
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

/// A directory of its own for one test, empty at first.
pub fn dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("cli")
        .join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Writes a file and its directories.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A small cluster: shop/web may reach shop/api on TCP/8443, nothing else may enter `shop`; db has
/// no policy.
pub fn shop(name: &str) -> PathBuf {
    let dir = dir(name);
    write(&dir.join("workloads.yaml"), WORKLOADS);
    write(&dir.join("policies/deny.yaml"), DENY);
    write(&dir.join("policies/api.yaml"), API);
    dir
}

const WORKLOADS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: registry.example/web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: registry.example/api
        ports:
        - {name: https, containerPort: 8443}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: data}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - {name: db, image: registry.example/db}
";

const DENY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
";

const API: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    ports:
    - {port: https}
";

/// Fails when a value is not of the form of `schemas/<file>`; `part` is a name below `$defs`.
#[track_caller]
pub fn assert_form(value: &Value, file: &str, part: Option<&str>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../schemas")
        .join(file);
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    if let Some(part) = part {
        // The schema of a part is the whole one with another root.
        schema = serde_json::json!({
            "$schema": schema["$schema"],
            "$defs": schema["$defs"],
            "$ref": format!("#/$defs/{part}"),
        });
    }
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}
