use super::*;
use crate::value::{List, Map};

fn said(format: &str, args: &[Value]) -> String {
    sprintf(&Text::from(format), args).as_str().to_owned()
}

#[test]
fn verbs_write_what_go_writes() {
    let list = Value::from(List::new(vec![
        Value::int(1),
        Value::str("a"),
        Value::NULL,
        Value::from(1.5),
    ]));
    let map: Map = [("b", Value::int(2)), ("a", Value::NULL)]
        .into_iter()
        .collect();
    let map = Value::from(map);
    for (format, args, expected) in [
        ("%s", vec![Value::str("x")], "x"),
        ("%d", vec![Value::int(-5)], "-5"),
        (
            "%05d|%-5d|%+d|% d|%x|%X|%o|%b",
            (0..8).map(|_| Value::int(42)).collect(),
            "00042|42   |+42| 42|2a|2A|52|101010",
        ),
        ("%d", vec![Value::from(3.0)], "%!d(float64=3)"),
        ("%s", vec![Value::from(3.0)], "%!s(float64=3)"),
        ("%s", vec![Value::NULL], "%!s(<nil>)"),
        ("%v %T", vec![Value::NULL, Value::NULL], "<nil> <nil>"),
        ("%v", vec![list.clone()], "[1 a <nil> 1.5]"),
        (
            "%s",
            vec![list.clone()],
            "[%!s(int=1) a <nil> %!s(float64=1.5)]",
        ),
        ("%q", vec![Value::strings(["a", "b"])], "[\"a\" \"b\"]"),
        (
            "%v %T",
            vec![map.clone(), map],
            "map[a:<nil> b:2] map[string]interface {}",
        ),
        (
            "%.0f %.1f %.2f %5.1f|%-7.2f|%07.2f",
            (0..6).map(|_| Value::from(2.5)).collect(),
            "2 2.5 2.50   2.5|2.50   |0002.50",
        ),
        (
            "%g %g %.4g %.3g %e",
            vec![
                Value::from(1e6),
                Value::from(0.5),
                Value::from(1234.5678),
                Value::from(1_234_567.0),
                Value::from(1.0),
            ],
            "1e+06 0.5 1235 1.23e+06 1.000000e+00",
        ),
        (
            "%q %q",
            vec![Value::str("a\"b\n\u{1}é"), Value::int(120)],
            "\"a\\\"b\\n\\x01é\" 'x'",
        ),
        (
            "%10s|%-10s|%.2s",
            (0..3).map(|_| Value::str("añb")).collect(),
            "       añb|añb       |añ",
        ),
        ("%t %v", vec![true.into(), false.into()], "true false"),
        ("%d %%", vec![], "%!d(MISSING) %"),
        (
            "a",
            vec![Value::int(1), Value::NULL],
            "a%!(EXTRA int=1, <nil>)",
        ),
        ("%", vec![], "%!(NOVERB)"),
        ("%z", vec![Value::int(1)], "%!z(int=1)"),
        ("%[2]s %[1]s", vec![Value::str("a"), Value::str("b")], "b a"),
        ("%*d", vec![Value::int(4), Value::int(7)], "   7"),
        ("%x", vec![Value::str("hi")], "6869"),
    ] {
        assert_eq!(said(format, &args), expected, "{format}");
    }
}

#[test]
fn arguments_keep_their_marks() {
    let mut table = crate::value::Origins::new();
    let origin = table.add(crate::value::Leaf {
        source: crate::value::SourceId(0),
        span: netpol_yaml::Span::at(0),
        path: std::rc::Rc::from([]),
    });
    let args = [
        Value::str("web").with_origin(origin),
        Value::int(8).with_origin(origin),
    ];
    let text = sprintf(&Text::from("a-%s-%03d"), &args);
    assert_eq!(text.as_str(), "a-web-008");
    let marks: Vec<_> = text
        .marks(0..9)
        .map(|mark| (mark.start, mark.end))
        .collect();
    assert_eq!(marks, [(2, 5), (6, 9)]);
}
