use super::*;

fn shown(text: &str) -> String {
    let file = match parse("t", text) {
        Ok(file) => file,
        Err(error) => return error.to_string(),
    };
    let own = file
        .templates
        .iter()
        .find(|template| &*template.name == "t")
        .unwrap();
    let mut out = String::new();
    for id in 1..1000 {
        if let Some(text) = own.show(id) {
            out.push_str(&text);
            out.push('\n');
        }
    }
    out
}

#[test]
fn trees_read_as_they_were_written() {
    let text = "{{ $x := printf \"a\\n\" .a.b ( $.c | f 1.5 ).d `r` }}";
    let shown = shown(text);
    assert!(
        shown.contains("{{$x := printf \"a\\n\" .a.b ($.c | f 1.5).d `r`}}"),
        "{shown}"
    );
    assert!(shown.contains("($.c | f 1.5).d\n"), "{shown}");
}

#[test]
fn errors_are_gos_with_their_line() {
    for (text, message) in [
        ("\n{{ if .a }}", "t:2: unexpected EOF"),
        ("{{ end }}", "t:1: unexpected {{end}}"),
        ("{{ else }}", "t:1: unexpected {{else}}"),
        ("{{ if }}{{ end }}", "t:1: missing value for if"),
        ("{{ $x }}", "t:1: undefined variable \"$x\""),
        (
            "{{ .a | 3 }}",
            "t:1: non executable command in pipeline stage 2",
        ),
        ("{{ break }}", "t:1: {{break}} outside {{range}}"),
        (
            "{{ range $a, $b, $c := . }}{{ end }}",
            "t:1: too many declarations in range",
        ),
        (
            "{{ template .x }}",
            "t:1: unexpected \".x\" in template clause",
        ),
        (
            "{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
            "t:1: template: multiple definition of template \"a\"",
        ),
        ("{{ 1.a }}", "t:1: bad number syntax: \"1.a\""),
        (
            "{{ \"a\".b }}",
            "t:1: unexpected . after term \"\\\"a\\\"\"",
        ),
        (
            "{{\n\n \"a }}",
            "t:3: unterminated quoted string in action started at t:1",
        ),
        (
            "{{ 99999999999999999999 }}",
            "t:1: integer overflow: \"99999999999999999999\"",
        ),
        (
            "{{ if .x }}{{ else }}{{ else }}{{ end }}",
            "t:1: expected end; found {{else}}",
        ),
        (
            "{{ define \"a\" }}{{ else }}{{ end }}",
            "t:1: unexpected {{else}} in define clause",
        ),
    ] {
        assert_eq!(shown(text), format!("template: {message}"), "{text}");
    }
}

#[test]
fn numbers_are_gos() {
    let int = |text| constant::number(text).unwrap().int;
    assert_eq!(int("0x1F"), Some(31));
    assert_eq!(int("010"), Some(8));
    assert_eq!(int("1_000"), Some(1000));
    assert_eq!(int("-7"), Some(-7));
    assert_eq!(int("1e3"), Some(1000));
    assert_eq!(int("'a'"), Some(97));
    assert_eq!(int("1.5"), None);
    assert!(constant::number("1i").is_err());
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let text = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(shown(&text), "template: t:1: max expression depth exceeded");
    let text = "{{ if 1 }}".repeat(100_000);
    assert_eq!(shown(&text), "template: t:1: max expression depth exceeded");
}
