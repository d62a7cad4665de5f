//! How long a file takes to read, against the parser crate's bare event stream on the same file.
//!
//! `cargo run --release -p netpol-yaml --example speed [FILE]`: without a file, a corpus of about
//! 1 MB is made of policies, workloads and config maps. Prints the best of many runs of both,
//! taken in turn, and their ratio; ends with 1 when the ratio exceeds 1.2.
#![expect(clippy::print_stdout, reason = "the example prints what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netpol_yaml::{Limits, parse_shared};

const ROUNDS: usize = 60;
const MOST: f64 = 1.2;

fn main() -> ExitCode {
    let text: Arc<str> = match std::env::args_os().nth(1) {
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => text.into(),
            Err(error) => {
                println!("{}: {error}", path.to_string_lossy());
                return ExitCode::from(2);
            }
        },
        None => corpus(1_000_000).into(),
    };
    let limits = Limits::default();
    let parsed = parse_shared(&text, &limits);
    let nodes: usize = parsed
        .documents
        .iter()
        .map(netpol_yaml::Document::nodes)
        .sum();
    println!(
        "{} bytes, {} documents, {nodes} nodes, {} diagnostics",
        text.len(),
        parsed.documents.len(),
        parsed.diagnostics.len()
    );
    drop(parsed);

    let (mut events, mut tree) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        events = events.min(time(|| bare_events(&text)));
        tree = tree.min(time(|| parse_shared(&text, &limits)));
    }
    let ratio = tree.as_secs_f64() / events.as_secs_f64();
    println!("events {:.2} ms", events.as_secs_f64() * 1e3);
    println!("tree   {:.2} ms", tree.as_secs_f64() * 1e3);
    println!("ratio  {ratio:.3} (at most {MOST})");
    if ratio > MOST {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// The time of one run; what it made is dropped outside of it.
fn time<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let made = black_box(run());
    let taken = start.elapsed();
    drop(made);
    taken
}

/// The parser crate alone, as it comes: one parser over the whole file.
fn bare_events(text: &str) -> usize {
    let mut count = 0;
    for event in granit_parser::Parser::new_from_str(text) {
        match black_box(event) {
            Ok(_) => count += 1,
            Err(_) => break,
        }
    }
    count
}

/// Manifests of many kinds, up to about `size` bytes.
fn corpus(size: usize) -> String {
    let mut text = String::with_capacity(size + 4096);
    let mut number = 0;
    while text.len() < size {
        let done = match number % 4 {
            0 => policy(&mut text, number),
            1 => deployment(&mut text, number),
            2 => config(&mut text, number),
            _ => flow(&mut text, number),
        };
        if done.is_err() {
            break;
        }
        number += 1;
    }
    text
}

fn policy(text: &mut String, number: usize) -> std::fmt::Result {
    write!(
        text,
        "---\n# Source: shop/templates/policy-{number}.yaml\napiVersion: networking.k8s.io/v1\n\
         kind: NetworkPolicy\nmetadata:\n  name: allow-web-{number}\n  namespace: \"shop-{}\"\n  \
         labels:\n    app.kubernetes.io/name: web\n    app.kubernetes.io/instance: r{number}\n\
         spec:\n  podSelector:\n    matchLabels:\n      app: web # the front\n  policyTypes:\n  - \
         Ingress\n  - Egress\n  ingress:\n  - from:\n    - podSelector:\n        matchExpressions:\n\
         \x20       - key: tier\n          operator: In\n          values: [front, back]\n    - ipBlock:\n\
         \x20       cidr: 10.{}.0.0/16\n        except:\n        - 10.{}.7.0/24\n    ports:\n    - protocol: TCP\n\
         \x20     port: {}\n  egress:\n  - to:\n    - namespaceSelector: {{}}\n    ports:\n    - protocol: UDP\n\
         \x20     port: 53\n",
        number % 7,
        number % 250,
        number % 250,
        1024 + number % 30000
    )
}

fn deployment(text: &mut String, number: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{number}\n  annotations:\n\
         \x20   description: 'Der Grüß-Gott-Dienst, № {number}'\nspec:\n  replicas: {}\n  selector:\n    matchLabels: &labels-{number}\n\
         \x20     app: web\n      tier: front\n  template:\n    metadata:\n      labels:\n        <<: *labels-{number}\n        version: \"1.{number}\"\n\
         \x20   spec:\n      containers:\n      - name: web\n        image: \"registry.example/web:{number}\"\n        args: [--listen, \":8080\", --verbose]\n\
         \x20       env:\n        - name: GREETING\n          value: \"hello\\tworld\"\n        - name: MODE\n          value: plain\n\
         \x20       ports:\n        - containerPort: 8080\n          name: http\n        - containerPort: 9090\n          name: metrics\n\
         \x20       resources:\n          limits: {{cpu: 500m, memory: 256Mi}}\n          requests:\n            cpu: 100m\n            memory: 64Mi\n\
         \x20       readinessProbe:\n          httpGet:\n            path: /healthz\n            port: http\n          periodSeconds: 10\n",
        number % 9
    )
}

fn config(text: &mut String, number: usize) -> std::fmt::Result {
    write!(
        text,
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-{number}\ndata:\n  nginx.conf: |\n    server {{\n      listen 8080;\n\
         \x20     location / {{\n        proxy_pass http://backend-{number}:8080;\n      }}\n    }}\n  alert.tmpl: |-\n    {{{{ range .Alerts }}}}\n\
         \x20   {{{{ .Labels.alertname }}}}: {{{{ .Annotations.summary }}}}\n    {{{{ end }}}}\n  folded: >-\n    some words that\n    belong together\n\
         \x20 \"quoted key\": \"a \\\"quoted\\\" value\"\n  number: \"{number}\"\n"
    )
}

fn flow(text: &mut String, number: usize) -> std::fmt::Result {
    write!(
        text,
        "---\n{{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {{\"name\": \"svc-{number}\", \"labels\": {{\"app\": \"web\"}}}},\n \
         \"spec\": {{\"selector\": {{\"app\": \"web\"}}, \"ports\": [{{\"port\": 80, \"targetPort\": \"http\"}}, {{\"port\": 443, \"targetPort\": {}}}]}}}}\n",
        8000 + number
    )
}
