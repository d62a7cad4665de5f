//! Ingress and the Gateway API: what leads clients outside of the cluster to which service.

use crate::support::{analyse, text_at};

const SERVICES: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: https, port: 443, targetPort: 8443}, {name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: other}
spec: {selector: {app: api}, ports: [{port: 80}]}
---
";

/// The ways in as `OBJECT → NAMESPACE/NAME:PORT HOSTS`.
fn ways(text: &str) -> Vec<String> {
    let analysis = analyse(&format!("{SERVICES}{text}"));
    let ways = analysis.model.ways_in.iter().map(|way| {
        assert!(text_at(&analysis, way.at).contains(&way.service.1));
        let (namespace, name) = &way.service;
        let hosts = way.hosts.join(" ");
        format!("{} → {namespace}/{name}:{} {hosts}", way.object, way.port)
    });
    ways.collect()
}

#[test]
fn backends_of_an_ingress() {
    let text = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
  rules:
  - host: shop.example
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: https}}}}
      - {path: /x, pathType: Prefix, backend: {service: {name: web, port: {name: nobody}}}}
      - {path: /y, pathType: Prefix, backend: {resource: {kind: Bucket, name: web}}}
";
    assert_eq!(
        ways(text),
        [
            "Ingress shop/front → shop/web:80 ",
            "Ingress shop/front → shop/web:443 shop.example",
        ]
    );
}

fn route(kind: &str, parent: &str, backend: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\n\
         metadata: {{name: r, namespace: shop}}\nspec:\n  parentRefs: [{{{parent}}}]\n  \
         hostnames: [a.example, b.example]\n  rules: [{{backendRefs: [{{{backend}}}]}}]\n"
    )
}

#[test]
fn backends_of_routes() {
    let found = ways(&route("HTTPRoute", "name: gw", "name: web, port: 443"));
    assert_eq!(
        found,
        ["HTTPRoute shop/r → shop/web:443 a.example b.example"]
    );
    for kind in ["GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"] {
        let found = ways(&route(kind, "name: gw", "name: web, port: 443"));
        assert_eq!(found.len(), 1, "{kind}");
    }
    let nothing = [
        ("kind: Service, name: web", "name: web, port: 443"),
        ("name: gw", "name: web, port: 443, weight: 0"),
        (
            "name: gw",
            "name: web, port: 443, kind: Bucket, group: example.com",
        ),
    ];
    for (parent, backend) in nothing {
        let found = ways(&route("HTTPRoute", parent, backend));
        assert_eq!(found, [""; 0], "{parent} {backend}");
    }
}

#[test]
fn another_namespace_must_grant_it() {
    let text = route(
        "HTTPRoute",
        "name: gw",
        "name: api, namespace: other, port: 80",
    );
    assert_eq!(ways(&text), [""; 0]);
    let grant = |namespace: &str, kind: &str, to: &str| {
        format!(
            "{text}---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\n\
             metadata: {{name: g, namespace: {namespace}}}\nspec:\n  \
             from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: shop}}]\n  \
             to: [{{group: \"\", kind: Service{to}}}]\n"
        )
    };
    let there = ["HTTPRoute shop/r → other/api:80 a.example b.example"];
    assert_eq!(ways(&grant("other", "HTTPRoute", "")), there);
    assert_eq!(ways(&grant("other", "HTTPRoute", ", name: api")), there);
    for text in [
        grant("other", "HTTPRoute", ", name: web"),
        grant("other", "TCPRoute", ""),
        grant("shop", "HTTPRoute", ""),
    ] {
        assert_eq!(ways(&text), [""; 0], "{text}");
    }
}
