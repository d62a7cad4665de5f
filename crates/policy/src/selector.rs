//! Label selectors (`meta/v1 LabelSelector`): `matchLabels` and `matchExpressions`, all of which
//! must hold.

use crate::{Labels, Tri, labels::NAMESPACE_NAME};
use serde::{Deserialize, Serialize};

/// The four operators of `matchExpressions` (`meta/v1 LabelSelectorOperator`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// The label is present and its value is one of `values`.
    In,
    /// The label is absent, or its value is none of `values`.
    NotIn,
    /// The label is present.
    Exists,
    /// The label is absent.
    DoesNotExist,
}

/// One condition of a selector. `matchLabels: {k: v}` is the requirement `k In [v]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// How `values` are compared.
    pub operator: Operator,
    /// Empty for `Exists` and `DoesNotExist`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl Requirement {
    /// Does a label set satisfy this requirement?
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator {
            Operator::In => value.is_some_and(|v| self.has(v)),
            // A missing label satisfies NotIn (apimachinery pkg/labels Requirement.Matches).
            Operator::NotIn => !value.is_some_and(|v| self.has(v)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }

    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|v| v == value)
    }
}

/// A label selector; without requirements it matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selector {
    /// All must hold.
    pub requirements: Vec<Requirement>,
}

impl Selector {
    /// The selector `{}`, which matches everything.
    pub fn everything() -> Self {
        Self::default()
    }

    /// `matchLabels` with the given pairs.
    pub fn match_labels<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let requirements = pairs
            .into_iter()
            .map(|(key, value)| Requirement {
                key: key.into(),
                operator: Operator::In,
                values: vec![value.into()],
            })
            .collect();
        Self { requirements }
    }

    /// Does it match every label set because it asks for nothing?
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Does the label set satisfy every requirement?
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|r| r.matches(labels))
    }

    /// The same where a label that is not given is not known, rather than absent.
    pub fn matches_partly_known(&self, labels: &Labels) -> Tri {
        self.requirements.iter().fold(Tri::Yes, |so_far, r| {
            so_far.and(match labels.get(&r.key) {
                Some(_) => r.matches(labels).into(),
                None => Tri::Unknown,
            })
        })
    }

    /// The same for a namespace of which only the name is known, because no manifest declares it:
    /// conditions on `kubernetes.io/metadata.name` are decided, all others are unknown.
    pub fn matches_undeclared(&self, labels: &Labels) -> Tri {
        self.requirements.iter().fold(Tri::Yes, |so_far, r| {
            so_far.and(if r.key == NAMESPACE_NAME || labels.get(&r.key).is_some() {
                r.matches(labels).into()
            } else {
                Tri::Unknown
            })
        })
    }
}
