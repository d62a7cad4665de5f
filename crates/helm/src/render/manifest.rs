//! From the text of one template to its documents, as Helm cuts and reads them.

use std::collections::BTreeMap;

use netpol_yaml::{Kind, Limits, NodeRef, parse};

use crate::value::Text;

/// The head of a document, as far as Helm looks at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) annotations: BTreeMap<String, String>,
}

/// What Go's `\s` matches.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// Cuts a text at `(?:^|\s*\n)---\s*`, drops what is empty, and trims the rest
/// (`SplitManifests`).
pub(super) fn split(text: &Text) -> Vec<Text> {
    let text = text.part(text.as_str().trim());
    let bytes = text.as_str().as_bytes();
    let mut pieces = Vec::new();
    let (mut from, mut search) = (0, 0);
    while let Some(at) = next_separator(bytes, search) {
        let mut end = at;
        while end > from && bytes.get(end - 1).copied().is_some_and(is_space) {
            end -= 1;
        }
        pieces.push((from, end));
        from = at + 3;
        while bytes.get(from).copied().is_some_and(is_space) {
            from += 1;
        }
        search = from;
    }
    pieces.push((from, bytes.len()));
    pieces
        .into_iter()
        .filter(|(from, end)| from < end)
        .filter_map(|(from, end)| {
            let piece = text.as_str().get(from..end)?;
            Some(text.part(piece.trim()))
        })
        .collect()
}

/// The next `---` at the beginning of the text, or behind a line break that no separator before
/// it has taken.
fn next_separator(bytes: &[u8], from: usize) -> Option<usize> {
    if from == 0 && bytes.starts_with(b"---") {
        return Some(0);
    }
    let rest = bytes.get(from..)?;
    rest.windows(4)
        .position(|window| window == b"\n---")
        .map(|at| from + at + 1)
}

/// Reads the head of a document.
pub(super) fn head(text: &str) -> Result<Head, String> {
    let parsed = parse(text, &Limits::default());
    if let Some(wrong) = parsed
        .diagnostics
        .iter()
        .find(|wrong| !wrong.kind.is_strict_only())
    {
        return Err(wrong.message.clone());
    }
    let document = parsed
        .documents
        .iter()
        .find(|document| !document.is_empty());
    let Some(root) = document.map(|document| document.root()) else {
        return Ok(Head::default());
    };
    let mut head = Head::default();
    match root.kind() {
        Kind::Mapping => {}
        Kind::Null => return Ok(head),
        _ => return Err("the document is no mapping".to_owned()),
    }
    head.api_version = string(root.get("apiVersion"));
    head.kind = string(root.get("kind"));
    let Some(metadata) = root.get("metadata").filter(|metadata| !metadata.is_null()) else {
        return Ok(head);
    };
    if metadata.kind() != Kind::Mapping {
        return Err("`metadata` is no mapping".to_owned());
    }
    head.name = string(metadata.get("name"));
    if let Some(annotations) = metadata.get("annotations") {
        for (key, value) in annotations.entries() {
            let key = key.scalar_text().unwrap_or_default().into_owned();
            head.annotations.insert(key, string(Some(value)));
        }
    }
    Ok(head)
}

fn string(node: Option<NodeRef<'_>>) -> String {
    node.filter(|node| !node.is_null())
        .and_then(NodeRef::scalar_text)
        .unwrap_or_default()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_where_helm_cuts_them() {
        for (text, expected) in [
            ("a: 1\n---\nb: 2\n", vec!["a: 1", "b: 2"]),
            ("---\na: 1\n\n\n---\n\nb: 2", vec!["a: 1", "b: 2"]),
            ("a: 1\n--- # note\nb: 2", vec!["a: 1", "# note\nb: 2"]),
            ("a: 1\n----\nb: 2", vec!["a: 1", "-\nb: 2"]),
            ("a: |\n  ---\n  x", vec!["a: |\n  ---\n  x"]),
            ("\n  \n", vec![]),
            // The first separator takes the line break that the second one would need.
            ("---\n---\na: 1", vec!["---\na: 1"]),
        ] {
            let pieces = split(&Text::from(text));
            let pieces: Vec<&str> = pieces.iter().map(Text::as_str).collect();
            assert_eq!(pieces, expected, "{text:?}");
        }
    }

    #[test]
    fn heads_are_read_and_annotations_are_strings() {
        let text = "kind: Job\nmetadata:\n  name: x\n  annotations: {helm.sh/hook-weight: -5}\n";
        let head = head(text).unwrap();
        assert_eq!((head.kind.as_str(), head.name.as_str()), ("Job", "x"));
        assert_eq!(
            head.annotations
                .get("helm.sh/hook-weight")
                .map(String::as_str),
            Some("-5")
        );
        assert!(super::head("- a\n").is_err());
        assert!(super::head("a: [").is_err());
        assert_eq!(super::head("# nothing\n"), Ok(Head::default()));
    }
}
