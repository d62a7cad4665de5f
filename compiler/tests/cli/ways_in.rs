//! How clients outside of the cluster come in: `reach --exposure` names the service, and what leads
//! to it.

use crate::support::{assert_form, dir, netpolc, write};
use serde_json::json;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{name: https, containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: TYPE, selector: {app: web}, ports: [{name: https, port: 443, targetPort: https}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {name: https}}}}
";

#[test]
fn services_and_what_leads_to_them() {
    let dir = dir("ways-in");
    let input = dir.to_str().unwrap().to_owned();
    let exposure = |kind: &str, format: &str| {
        write(&dir.join("shop.yaml"), &SHOP.replace("TYPE", kind));
        netpolc(["reach", "--exposure", "--format", format, &input]).expect_code(0)
    };
    let text = exposure("ClusterIP", "text").stdout;
    let way = "(way in: Ingress shop/front → Service shop/web, TCP/443 to 8443)";
    assert!(text.contains(way), "{text}");

    let json = exposure("LoadBalancer", "json").json();
    assert_form(&json, "reach.v1.json", None);
    let exposed = json["exposure"].as_array().unwrap();
    let ways: Vec<_> = exposed.iter().map(|e| &e["waysIn"]).collect();
    let port = |through: Option<&str>| {
        let mut way =
            json!({"service": "shop/web", "protocol": "TCP", "port": 443, "targetPort": 8443});
        if let Some(through) = through {
            way["through"] = json!(through);
        }
        way
    };
    assert_eq!(
        ways,
        [&json!([port(None), port(Some("Ingress shop/front"))])]
    );
}
