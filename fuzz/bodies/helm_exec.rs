//! Any template runs or fails within its bounds, twice to the same end, and says of every byte it
//! wrote who did.

use netpol_helm::exec::{Executor, Limits, Settings, on_large_stack};
use netpol_helm::value::{Data, Leaf, List, Map, Origins, SourceId, Value};
use netpol_yaml::Span;

/// Runs the bytes as a template.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let once = || on_large_stack(|| outcome(&text)).expect("the engine ends in order");
    let first = once();
    assert_eq!(first, once(), "the same template, another outcome");
}

fn outcome(text: &str) -> Result<String, String> {
    const NAME: &str = "chart/templates/t.yaml";
    let mut origins = Origins::new();
    let values = values(&mut origins);
    let settings = Settings {
        limits: Limits {
            steps: 20_000,
            bytes: 1 << 20,
            ..Limits::default()
        },
        ..Settings::default()
    };
    let mut executor = Executor::new(settings, origins);
    executor
        .parse(NAME, text)
        .map_err(|error| error.to_string())?;
    let dot: Map = [("Values", values), ("Release", release())]
        .into_iter()
        .collect();
    let written = executor
        .run(NAME, &dot.into())
        .map_err(|error| error.helm_message())?;
    let mut at = 0;
    for mark in written.marks(0..written.len()) {
        assert!(at <= mark.start && mark.start < mark.end, "{mark:?}");
        assert!(
            written.get(at as usize..mark.end as usize).is_some(),
            "{mark:?} cuts a character"
        );
        assert!(executor.trace(&mark).is_some(), "{mark:?} leads nowhere");
        at = mark.end;
    }
    Ok(written.as_str().to_owned())
}

fn release() -> Value {
    let release: Map = [("Name", Value::str("r")), ("Namespace", Value::str("n"))]
        .into_iter()
        .collect();
    release.into()
}

/// Values of every kind, each with a leaf of its own.
fn values(origins: &mut Origins) -> Value {
    let mut leaf = |name: &str, value: Value| {
        let at = u32::try_from(name.len()).unwrap_or(0);
        let origin = origins.add(Leaf {
            source: SourceId(0),
            span: Span::at(at),
            path: [name.into()].into(),
        });
        (name.to_owned(), value.with_origin(origin))
    };
    let inner: Map = [
        leaf("tag", Value::str("v1.2.3")),
        leaf("pull", Data::Null.into()),
    ]
    .into_iter()
    .collect();
    let map: Map = [
        leaf("name", Value::str("web: é\n- \"x\"")),
        leaf("port", Value::from(8080.0)),
        leaf("ratio", Value::from(0.25)),
        leaf("enabled", Value::from(true)),
        leaf("none", Value::NULL),
        leaf(
            "list",
            List::new(vec![Value::str("a"), Value::from(1.0)]).into(),
        ),
        leaf("image", inner.into()),
    ]
    .into_iter()
    .collect();
    map.into()
}
