//! Policies that are recognised and not analysed.

use crate::support::{analyse, policy};
use netpol_policy::Dialect;

#[test]
fn policies_of_other_languages_make_the_answer_incomplete() {
    let analysis = analyse(&format!(
        "{}---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: c}}\nspec: {{}}\n---\n\
         apiVersion: policy.networking.k8s.io/v1beta1\nkind: ClusterNetworkPolicy\nmetadata: {{name: d}}\n---\n\
         apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\n",
        policy("{}")
    ));
    let model = &analysis.model;
    assert_eq!(model.policies.policies().len(), 1);
    assert_eq!(model.policies.dialect(), Dialect::Kubernetes);
    let seen: Vec<(&str, Option<&str>)> = model
        .unanalysed
        .iter()
        .map(|u| (u.kind.as_str(), u.namespace.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            ("AuthorizationPolicy", Some("default")),
            // A version that may be newer than the ones that are read.
            ("ClusterNetworkPolicy", None),
            ("NetworkPolicy", Some("shop")),
        ]
    );
    assert_eq!(model.incomplete.len(), 3);
    assert_eq!(model.duplicates, []);
}
