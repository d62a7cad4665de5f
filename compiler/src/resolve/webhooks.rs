//! Services that the API server calls: admission and conversion webhooks, aggregated APIs. It does
//! so from an address that policies can rarely name.

use super::collect::Item;
use netpol_yaml::NodeRef;

/// Their namespaces and names, sorted, each once.
pub(super) fn lower(items: &[Item<'_>]) -> Vec<(String, String)> {
    let present = items.iter().filter(|item| !item.removed);
    let mut found: Vec<(String, String)> = present.flat_map(|item| called(item)).collect();
    found.sort();
    found.dedup();
    found
}

fn called(item: &Item<'_>) -> Vec<(String, String)> {
    let object = item.object;
    let services: Vec<NodeRef<'_>> = match (object.group(), object.kind.as_str()) {
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => {
            let hooks = object.get("/webhooks").into_iter();
            let hooks = hooks.flat_map(NodeRef::items);
            hooks
                .filter_map(|hook| hook.pointer("/clientConfig/service"))
                .collect()
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => object
            .get("/spec/conversion/webhook/clientConfig/service")
            .into_iter()
            .collect(),
        ("apiregistration.k8s.io", "APIService") => {
            object.get("/spec/service").into_iter().collect()
        }
        _ => Vec::new(),
    };
    let text = |node: NodeRef<'_>, key: &str| Some(node.get(key)?.as_str()?.to_owned());
    let named = services.into_iter();
    let named = named.filter_map(|s| Some((text(s, "namespace")?, text(s, "name")?)));
    named.collect()
}
