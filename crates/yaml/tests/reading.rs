//! What a consumer sees: values, places, comments, both readings, and surprises.

use netpol_yaml::{DiagnosticKind, Document, Kind, Limits, Parsed, Style, SurpriseKind, parse};

fn read(text: &str) -> Parsed {
    parse(text, &Limits::default())
}

/// The only document of a text that is read without complaint.
fn one(text: &str) -> Document {
    let mut parsed = read(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    assert_eq!(parsed.documents.len(), 1);
    parsed.documents.remove(0)
}

const POLICY: &str = "\
# the shop
kind: NetworkPolicy
metadata:
  name: \"allow-é\" # quoted
spec:
  podSelector:
  ingress:
  - from: []
    ports:
      - {port: 0120, protocol: TCP}
  egress: [ ]
";

#[test]
fn every_node_knows_its_place() {
    let document = one(POLICY);
    let root = document.root();
    let raw = |pointer: &str| root.pointer(pointer).unwrap().raw();
    assert_eq!(raw("/kind"), "NetworkPolicy");
    assert_eq!(raw("/metadata/name"), "\"allow-é\"");
    assert_eq!(raw("/spec/ingress/0/from"), "[]");
    assert_eq!(
        raw("/spec/ingress/0/ports/0"),
        "{port: 0120, protocol: TCP}"
    );
    assert_eq!(
        raw("/spec/ingress/0/ports"),
        "- {port: 0120, protocol: TCP}"
    );
    assert_eq!(raw("/spec/egress"), "[ ]");
    assert_eq!(root.raw(), POLICY.get(11..).unwrap().trim_end());
    let (key, _) = root.pointer_entry("/spec/ingress/0/from").unwrap();
    assert_eq!(key.unwrap().raw(), "from");
}

#[test]
fn null_absent_and_empty_are_three_things() {
    let document = one(POLICY);
    let spec = document.root().get("spec").unwrap();
    let selector = spec.get("podSelector").unwrap();
    assert!(selector.is_null());
    assert_eq!(selector.style(), Style::Absent);
    assert_eq!(
        POLICY.get(..selector.span().range().start).unwrap(),
        POLICY.split("\n  ingress").next().unwrap()
    );
    assert!(spec.get("policyTypes").is_none());
    let egress = spec.get("egress").unwrap();
    assert_eq!((egress.kind(), egress.len()), (Kind::Sequence, 0));
}

#[test]
fn values_are_kubectls() {
    let document = one("a: yes\nb: 0120\nc: 8080.0\nd: '1'\ne: 1.5\nf: |\n  x\n  y\n\ng: off\n");
    let root = document.root();
    assert_eq!(root.get("a").unwrap().as_bool(), Some(true));
    assert_eq!(root.get("b").unwrap().as_i64(), Some(80));
    assert_eq!(root.get("c").unwrap().as_i64(), Some(8080));
    assert_eq!(root.get("c").unwrap().kind(), Kind::Float);
    assert_eq!(root.get("d").unwrap().as_str(), Some("1"));
    assert_eq!(root.get("e").unwrap().as_i64(), None);
    assert_eq!(root.get("f").unwrap().as_str(), Some("x\ny\n"));
    assert_eq!(root.get("f").unwrap().raw(), "x\n  y");
    assert_eq!(
        root.to_json().to_string(),
        r#"{"a":true,"b":80,"c":8080,"d":"1","e":1.5,"f":"x\ny\n","g":false}"#
    );
}

#[test]
fn pointers_reach_as_far_as_the_tree() {
    let document = one("a/b: {c~d: [1, 2]}\n");
    let root = document.root();
    assert_eq!(root.pointer("/a~1b/c~0d/1").unwrap().as_i64(), Some(2));
    assert!(root.pointer("/a~1b/c~0d/2").is_none());
    assert!(root.pointer("/a~1b/x").is_none());
    let (key, value) = root.nearest("/a~1b/missing/further");
    assert_eq!((key.unwrap().raw(), value.raw()), ("a/b", "{c~d: [1, 2]}"));
    assert_eq!(root.pointer("").unwrap().span(), root.span());
}

#[test]
fn comments_are_kept_in_order() {
    let parsed = read("# one\na: 1 # two\n--- # three\nb: |\n  # text\n# four\n");
    let texts: Vec<&str> = parsed.comments().map(|comment| comment.text).collect();
    assert_eq!(texts, [" one", " two", " three", " four"]);
    let second: Vec<&str> = parsed.documents[1]
        .comments()
        .map(|comment| comment.text)
        .collect();
    assert_eq!(second, [" four"]);
    for comment in parsed.comments() {
        assert_eq!(
            comment.span.slice(&parsed.source),
            format!("#{}", comment.text)
        );
    }
}

#[test]
fn one_bad_document_does_not_lose_the_others() {
    let parsed = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: {{ .Values.d }}\n---\ne: 5\n");
    let indices: Vec<usize> = parsed.documents.iter().map(Document::index).collect();
    assert_eq!(indices, [0, 2, 4]);
    let kinds: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|found| (found.document, found.kind))
        .collect();
    assert_eq!(
        kinds,
        [(1, DiagnosticKind::Syntax), (3, DiagnosticKind::Template)]
    );
    let last = parsed.documents[2].root();
    let place = last.get("e").unwrap().span();
    assert_eq!((place.range(), place.slice(&parsed.source)), (53..54, "5"));
    assert_eq!(parsed.document_at(53).unwrap().index(), 4);
    assert!(parsed.document_at(12).is_none());
}

#[test]
fn templates_are_no_yaml_errors() {
    for text in [
        "{{- if .Values.x }}\na: 1\n{{- end }}\n",
        "a: {{ .Values.x }}\n",
        "a:\n  {{- toYaml .Values.x | nindent 2 }}\n",
        "a: 'b'\nc: [ {{ .Values.x }} ]\n",
    ] {
        let parsed = read(text);
        assert_eq!(parsed.diagnostics.len(), 1, "{text}");
        let found = &parsed.diagnostics[0];
        assert_eq!(found.kind, DiagnosticKind::Template, "{text}");
        let place = found.span.slice(&parsed.source);
        assert!(place.starts_with("{{") && place.ends_with("}}"), "{place}");
    }
    // Braces in a quoted text or a block mean nothing to YAML, and excuse no other error.
    assert!(
        read("a: \"{{ x }}\"\nb: |\n  {{ y }}\n")
            .diagnostics
            .is_empty()
    );
    let parsed = read("a: |\n  {{ y }}\nb: [\n");
    assert_eq!(parsed.diagnostics[0].kind, DiagnosticKind::Syntax);
}

#[test]
fn duplicate_keys_are_refused_strictly_and_won_by_the_last() {
    let parsed = read("app: x\nother: y\n\"app\": z\n");
    assert_eq!(
        parsed.documents[0].root().get("app").unwrap().as_str(),
        Some("z")
    );
    assert_eq!(parsed.documents[0].root().len(), 2);
    let found = &parsed.diagnostics[0];
    assert_eq!(found.kind, DiagnosticKind::DuplicateKey);
    assert_eq!(
        (found.span.range(), found.related.unwrap().range()),
        (16..21, 0..3)
    );
}

#[test]
fn many_keys_are_compared_too() {
    let mut lines: Vec<String> = (0..100).map(|at| format!("k{at}: {at}")).collect();
    lines.push("k7: again".to_owned());
    let text = lines.join("\n");
    let parsed = read(&text);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].related.unwrap().slice(&text), "k7");
    assert_eq!(
        parsed.documents[0].root().get("k7").unwrap().as_str(),
        Some("again")
    );
    assert_eq!(parsed.documents[0].root().len(), 100);
}

#[test]
fn merges_bring_in_what_is_not_there() {
    let document = one("base: &b {x: 1, w: 2}\nv:\n  <<: *b\n  z: 3\n");
    let merged = document.root().get("v").unwrap();
    assert_eq!(merged.to_json().to_string(), r#"{"x":1,"w":2,"z":3}"#);
    // What was merged points at where it is written.
    assert_eq!(merged.get("w").unwrap().span().range(), 19..20);
}

#[test]
fn a_later_merge_overrides() {
    let parsed = read("base: &b {x: 1}\nv:\n  x: 2\n  <<: *b\n");
    let document = &parsed.documents[0];
    assert_eq!(document.root().pointer("/v/x").unwrap().as_i64(), Some(1));
    let found = &parsed.diagnostics[0];
    assert_eq!(found.kind, DiagnosticKind::MergeOverride);
    assert_eq!(found.span.slice(&parsed.source), "<<");
    assert_eq!(found.related.unwrap().slice(&parsed.source), "x");
    let surprise = &document.surprises()[0];
    assert_eq!(surprise.kind, SurpriseKind::MergeOverride);
    assert_eq!(
        (surprise.looks_like.as_str(), surprise.read_as.as_str()),
        ("2", "1")
    );
}

#[test]
fn aliases_are_followed_and_keep_their_own_place() {
    let document = one("a: &x {b: 1}\nc: *x\n");
    let alias = document.root().get("c").unwrap();
    assert_eq!(alias.style(), Style::Alias);
    assert_eq!(alias.raw(), "*x");
    assert_eq!(alias.definition_span().slice(document.source()), "{b: 1}");
    assert_eq!(alias.get("b").unwrap().as_i64(), Some(1));
}

#[test]
fn surprises_are_listed() {
    let document = one("y: on\nport: 0120\ntag: 1.10\nn2: 'off'\nok: true\ntime: 12:30\n");
    let seen: Vec<_> = document
        .surprises()
        .iter()
        .map(|surprise| {
            (
                surprise.kind,
                surprise.looks_like.as_str(),
                surprise.read_as.as_str(),
                surprise.is_key,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (SurpriseKind::Boolean, "y", "true", true),
            (SurpriseKind::Boolean, "on", "true", false),
            (SurpriseKind::Octal, "0120", "80", false),
            (SurpriseKind::Rewritten, "1.10", "1.1", false),
            (SurpriseKind::Sexagesimal, "12:30", "\"12:30\"", false),
        ]
    );
    assert_eq!(document.root().get("true").unwrap().as_bool(), Some(true));
}

#[test]
fn keys_that_meet_in_json_are_a_surprise() {
    let document = one("1: a\n\"1\": b\n");
    assert_eq!(document.root().to_json().to_string(), r#"{"1":"b"}"#);
    assert_eq!(document.root().get("1").unwrap().as_str(), Some("b"));
    let surprise = &document.surprises()[0];
    assert_eq!(surprise.kind, SurpriseKind::KeyCollision);
    assert_eq!(surprise.span.range(), 5..8);
}

#[test]
fn what_follows_the_end_marker_is_dropped() {
    let document = one("a: 1\n...\n# only a comment\nb: 2\n");
    assert_eq!(document.root().len(), 1);
    let surprise = &document.surprises()[0];
    assert_eq!(surprise.kind, SurpriseKind::Dropped);
    assert_eq!(surprise.span.slice(document.source()), "b: 2");
    assert!(one("a: 1\n...\n").surprises().is_empty());
}

#[test]
fn odd_bytes() {
    assert_eq!(
        one("\u{feff}a: 1\r\nb: x\r\n")
            .root()
            .get("b")
            .unwrap()
            .as_str(),
        Some("x")
    );
    for (text, at) in [
        ("a: x\u{0}y\n", 4),
        ("a: 1 # \u{7}\n", 7),
        ("a: \u{9b}\n", 3),
    ] {
        let parsed = read(text);
        assert_eq!(parsed.diagnostics[0].kind, DiagnosticKind::Encoding);
        assert_eq!(parsed.diagnostics[0].span.range().start, at);
        assert!(parsed.documents.is_empty());
    }
    // A forbidden character costs its own document only.
    assert_eq!(
        read("a: \u{1}\n---\nb: 2\n---\nc: \u{1}\n").documents.len(),
        1
    );
}

#[test]
fn empty_documents_are_documents() {
    let parsed = read("# x\n---\n---\nnull\n---\na: 1\n");
    let empty: Vec<bool> = parsed.documents.iter().map(Document::is_empty).collect();
    assert_eq!(empty, [true, true, false]);
    assert!(read("").documents.is_empty());
}

#[test]
fn json_is_read_as_json() {
    let parsed = read("{\"a\": \"x\\/y\", \"b\": \"\\ud83d\\ude00\"}\n{\"a\": \"z\"}\n");
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(
        parsed.documents[0].root().get("a").unwrap().as_str(),
        Some("x/y")
    );
    assert_eq!(
        parsed.documents[0].root().get("b").unwrap().as_str(),
        Some("\u{1F600}")
    );
    assert_eq!(parsed.documents[1].root().get("a").unwrap().raw(), "\"z\"");
}
