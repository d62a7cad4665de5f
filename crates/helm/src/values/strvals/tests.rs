//! Cases of `pkg/strvals/parser_test.go`, and what the real helm says to others.

use super::*;
use crate::values::json::to_json;

fn set(kind: SetKind, text: &str, base: &str) -> Result<String, String> {
    let mut origins = Origins::new();
    let values = crate::values::read_values(&base.into(), SourceId(0), &[], &mut origins).unwrap();
    apply(
        &SetValue::new(kind, text),
        SourceId(1),
        &values,
        &mut origins,
    )
    .map_err(|wrong| wrong.message)?;
    Ok(to_json(&values.into()).to_string())
}

#[test]
fn set_reads_what_helm_reads() {
    for (text, expected) in [
        (
            "name1=null,f=false,t=true",
            r#"{"f":false,"name1":null,"t":true}"#,
        ),
        ("name1=value1", r#"{"name1":"value1"}"#),
        ("long_int=1234567890", r#"{"long_int":1234567890}"#),
        ("leading_zeros=00009", r#"{"leading_zeros":"00009"}"#),
        ("zero_int=0", r#"{"zero_int":0}"#),
        ("name1=,name2=value2", r#"{"name1":"","name2":"value2"}"#),
        ("name1=,name2=", r#"{"name1":"","name2":""}"#),
        (
            "name1=one\\,two,name2=three\\,four",
            r#"{"name1":"one,two","name2":"three,four"}"#,
        ),
        ("name1=one\\=two", r#"{"name1":"one=two"}"#),
        ("outer.inner=value", r#"{"outer":{"inner":"value"}}"#),
        (
            "outer.middle.inner=value",
            r#"{"outer":{"middle":{"inner":"value"}}}"#,
        ),
        ("name1={value1,value2}", r#"{"name1":["value1","value2"]}"#),
        ("name1={1021,902}", r#"{"name1":[1021,902]}"#),
        (
            "name1.name2={v1,v2},n=x",
            r#"{"n":"x","name1":{"name2":["v1","v2"]}}"#,
        ),
        ("list[0]=foo", r#"{"list":["foo"]}"#),
        (
            "list[0].foo=bar,list[0].hello=world",
            r#"{"list":[{"foo":"bar","hello":"world"}]}"#,
        ),
        ("list[3]=x", r#"{"list":[null,null,null,"x"]}"#),
        ("nested[0][1]=1", r#"{"nested":[[null,1]]}"#),
        ("a\\.b/c=d", r#"{"a.b/c":"d"}"#),
        ("name1={}", r#"{"name1":[""]}"#),
        ("x=1.5,y=TRUE,z=-3", r#"{"x":"1.5","y":true,"z":-3}"#),
    ] {
        assert_eq!(
            set(SetKind::Plain, text, "").as_deref(),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn set_refuses_what_helm_refuses() {
    for text in [
        "name1",
        "name1=value,name2",
        "name1.=name2",
        "name1.=,name2=x",
        "name1=x,,,name2=y",
        "list[0",
        "list[-1]=x",
        "list[0]=x,list[99999]=y",
        "name1={v1,v2",
        "a[b]=c",
        "a[0]b=c",
    ] {
        let result = set(SetKind::Plain, text, "");
        if text == "name1.=name2" || text == "name1.=,name2=x" {
            // An empty name below a dot sets nothing, and then the map is empty.
            assert!(result.unwrap_err().contains("has no value"), "{text}");
            continue;
        }
        assert!(result.is_err(), "{text}: {result:?}");
    }
    assert!(set(SetKind::Plain, "a.b=1", "a: text").is_err());
    assert!(set(SetKind::Plain, "a[0]=1", "a: text").is_err());
}

#[test]
fn other_flags_have_their_own_values() {
    assert_eq!(
        set(SetKind::String, "a=1,b=true", "").as_deref(),
        Ok(r#"{"a":"1","b":"true"}"#)
    );
    assert_eq!(
        set(SetKind::Json, r#"a=[1,{"b":null}] , c=, d="x""#, "").as_deref(),
        Ok(r#"{" c":null," d":"x","a":[1,{"b":null}]}"#)
    );
    assert_eq!(
        set(SetKind::Literal, r"a.b=x,y={z}\n", "").as_deref(),
        Ok(r#"{"a":{"b":"x,y={z}\\n"}}"#)
    );
    assert_eq!(
        file_names("a=one.txt,b={two,three}"),
        ["one.txt", "two", "three"]
    );
}

#[test]
fn values_below_are_kept() {
    let base = "list: [{a: 1, b: 2}, x]\nmap: {c: 3}\n";
    assert_eq!(
        set(SetKind::Plain, "list[0].a=9,map.d=4", base).as_deref(),
        Ok(r#"{"list":[{"a":9,"b":2},"x"],"map":{"c":3,"d":4}}"#)
    );
}

#[test]
fn an_origin_is_the_value_in_the_argument() {
    let text = "one=1,two.three={x,yz}";
    let mut origins = Origins::new();
    let values = Map::new();
    apply(
        &SetValue::new(SetKind::Plain, text),
        SourceId(7),
        &values,
        &mut origins,
    )
    .unwrap();
    let list = values
        .get("two")
        .unwrap()
        .as_map()
        .unwrap()
        .get("three")
        .unwrap();
    let item = list.as_list().unwrap().get(1).unwrap();
    let leaf = origins.leaf(item.origin).unwrap();
    assert_eq!(leaf.span.slice(text), "yz");
    assert_eq!(leaf.path.join("."), "two.three.1");
    assert_eq!(leaf.source, SourceId(7));
}
