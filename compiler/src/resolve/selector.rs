//! Label selectors and labels as manifests write them.

use crate::load::as_written;
use netpol_policy::{Labels, Operator, Requirement, Selector};
use netpol_yaml::NodeRef;

/// Reads `meta/v1 LabelSelector`. Null and absent parts ask for nothing. What the server refuses
/// has been left out before (`schema`), so an unknown operator cannot occur; should it, nothing
/// is guessed and the answer is `None`.
pub(crate) fn selector(node: NodeRef<'_>) -> Option<Selector> {
    let mut requirements: Vec<Requirement> = Vec::new();
    for (key, value) in node
        .get("matchLabels")
        .into_iter()
        .flat_map(NodeRef::entries)
    {
        requirements.push(Requirement {
            key: key.scalar_text()?.into_owned(),
            operator: Operator::In,
            values: vec![as_written(value).unwrap_or_default().to_owned()],
        });
    }
    let expressions = node.get("matchExpressions").into_iter();
    for expression in expressions.flat_map(NodeRef::items) {
        let text = |key: &str| expression.get(key).and_then(as_written);
        let operator = match text("operator")? {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return None,
        };
        let values = expression
            .get("values")
            .into_iter()
            .flat_map(NodeRef::items);
        requirements.push(Requirement {
            key: text("key")?.to_owned(),
            operator,
            values: values
                .map(|value| as_written(value).unwrap_or_default().to_owned())
                .collect(),
        });
    }
    Some(Selector { requirements })
}

/// Reads a map of labels; a null value is the empty string, as the server takes it.
pub(crate) fn labels(node: Option<NodeRef<'_>>) -> Labels {
    node.into_iter()
        .flat_map(NodeRef::entries)
        .filter_map(|(key, value)| {
            let key = key.scalar_text()?.into_owned();
            Some((key, as_written(value).unwrap_or_default().to_owned()))
        })
        .collect()
}
