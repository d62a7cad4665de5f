use super::*;
use crate::value::{Data, Leaf, List, Map, SourceId};
use netpol_yaml::Span;

fn run(text: &str, dot: impl Into<Value>) -> String {
    let mut executor = Executor::new(Settings::default(), Origins::new());
    if let Err(error) = executor.parse("t", text) {
        return error.to_string();
    }
    match executor.run("t", &dot.into()) {
        Ok(text) => text.as_str().to_owned(),
        Err(error) => error.to_string(),
    }
}

fn data() -> Map {
    let inner: Map = [("a", Value::from(1.0)), ("b", Value::str("two"))]
        .into_iter()
        .collect();
    [
        ("map", inner.into()),
        (
            "list",
            List::new(vec![Value::str("x"), Value::NULL, Value::from(3.0)]).into(),
        ),
        ("name", Value::str("web")),
        ("on", true.into()),
        ("zero", Value::from(0.0)),
    ]
    .into_iter()
    .collect()
}

#[test]
fn statements_do_what_they_do_in_go() {
    for (text, expected) in [
        ("a{{ .name }}b{{ .nope }}c", "awebbc"),
        (
            "{{ if .on }}y{{ else }}n{{ end }}{{ if .zero }}y{{ else if .name }}e{{ end }}",
            "ye",
        ),
        (
            "{{ with .map }}{{ .a }}{{ $.name }}{{ else }}n{{ end }}",
            "1web",
        ),
        (
            "{{ with .nope }}{{ else with .name }}{{ . }}{{ end }}",
            "web",
        ),
        (
            "{{ range $i, $x := .list }}{{ $i }}={{ $x }};{{ end }}",
            "0=x;1=;2=3;",
        ),
        (
            "{{ range $k, $v := .map }}{{ $k }}={{ $v }};{{ end }}",
            "a=1;b=two;",
        ),
        ("{{ range .nope }}x{{ else }}none{{ end }}", "none"),
        (
            "{{ range .list }}{{ if eq . \"x\" }}{{ continue }}{{ end }}{{ break }}{{ end }}!",
            "!",
        ),
        (
            "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}",
            "2",
        ),
        (
            "{{ define \"d\" }}<{{ . }}>{{ end }}{{ template \"d\" .name }}{{ block \"b\" 5 }}[{{ . }}]{{ end }}",
            "<web>[5]",
        ),
        (
            "{{ $a := 1 }}{{ range $a, $b := .map }}{{ end }}{{ $a }}",
            "1",
        ),
        (
            "{{ index .map \"b\" }}{{ index .list 2 }}{{ len .list }}",
            "two33",
        ),
        (
            "{{ and .on .name }}{{ or .zero .nope \"d\" }}{{ and .zero (fail \"not run\") }}",
            "webd0",
        ),
        (
            "{{ not .on }}{{ eq .name \"a\" \"web\" }}{{ ne 1 2 }}{{ lt 1 2 }}{{ ge \"b\" \"a\" }}",
            "falsetruetruetruetrue",
        ),
        (
            "{{ print 1 2 \"a\" \"b\" 3 nil true }}{{ println 1 \"a\" }}",
            "1 2ab3 <nil> true1 a\n",
        ),
        ("{{ .list }}{{ .map }}", "[x <nil> 3]map[a:1 b:two]"),
        (
            "{{ html \"<a>\" }}{{ js \"'\" }}{{ urlquery \"a b&\" }}",
            "&lt;a&gt;\\'a+b%26",
        ),
        ("{{ (index .list 1).x }}{{ $n := .nope }}{{ $n.x.y }}|", "|"),
        ("{{ 'a' }} {{ 0x10 }} {{ 1e3 }} {{ 1_0 }}", "97 16 1000 10"),
        (
            "{{ .name | printf \"%s-%s\" \"a\" | printf \"%q\" }}",
            "\"a-web\"",
        ),
    ] {
        assert_eq!(run(text, data()), expected, "{text}");
    }
}

#[test]
fn failures_are_said_in_gos_words_with_their_place() {
    for (text, expected) in [
        (
            "\n {{ .nope.x.y }}",
            "t:2:9: executing \"t\" at <.nope.x.y>: nil pointer evaluating interface {}.x",
        ),
        (
            "{{ .name.x }}",
            "t:1:8: executing \"t\" at <.name.x>: can't evaluate field x in type interface {}",
        ),
        (
            "{{ nosuch 1 }}",
            "t:1:3: executing \"t\" at <nosuch>: function \"nosuch\" not defined",
        ),
        (
            "{{ template \"x\" . }}",
            "t:1:12: executing \"t\" at <{{template \"x\" .}}>: template \"x\" not defined",
        ),
        (
            "{{ eq 1 1.0 }}",
            "t:1:3: executing \"t\" at <eq 1 1.0>: error calling eq: incompatible types for comparison",
        ),
        (
            "{{ lt 1 nil }}",
            "t:1:3: executing \"t\" at <lt 1 nil>: error calling lt: invalid type for comparison",
        ),
        (
            "{{ index .list 9 }}",
            "t:1:3: executing \"t\" at <index .list 9>: error calling index: index out of range: 9",
        ),
        (
            "{{ len .nope }}",
            "t:1:3: executing \"t\" at <len .nope>: error calling len: len of nil pointer",
        ),
        (
            "{{ len }}",
            "t:1:3: executing \"t\" at <len>: wrong number of args for len: want 1 got 0",
        ),
        (
            "{{ printf .nope }}",
            "t:1:10: executing \"t\" at <.nope>: wrong type for value; expected string; got interface {}",
        ),
        (
            "{{ printf (.nope) }}",
            "t:1:11: executing \"t\" at <.nope>: invalid value; expected string",
        ),
        (
            "{{ printf 3 }}",
            "t:1:10: executing \"t\" at <3>: expected string; found 3",
        ),
        (
            "{{ range .name }}{{ end }}",
            "t:1:9: executing \"t\" at <.name>: range can't iterate over web",
        ),
        (
            "{{ $x = 1 }}",
            "t:1:8: executing \"t\" at <1>: undefined variable: $x",
        ),
        (
            "{{ .name 1 }}",
            "t:1:3: executing \"t\" at <.name>: name is not a method but has arguments",
        ),
        (
            "{{ nil }}",
            "t:1:3: executing \"t\" at <nil>: nil is not a command",
        ),
        (
            "{{ 1 2 }}",
            "t:1:3: executing \"t\" at <1>: can't give argument to non-function 1",
        ),
    ] {
        assert_eq!(run(text, data()), format!("template: {expected}"), "{text}");
    }
}

#[test]
fn endless_templates_end() {
    let deep = on_large_stack(|| {
        let text = "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}";
        run(text, data())
    });
    assert!(deep.unwrap().contains("exceeded maximum template depth"));
    let deep = on_large_stack(|| {
        const ONE: &str = "{{ define \"aN\" }}{{ range tuple 1 }}{{ if (eq 1 1) }}{{ include \"aM\" (list (tpl \"{{ . }}\" $) | first) | indent 1 }}{{ end }}{{ end }}{{ end }}";
        let mut text = String::new();
        for number in 0..20 {
            let next = ((number + 1) % 20).to_string();
            text += &ONE.replace('N', &number.to_string()).replace('M', &next);
        }
        text.push_str("{{ include \"a0\" 1 }}");
        run(&text, data())
    });
    assert!(deep.unwrap().contains("exceeded maximum template depth"));
    let mut executor = Executor::new(
        Settings {
            limits: Limits {
                steps: 1000,
                bytes: 100,
                ..Limits::default()
            },
            ..Settings::default()
        },
        Origins::new(),
    );
    executor
        .parse(
            "steps",
            "{{ range .l }}{{ range $.l }}{{ range $.l }}{{ end }}{{ end }}{{ end }}",
        )
        .unwrap();
    executor.parse("bytes", &"a".repeat(101)).unwrap();
    let error = executor.run("bytes", &Value::NULL).unwrap_err();
    assert!(
        error.to_string().ends_with("more than 100 bytes of output"),
        "{error}"
    );
    let list = List::new(vec![Value::NULL; 100]);
    let dot: Map = [("l", Value::from(list))].into_iter().collect();
    let error = executor.run("steps", &dot.into()).unwrap_err();
    assert!(
        error.to_string().ends_with("more than 1000 steps"),
        "{error}"
    );
}

#[test]
fn every_byte_leads_to_its_template_and_its_value() {
    let mut origins = Origins::new();
    let leaf = |origins: &mut Origins, name: &str, at| {
        origins.add(Leaf {
            source: SourceId(0),
            span: Span::at(at),
            path: [name.into()].into(),
        })
    };
    let (name, port) = (leaf(&mut origins, "name", 0), leaf(&mut origins, "port", 9));
    let unread = leaf(&mut origins, "unread", 20);
    let dot: Map = [
        ("name", Value::str("web").with_origin(name)),
        ("port", Value::from(80.0).with_origin(port)),
        ("unread", Value::NULL.with_origin(unread)),
    ]
    .into_iter()
    .collect();
    let mut executor = Executor::new(Settings::default(), origins);
    executor
        .parse(
            "h",
            "{{ define \"n\" }}n:\n  {{ .name }}-{{ .port }}\n{{ end }}",
        )
        .unwrap();
    executor
        .parse(
            "t",
            "a: b\n{{ template \"n\" . }}p: {{ printf \"%v\" .port }}",
        )
        .unwrap();
    let text = executor.run("t", &dot.into()).unwrap();
    assert_eq!(text.as_str(), "a: b\nn:\n  web-80\np: 80");
    let told: Vec<String> = text
        .marks(0..text.len())
        .map(|mark| {
            let trace = executor.trace(&mark).unwrap();
            let calls: Vec<u32> = trace.calls.iter().map(|call| call.line).collect();
            let path = executor
                .origins()
                .leaf(mark.origin)
                .map_or("", |leaf| &leaf.path[0]);
            let part = text.get(mark.start as usize..mark.end as usize).unwrap();
            let place = trace.place;
            format!(
                "{part:?} {}:{}:{} {calls:?} {path}",
                place.file, place.line, place.column
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "\"a: b\\n\" t:1:1 [] ",
            "\"n:\\n  \" h:1:17 [2] ",
            "\"web\" h:2:6 [2] name",
            "\"-\" h:2:14 [2] ",
            "\"80\" h:2:18 [2] port",
            "\"\\n\" h:2:26 [2] ",
            "\"p: \" t:2:21 [] ",
            "\"80\" t:2:27 [] port",
        ]
    );
    assert!(executor.reads().is_read(name) && executor.reads().is_read(port));
    assert!(!executor.reads().is_read(unread));
}

#[test]
fn what_is_asked_and_not_there_is_remembered() {
    let mut origins = Origins::new();
    let branch = origins.add(Leaf {
        source: SourceId(0),
        span: Span::at(0),
        path: ["image".into()].into(),
    });
    let image: Map = [("tag", Value::str("v1"))].into_iter().collect();
    let dot: Map = [(
        "image",
        Value {
            data: Data::Map(image),
            origin: branch,
        },
    )]
    .into_iter()
    .collect();
    let mut executor = Executor::new(Settings::default(), origins);
    executor.parse("t", "{{ .image.tagg }}").unwrap();
    executor.run("t", &dot.into()).unwrap();
    let missing = executor.reads().missing();
    assert_eq!(missing, [(branch, "tagg".into())]);
}
