//! Inputs made to hurt: each ends in a sentence, within two seconds, without a panic, and with no
//! raw control character in what is said.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests fail by panicking, write files and take the time"
)]

use netpolc::load::LoadOptions;
use netpolc::resolve::{Analysis, Inputs, read};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
                      metadata: {name: fine}\nspec: {podSelector: {}}\n";

/// A directory of its own for each test, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("netpolc-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads a path and checks what must hold of every input.
fn ask(path: &Path) -> Analysis {
    let started = Instant::now();
    let analysis = read(&Inputs {
        paths: vec![path.to_path_buf()],
        ..Inputs::default()
    });
    let took = started.elapsed();
    assert!(
        took < Duration::from_secs(2),
        "{} took {took:?}",
        path.display()
    );
    for finding in &analysis.findings {
        let texts = [Some(&finding.message), finding.help.as_ref()];
        let labels = finding.labels.iter().map(|label| &label.text);
        for text in texts
            .into_iter()
            .flatten()
            .chain(labels)
            .chain(&finding.notes)
        {
            assert!(!text.is_empty(), "an empty sentence");
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
    for (_, source) in analysis.sources.iter() {
        assert!(!source.path.contains(char::is_control), "{:?}", source.path);
    }
    analysis
}

/// The same, and there must be a finding that ends in exit 2; gives its messages.
fn refused(path: &Path) -> String {
    let analysis = ask(path);
    assert!(
        analysis.is_fatal(),
        "{} is taken: {:?}",
        path.display(),
        analysis.findings
    );
    let messages: Vec<&str> = (analysis.findings.iter())
        .map(|finding| finding.message.as_str())
        .collect();
    messages.join("\n")
}

#[test]
fn texts_that_are_none() {
    let folder = Folder::new("texts");
    let garbage: Vec<u8> = (0..100_000u32)
        .map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(POLICY.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let cases: [(&str, &[u8], &str); 9] = [
        ("garbage.yaml", &garbage, ""),
        ("utf16.yaml", &utf16, "UTF-16"),
        ("nul.yaml", b"kind: a\0b\n", "NUL"),
        ("latin1.yaml", b"kind: caf\xe9\n", "UTF-8"),
        ("escape.yaml", b"kind: \x1b[31mred\n", "U+001B"),
        ("empty.yaml", b"", "no Kubernetes object"),
        (
            "words.yaml",
            b"just some words\n",
            "not a Kubernetes object",
        ),
        ("bell.json", b"{\"kind\": \"\x07\"}", "U+0007"),
        (
            "comment.yaml",
            b"# nothing\n---\n# nothing\n",
            "no Kubernetes object",
        ),
    ];
    for (name, bytes, word) in cases {
        let said = refused(&folder.write(name, bytes));
        assert!(said.contains(word), "{name}: {said}");
    }
}

#[test]
fn yaml_that_is_cut_or_deep() {
    let folder = Folder::new("yaml");
    for (at, _) in POLICY.char_indices().step_by(7) {
        let (cut, _) = POLICY.split_at(at);
        ask(&folder.write("cut.yaml", cut));
    }
    refused(&folder.write("open.yaml", "spec: {a: [1, 2\n"));
    refused(&folder.write("flow.yaml", "[".repeat(1_000_000)));
    refused(&folder.write("maps.yaml", "{a: ".repeat(250_000)));
    refused(&folder.write("block.yaml", "- ".repeat(500_000)));
    let mut nested = String::new();
    for depth in 0..2_000 {
        nested.push_str(&" ".repeat(depth));
        nested.push_str("a:\n");
    }
    refused(&folder.write("indent.yaml", nested));
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..10 {
        let before = format!("*a{}, ", n - 1).repeat(9);
        let line = format!("a{n}: &a{n} [{}]\n", before.trim_end_matches(", "));
        laughs.push_str(&line);
    }
    refused(&folder.write("laughs.yaml", laughs));
    refused(&folder.write("circle.yaml", "a: &a [*a]\n"));
    refused(&folder.write("separators.yaml", "---\n".repeat(300_000)));
    refused(&folder.write("quote.yaml", format!("a: \"{}\n", "x".repeat(1_000_000))));
    refused(&folder.write("cut.json", "{\"apiVersion\": \"v1\", \"kind\": \"Lis"));
}

#[test]
fn a_bad_document_loses_no_other() {
    let folder = Folder::new("neighbours");
    let text = format!("a: [\n---\n{POLICY}---\n{{{{ .Values.x }}}}\n---\nkind: [\n");
    let analysis = ask(&folder.write("three.yaml", text));
    assert!(analysis.is_fatal());
    assert_eq!(analysis.objects.len(), 1);
    let codes: Vec<&str> = analysis.findings.iter().map(|f| f.code.0).collect();
    assert_eq!(codes, ["NP101", "NP107", "NP101"]);
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let folder = Folder::new("bom");
    let analysis = ask(&folder.write("bom.yaml", format!("\u{feff}{POLICY}")));
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.objects.len(), 1);
}

#[test]
fn files_that_are_none() {
    let folder = Folder::new("files");
    assert!(refused(&folder.0.join("missing.yaml")).contains("no such file"));
    assert!(refused(Path::new("/dev/zero")).contains("a device"));

    let pipe = folder.0.join("pipe.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    assert!(refused(&pipe).contains("a named pipe"));
    let _socket = UnixListener::bind(folder.0.join("socket.yaml")).unwrap();
    assert!(refused(&folder.0.join("socket.yaml")).contains("a socket"));

    let zero = folder.0.join("zero.yaml");
    symlink("/dev/zero", &zero).unwrap();
    assert!(refused(&zero).contains("a device"));

    let sparse = fs::File::create(folder.0.join("sparse.yaml")).unwrap();
    sparse.set_len(200 << 20).unwrap();
    assert!(refused(&folder.0.join("sparse.yaml")).contains("NUL"));
    let huge = fs::File::create(folder.0.join("huge.yaml")).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert!(refused(&folder.0.join("huge.yaml")).contains("longer than"));

    folder.write("fine.yaml", POLICY);
    let analysis = ask(&folder.0);
    assert!(analysis.is_fatal());
    assert_eq!(
        analysis.objects.len(),
        1,
        "the good file is read all the same"
    );
    assert_eq!(analysis.findings.len(), 5, "{:?}", analysis.findings);
}

#[test]
fn links_are_never_followed_out_of_the_root() {
    let outside = Folder::new("outside");
    outside.write("secret.yaml", POLICY);
    let folder = Folder::new("links");
    folder.write("real/a.yaml", POLICY);
    symlink(outside.0.join("secret.yaml"), folder.0.join("leak.yaml")).unwrap();
    symlink(&outside.0, folder.0.join("leak")).unwrap();
    symlink("real", folder.0.join("current")).unwrap();
    symlink("real/a.yaml", folder.0.join("again.yaml")).unwrap();
    symlink("..", folder.0.join("real/up")).unwrap();
    symlink("ring-b.yaml", folder.0.join("ring-a.yaml")).unwrap();
    symlink("ring-a.yaml", folder.0.join("ring-b.yaml")).unwrap();
    symlink("nowhere.yaml", folder.0.join("dangling.yaml")).unwrap();
    let analysis = ask(&folder.0);
    assert!(analysis.is_fatal());
    assert_eq!(
        analysis.objects.len(),
        1,
        "each file once, and none from outside"
    );
    let said = refused(&folder.0);
    for word in [
        "leads out",
        "a directory around it",
        "go in a circle",
        "no such file",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(said.matches("leads out").count(), 2, "{said}");
    assert_eq!(said.lines().count(), 6, "{said}");
}

#[test]
fn a_mounted_config_map_is_read_once() {
    let folder = Folder::new("mounted");
    folder.write("..2024/a.yaml", POLICY);
    symlink("..2024", folder.0.join("..data")).unwrap();
    symlink("..data/a.yaml", folder.0.join("a.yaml")).unwrap();
    let analysis = ask(&folder.0);
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.objects.len(), 1);
}

#[test]
fn names_cannot_forge_output() {
    let folder = Folder::new("names");
    folder.write("red\u{1b}[31m\nfake.yaml", "a: [\n");
    folder.write("-rf.yaml", "a: [\n");
    folder.write("right\u{202e}lmay.yaml", "a: [\n");
    let bad = folder.0.join(OsString::from_vec(b"bad\xff.yaml".to_vec()));
    fs::write(&bad, POLICY).unwrap();
    let analysis = ask(&folder.0);
    assert!(analysis.is_fatal());
    let paths: Vec<&str> = analysis
        .sources
        .iter()
        .map(|(_, s)| s.path.as_str())
        .collect();
    for part in [
        "red\\u{1b}[31m\\u{a}fake.yaml",
        "right\\u{202e}lmay.yaml",
        "bad\\xff.yaml",
    ] {
        assert!(
            paths.iter().any(|path| path.ends_with(part)),
            "{part}: {paths:?}"
        );
    }
    assert!(refused(&folder.0).contains("not UTF-8"));
    assert!(!paths.iter().any(|path| path.contains('\u{202e}')));
}

#[test]
fn names_inside_of_manifests_cannot_either() {
    let folder = Folder::new("inside");
    let text = POLICY.replace("fine", "\"a\\e[31m\\n\\u202eb\"");
    let analysis = ask(&folder.write("a.yaml", text));
    let message = &analysis.findings.first().unwrap().message;
    assert!(message.contains("metadata.name"), "{message}");
}

#[test]
fn many_files_and_deep_directories() {
    let folder = Folder::new("many");
    for n in 0..2_000 {
        folder.write(
            format!("{n}.yaml"),
            POLICY.replace("fine", &format!("p{n}")),
        );
    }
    let mut deep = PathBuf::new();
    for _ in 0..200 {
        deep.push("d");
    }
    folder.write(deep.join("deep.yaml"), POLICY);
    folder.write(".git/config.yaml", "a: [");
    let analysis = ask(&folder.0);
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.objects.len(), 2_001);
}

#[test]
fn a_long_list_takes_no_longer_than_its_items() {
    let folder = Folder::new("long");
    let mut list = String::from("apiVersion: v1\nkind: List\nitems:\n");
    for n in 0..20_000 {
        let item = format!("- {{apiVersion: v1, kind: Pod, metadata: {{name: p{n}}}}}\n");
        list.push_str(&item);
    }
    let analysis = ask(&folder.write("list.yaml", list));
    assert_eq!(analysis.findings, []);
    assert_eq!(analysis.model.cluster.endpoints.len(), 20_000);
}

#[test]
fn standard_input_is_bounded() {
    let mut load = LoadOptions::default();
    load.limits.bytes = 100;
    load.stdin = Some(POLICY.repeat(3).into_bytes());
    let analysis = read(&Inputs {
        paths: vec![PathBuf::from("-")],
        load,
        ..Inputs::default()
    });
    assert!(analysis.is_fatal());
}
