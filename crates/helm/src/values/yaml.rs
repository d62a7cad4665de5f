//! Values files: YAML read as Helm reads it, into values that know their places.
//!
//! Helm reads values with `sigs.k8s.io/yaml`: the first document, the lax reading, every number
//! a float64.

use std::rc::Rc;

use netpol_yaml::{Kind, Limits, NodeRef, Span, parse_shared};

use crate::value::{Data, Leaf, List, Map, Origins, SourceId, Value};

/// What is wrong with a text of values, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// Reads a values file. `prefix` is the path of its top in the root chart's values.
///
/// # Errors
/// What is wrong with the text, when Helm could not read it either; and a top level that is no
/// mapping.
pub(crate) fn read_values(
    text: &std::sync::Arc<str>,
    source: SourceId,
    prefix: &[Rc<str>],
    origins: &mut Origins,
) -> Result<Map, Wrong> {
    let parsed = parse_shared(text, &Limits::default());
    // A first document of nothing but comments, ended by `---`, is none to go-yaml.
    let document = parsed
        .documents
        .iter()
        .take(2)
        .find(|document| !document.is_empty());
    let index = document.map_or(0, netpol_yaml::Document::index);
    let wrong = parsed
        .diagnostics
        .iter()
        .find(|wrong| wrong.document <= index && !wrong.kind.is_strict_only());
    if let Some(wrong) = wrong {
        return Err(Wrong {
            span: wrong.span,
            message: wrong.message.clone(),
        });
    }
    let Some(document) = document else {
        return Ok(Map::new());
    };
    let root = document.root();
    let mut path = prefix.to_vec();
    let mut reader = Reader { source, origins };
    match reader.value(root, &mut path).data {
        Data::Map(map) => Ok(map),
        Data::Null => Ok(Map::new()),
        _ => Err(Wrong {
            span: root.span(),
            message: "values are a mapping; this is none".to_owned(),
        }),
    }
}

struct Reader<'a> {
    source: SourceId,
    origins: &'a mut Origins,
}

impl Reader<'_> {
    fn value(&mut self, node: NodeRef<'_>, path: &mut Vec<Rc<str>>) -> Value {
        let origin = self.origins.add(Leaf {
            source: self.source,
            span: node.span(),
            path: path.as_slice().into(),
        });
        let data = match node.kind() {
            Kind::Null => Data::Null,
            Kind::Bool => Data::Bool(node.as_bool().unwrap_or_default()),
            Kind::Integer | Kind::Float => Data::Float(node.as_f64().unwrap_or_default()),
            Kind::String => Data::Str(node.as_str().unwrap_or_default().into()),
            Kind::Sequence => {
                let mut items = Vec::with_capacity(node.len());
                for (index, item) in node.items().enumerate() {
                    path.push(index.to_string().into());
                    items.push(self.value(item, path));
                    path.pop();
                }
                Data::List(List::new(items))
            }
            Kind::Mapping => {
                let map = Map::new();
                for (key, value) in node.entries() {
                    let key: Rc<str> = key.scalar_text().unwrap_or_default().into();
                    path.push(Rc::clone(&key));
                    map.set(key, self.value(value, path));
                    path.pop();
                }
                Data::Map(map)
            }
        };
        Value::from(data).with_origin(origin)
    }
}
