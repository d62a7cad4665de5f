//! Any text can be read: no panic, and every node knows its bytes.

use netpol_yaml::{Kind, Limits, NodeRef, parse};

/// Reads the bytes as a text and walks over all nodes.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = parse(&text, &Limits::default());
    for document in &parsed.documents {
        walk(document.root(), &text);
        // Values convert whatever they are.
        let _json = document.root().to_json();
    }
    for comment in parsed.comments() {
        assert!(
            text.contains(comment.text),
            "a comment that is not in the text"
        );
    }
}

fn walk(node: NodeRef<'_>, text: &str) {
    let span = node.span();
    assert!(
        text.get(span.range()).is_some(),
        "{span:?} is no part of the text"
    );
    match node.kind() {
        Kind::Sequence => node.items().for_each(|item| walk(item, text)),
        Kind::Mapping => node.entries().for_each(|(key, value)| {
            walk(key, text);
            walk(value, text);
        }),
        _ => {}
    }
}
