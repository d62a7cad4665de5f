//! Which fields there are, and which one was probably meant.

use super::structure::Schemas;
use netpol_yaml::{Kind, NodeRef};
use serde_json::Value;
use std::fmt::Write as _;

/// What is said about an unknown field.
pub(crate) struct Hint {
    /// At the field.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// Why it matters.
    pub note: Option<String>,
}

/// The names of the fields that the schema knows at an instance's pointer, in its order.
pub(crate) fn known(schemas: &Schemas, schema: &str, pointer: &str) -> Vec<String> {
    let Some(mut place) = schemas.document(schema).map(|document| (schema, document)) else {
        return Vec::new();
    };
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        match below(schemas, place, &step) {
            Some(next) => place = next,
            None => return Vec::new(),
        }
    }
    let Some((_, node)) = follow(schemas, place) else {
        return Vec::new();
    };
    let properties = node.get("properties").and_then(Value::as_object);
    properties.map_or_else(Vec::new, |p| p.keys().cloned().collect())
}

/// A schema and the document that its references are looked up in.
type Place<'a> = (&'a str, &'a Value);

/// Follows `$ref`.
fn follow<'a>(schemas: &'a Schemas, mut place: Place<'a>) -> Option<Place<'a>> {
    while let Some(reference) = place.1.get("$ref").and_then(Value::as_str) {
        place = schemas.resolve(place.0, reference)?;
    }
    Some(place)
}

fn below<'a>(schemas: &'a Schemas, place: Place<'a>, step: &str) -> Option<Place<'a>> {
    let (document, node) = follow(schemas, place)?;
    let property = node.get("properties").and_then(|p| p.get(step));
    let next = property.or_else(|| node.get("items"))?;
    Some((document, next))
}

/// Fields that differ from a known one by case only, below a node: pointers of the parents and
/// names. Only parts whose schema is open; the others are the validator's.
pub(crate) fn slips(
    schemas: &Schemas,
    place: Place<'_>,
    node: NodeRef<'_>,
    pointer: &mut String,
    found: &mut Vec<(String, String)>,
) {
    let Some((document, schema)) = follow(schemas, place) else {
        return;
    };
    let length = pointer.len();
    if node.kind() == Kind::Sequence {
        if let Some(items) = schema.get("items") {
            for (index, item) in node.items().enumerate() {
                let _ = write!(pointer, "/{index}");
                slips(schemas, (document, items), item, pointer, found);
                pointer.truncate(length);
            }
        }
        return;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let open = schema.get("additionalProperties").is_none();
    for (key, value) in node.entries() {
        let Some(name) = key.as_str() else { continue };
        if let Some(next) = properties.get(name) {
            pointer.push('/');
            pointer.push_str(name);
            slips(schemas, (document, next), value, pointer, found);
            pointer.truncate(length);
        } else if open
            && properties
                .keys()
                .any(|known| known.eq_ignore_ascii_case(name))
        {
            found.push((pointer.clone(), name.to_owned()));
        }
    }
}

/// Fields of a NetworkPolicy and where they belong, for fields at the wrong level.
const HOMES: [(&str, &str); 16] = [
    ("podSelector", "`spec`, or an item of `from` or `to`"),
    ("policyTypes", "`spec`"),
    ("ingress", "`spec`"),
    ("egress", "`spec`"),
    ("from", "an item of `spec.ingress`"),
    ("to", "an item of `spec.egress`"),
    ("ports", "an item of `spec.ingress` or `spec.egress`"),
    ("namespaceSelector", "an item of `from` or `to`"),
    ("ipBlock", "an item of `from` or `to`"),
    ("cidr", "`ipBlock`"),
    ("except", "`ipBlock`"),
    ("port", "an item of `ports`"),
    ("protocol", "an item of `ports`"),
    ("endPort", "an item of `ports`"),
    ("matchLabels", "a selector"),
    ("matchExpressions", "a selector"),
];

/// Fields of a NetworkPolicy and what Cilium's policies have instead.
const CILIUM: [(&str, &str); 9] = [
    (
        "podSelector",
        "`endpointSelector`, or an item of `fromEndpoints` or `toEndpoints`",
    ),
    (
        "namespaceSelector",
        "`k8s:io.kubernetes.pod.namespace` among the labels of an endpoint",
    ),
    (
        "policyTypes",
        "`ingress: [{}]` or `egress: [{}]`, which isolates",
    ),
    ("from", "`fromEndpoints`, `fromEntities` or `fromCIDR`"),
    ("to", "`toEndpoints`, `toEntities` or `toCIDR`"),
    ("ports", "`toPorts: [{ports: …}]`"),
    ("ipBlock", "`fromCIDRSet` or `toCIDRSet`"),
    ("toFQDNs", "an allow rule: names cannot be denied"),
    ("rules", "an allow rule: requests cannot be denied"),
];

/// What Cilium has instead of a field: the other direction's name of a list, or its own name for
/// something of a `NetworkPolicy`.
fn cilium_home(field: &str, known: &[String]) -> Option<String> {
    let turned = (field.strip_prefix("from").map(|rest| format!("to{rest}")))
        .or_else(|| field.strip_prefix("to").map(|rest| format!("from{rest}")));
    if let Some(turned) = turned.filter(|name| known.contains(name)) {
        return Some(format!("did you mean `{turned}`?"));
    }
    let (_, instead) = CILIUM.iter().find(|(name, _)| *name == field)?;
    Some(format!("Cilium has {instead}"))
}

/// What was probably meant by a field.
pub(crate) fn hint(schema: &str, pointer: &str, field: &str, known: &[String]) -> Hint {
    let is_policy = schema == "networkpolicy.v1";
    let case_slip = known.iter().find(|name| name.eq_ignore_ascii_case(field));
    let mut hint = Hint {
        label: "the API server knows no such field here".to_owned(),
        help: None,
        note: None,
    };
    if let Some(name) = case_slip {
        hint.label = format!("field names have a case: this one is `{name}`");
        hint.help = Some(format!("did you mean `{name}`?"));
    } else if let Some(other) = other_side(field, known).filter(|_| is_policy) {
        hint.label = format!("rules of this direction name their peers in `{other}`");
        hint.help = Some(format!("did you mean `{other}`?"));
    } else if schema == "ciliumpolicy.v2"
        && let Some(help) = cilium_home(field, known)
    {
        hint.help = Some(help);
    } else if is_policy && pointer.is_empty() && field == "status" {
        "NetworkPolicy has no status since Kubernetes 1.28".clone_into(&mut hint.label);
        hint.help = Some("delete it".to_owned());
    } else if known.iter().any(|name| name == "matchLabels") && !close_to_any(field, known) {
        hint.help = Some(format!(
            "labels belong into `matchLabels`: `matchLabels: {{{field}: …}}`"
        ));
    } else if let Some(name) = closest(field, known) {
        hint.help = Some(format!("did you mean `{name}`?"));
    } else if let Some((name, home)) = home(field).filter(|_| is_policy) {
        hint.help = Some(format!("`{name}` belongs into {home}"));
    }
    let selects = |name: &str| hint.help.as_deref().is_some_and(|help| help.contains(name));
    if is_policy && pointer == "/spec" && selects("podSelector") {
        hint.note = Some(
            "without strict checks the field is dropped, and a policy without `podSelector` \
             selects every pod of its namespace"
                .to_owned(),
        );
    }
    hint
}

/// `from` in an egress rule, `to` in an ingress rule.
fn other_side(field: &str, known: &[String]) -> Option<&'static str> {
    let has = |name: &str| known.iter().any(|k| k == name);
    match field {
        "from" if has("to") => Some("to"),
        "to" if has("from") => Some("from"),
        _ => None,
    }
}

fn home(field: &str) -> Option<(&'static str, &'static str)> {
    HOMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(field))
        .copied()
}

fn close_to_any(field: &str, known: &[String]) -> bool {
    closest(field, known).is_some()
}

/// The known field that differs in the fewest letters, if these are few for its length. Of two
/// equally far ones it is the one that begins in the same way.
fn closest<'a>(field: &str, known: &'a [String]) -> Option<&'a str> {
    let lower = field.to_ascii_lowercase();
    let candidates = known.iter().map(|name| {
        let other = name.to_ascii_lowercase();
        let likeness = strsim::jaro_winkler(&lower, &other);
        (strsim::osa_distance(&lower, &other), likeness, name)
    });
    candidates
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .filter(|(distance, _, name)| *distance <= 1 + name.len() / 5 && *distance < name.len())
        .map(|(_, _, name)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::hint;

    fn help(pointer: &str, field: &str, known: &[&str]) -> String {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        hint("networkpolicy.v1", pointer, field, &known)
            .help
            .unwrap_or_default()
    }

    #[test]
    fn what_was_meant_for_cilium() {
        let known = ["fromEndpoints", "fromEntities", "toPorts"].map(str::to_owned);
        let help = |field: &str| hint("ciliumpolicy.v2", "/spec/ingress/0", field, &known).help;
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(help("toEndpoints"), said("did you mean `fromEndpoints`?"));
        assert_eq!(help("fromEndpoint"), said("did you mean `fromEndpoints`?"));
        let ports = said("Cilium has `toPorts: [{ports: …}]`");
        assert_eq!(help("ports"), ports);
        assert_eq!(help("colour"), None);
    }

    #[test]
    fn what_was_meant() {
        let spec = ["podSelector", "policyTypes", "ingress", "egress"];
        assert_eq!(
            help("/spec", "PodSelector", &spec),
            "did you mean `podSelector`?"
        );
        assert_eq!(
            help("/spec", "policyType", &spec),
            "did you mean `policyTypes`?"
        );
        assert_eq!(help("/spec", "igress", &spec), "did you mean `ingress`?");
        assert_eq!(
            help("/spec", "ports", &spec),
            "`ports` belongs into an item of `spec.ingress` or `spec.egress`"
        );
        assert_eq!(help("/spec", "foo", &spec), "");
        let egress = ["to", "ports"];
        assert_eq!(
            help("/spec/egress/0", "from", &egress),
            "did you mean `to`?"
        );
        let selector = ["matchExpressions", "matchLabels"];
        let place = "/spec/podSelector";
        assert_eq!(
            help(place, "matchLabel", &selector),
            "did you mean `matchLabels`?"
        );
        assert!(help(place, "app", &selector).starts_with("labels belong into `matchLabels`"));
    }
}
