//! What the help and docs/questions.md show is what happens.

use crate::support::{dir, write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a line as a shell would, as far as examples go: words, single quotes.
fn run(line: &str, dir: &Path) -> Output {
    let mut words: Vec<String> = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let (name, args) = words.split_first().unwrap();
    assert_eq!(name, "netpolc", "{line}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_netpolc"));
    command.args(args).current_dir(dir).env("NO_COLOR", "1");
    command.output().unwrap()
}

#[test]
fn the_page_of_questions_shows_what_is_printed() {
    let page = fs::read_to_string(root().join("docs/questions.md")).unwrap();
    let shop = root().join("policies-examples/shop");
    let mut shown = 0;
    for block in page.split("```console\n$ ").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        let (line, expected) = block.split_once('\n').unwrap();
        let output = run(line, &shop);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            printed,
            expected,
            "$ {line}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        shown += 1;
    }
    assert!(shown >= 9, "{shown} examples");
}

/// A directory in which the examples of the help mean something.
fn place() -> PathBuf {
    let place = dir("help-examples");
    for (from, to) in [("v2", "policies"), ("workloads", "workloads")] {
        for entry in fs::read_dir(root().join("policies-examples/shop").join(from)).unwrap() {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            write(&place.join(to).join(entry.file_name()), &text);
        }
    }
    let inventory = root().join("policies-examples/shop/inventory.json");
    let inventory = fs::canonicalize(inventory).unwrap();
    let build = format!(
        "netpolc build policies workloads --accept-unknown --inventory '{}' -o policy.npb",
        inventory.display()
    );
    let built = run(&build, &place);
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let pod = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"one\"}, \
               \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"registry.example/c\"}]}}";
    let dump = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{pod}]}}\n");
    write(&place.join("dump.json"), &dump);
    write(
        &place.join("questions.jsonl"),
        "{\"from\": \"edge/web\", \"to\": \"shop/cart\", \"protocol\": \"TCP\", \"port\": 8080}\n",
    );
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: new, namespace: edge}\n\
                  spec: {podSelector: {}, policyTypes: [Egress]}\n";
    write(&place.join("new-policy.yaml"), policy);
    place
}

#[test]
fn the_examples_of_the_help_run() {
    let place = place();
    for (verb, least) in [("query", 8), ("reach", 7)] {
        let help = run(&format!("netpolc {verb} --help"), &place);
        let help = String::from_utf8(help.stdout).unwrap();
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let lines = examples
            .lines()
            .filter_map(|line| line.strip_prefix("  netpolc "));
        let mut ran = 0;
        for line in lines {
            // What follows is the shell's and other programs'.
            let line = line
                .split([' ', '\t'])
                .take_while(|word| !["|", ">"].contains(word));
            let line = format!("netpolc {}", line.collect::<Vec<_>>().join(" "));
            let output = run(&line, &place);
            let code = output.status.code().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                code <= 1 && !output.stdout.is_empty(),
                "$ {line}\n{code} {told}"
            );
            ran += 1;
        }
        assert!(ran >= least, "{verb}: {ran}");
    }
}
