//! Random damage to real texts: whatever comes out, nothing panics, and what is promised of every
//! span and every tree holds.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use netpol_yaml::{Kind, Limits, LineIndex, NodeRef, Parsed, Span, parse};

const MUTATIONS: usize = 20_000;

/// Pieces that mean something to YAML, to Helm or to this reader.
const PIECES: [&str; 48] = [
    "\n",
    "  ",
    "- ",
    ": ",
    "?",
    ":",
    "-",
    "#",
    " #",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "!!int ",
    "!!binary ",
    "|",
    "|\n",
    "|2-\n",
    ">\n",
    "%",
    "@",
    "`",
    "~",
    "<<: ",
    "<<: *a\n",
    "\t",
    "...\n",
    "---\n",
    "\\",
    "\\u",
    "\r\n",
    "\n\n",
    "0x",
    "1_",
    "yes",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{1F600}",
    "{{",
    "\u{0}",
];

/// A generator that gives the same numbers on every machine (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

#[test]
fn damaged_texts_are_read_or_refused() {
    let seeds = seeds();
    let mut random = Random(1);
    let limits = Limits {
        nodes: 4000,
        aliases: 2000,
        depth: 60,
        ..Limits::default()
    };
    for _ in 0..MUTATIONS {
        let mut text = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            damage(&mut text, &mut random, &seeds);
        }
        check(&parse(&text, &limits));
    }
}

#[test]
fn undamaged_texts_keep_the_promises_too() {
    for text in seeds() {
        check(&parse(&text, &Limits::default()));
    }
}

/// The texts of the project's own table.
fn seeds() -> Vec<String> {
    let table: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/dialect.json")).unwrap();
    let texts = table
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["input"].as_str().unwrap());
    texts.map(str::to_owned).collect()
}

fn damage(text: &mut String, random: &mut Random, seeds: &[String]) {
    let (a, b) = (random.place(text), random.place(text));
    let (start, end) = (a.min(b), a.max(b));
    match random.below(6) {
        0 | 1 => text.insert_str(start, PIECES[random.below(PIECES.len())]),
        2 => text.replace_range(start..end, ""),
        3 => {
            let copy = text.get(start..end).unwrap().to_owned();
            text.insert_str(end, &copy);
        }
        4 => text.replace_range(start..end, PIECES[random.below(PIECES.len())]),
        _ => text.replace_range(start.., &seeds[random.below(seeds.len())]),
    }
}

/// What holds of everything that is read.
fn check(parsed: &Parsed) {
    let source = parsed.source.as_ref();
    let again = parse(
        source,
        &Limits {
            nodes: 4000,
            aliases: 2000,
            depth: 60,
            ..Limits::default()
        },
    );
    assert_eq!(again.documents.len(), parsed.documents.len(), "{source:?}");
    let lines = LineIndex::new(source);
    let mut spans: Vec<Span> = Vec::new();
    for found in &parsed.diagnostics {
        spans.push(found.span);
        spans.extend(found.related);
    }
    spans.extend(parsed.comments().map(|comment| comment.span));
    for document in &parsed.documents {
        spans.push(document.span());
        spans.extend(document.surprises().iter().map(|surprise| surprise.span));
        let mut nodes = Vec::new();
        walk(document.root(), &mut nodes);
        for node in nodes {
            let span = node.span();
            spans.push(span);
            assert!(document.span().start <= span.start && span.end <= document.span().end);
            if node.kind() != Kind::Null {
                assert!(
                    !node.raw().is_empty()
                        || node.as_str().is_some_and(|text| text.trim().is_empty()),
                    "{node:?} of {source:?}"
                );
            }
        }
        let json = document.root().to_json();
        assert_eq!(json.is_null(), document.is_empty());
    }
    for span in spans {
        assert!(source.get(span.range()).is_some(), "{span:?} of {source:?}");
        let (line, column) = lines.line_column(span.start);
        assert!(line >= 1 && line <= lines.lines() && column >= 1);
    }
}

/// All nodes, aliases not followed twice.
fn walk<'a>(node: NodeRef<'a>, nodes: &mut Vec<NodeRef<'a>>) {
    nodes.push(node);
    if nodes.len() > 5000 {
        return;
    }
    node.items().for_each(|item| walk(item, nodes));
    for (key, value) in node.entries() {
        walk(key, nodes);
        walk(value, nodes);
    }
}
