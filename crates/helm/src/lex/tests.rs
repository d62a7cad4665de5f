use super::*;

fn texts(template: &str) -> Vec<String> {
    lex(template)
        .into_iter()
        .map(|token| match token.kind {
            Kind::Error(message) => format!("error: {message}"),
            _ => token.text.to_owned(),
        })
        .collect()
}

#[test]
fn white_space_is_trimmed_only_where_a_spaced_dash_says_so() {
    assert_eq!(texts("a \n{{- 1 -}} \n b"), ["a", "{{", "1", "}}", "b", ""]);
    assert_eq!(texts("a {{-1}} b"), ["a ", "{{", "-1", "}}", " b", ""]);
    assert_eq!(texts("a {{- /* c */ -}} b"), ["a", "b", ""]);
    assert_eq!(texts("a {{/* c */}} b"), ["a ", " b", ""]);
    assert_eq!(texts("{{ 3 -}}\n x"), ["{{", " ", "3", "}}", "x", ""]);
}

#[test]
fn what_cannot_be_cut_is_said_in_gos_words() {
    for (template, message) in [
        ("{{ a", "unclosed action"),
        ("{{ (a }}", "unclosed left paren"),
        ("{{ a) }}", "unexpected right paren"),
        ("{{ \"a }}", "unterminated quoted string"),
        ("{{ `a }}", "unterminated raw quoted string"),
        ("{{/* a }}", "unclosed comment"),
        ("{{/* a */ b}}", "comment ends before closing delimiter"),
        ("{{ $a: }}", "expected :="),
        ("{{ a% }}", "bad character U+0025 '%'"),
        ("{{ 3k }}", "bad number syntax: \"3k\""),
        (
            "{{ \u{1} }}",
            "unrecognized character in action: U+0001 '\u{1}'",
        ),
    ] {
        assert_eq!(
            texts(template).pop().unwrap(),
            format!("error: {message}"),
            "{template}"
        );
    }
}

#[test]
fn every_byte_is_in_one_token_or_trimmed() {
    let template =
        "x{{ if and .a.b $c.d (eq 1.5e3 0x1F) }}'y'{{else}}{{ printf `a` \"\\\"\" | f }}{{end}}";
    let mut at = 0;
    for token in lex(template) {
        assert_eq!(token.at, at, "{token:?}");
        at += token.text.len();
    }
    assert_eq!(at, template.len());
}
