//! Draws a chart as teams write them, the values that are given to it, and who uses it.

use super::{Deploy, Line, Repository};
use netpol_testgen::Rng;
use std::collections::BTreeMap;

const NAMES: [&str; 5] = ["checkout", "catalog", "payments", "profiles", "inventory"];
const CLIENTS: [&str; 4] = ["web", "storefront", "gateway", "portal"];
const NAMESPACES: [&str; 4] = ["shop", "billing", "media", "accounts"];
const PORTS: [u16; 4] = [8080, 8081, 3000, 9090];

pub(super) fn repository(rng: &mut Rng) -> Repository {
    let name = *rng.pick(&NAMES);
    let client = *rng.pick(&CLIENTS);
    let namespace = *rng.pick(&NAMESPACES);
    let port = *rng.pick(&PORTS);
    let deploy = *rng.pick(&[Deploy::Values, Deploy::Application, Deploy::HelmRelease]);
    let mut repository = Repository {
        name,
        namespace,
        deploy,
        has_schema: rng.chance(60),
        values: given(client, rng),
        chart_path: String::new(),
        values_name: "prod.yaml".to_owned(),
        values_from: None,
        files: BTreeMap::new(),
    };
    repository.chart_path = match deploy {
        Deploy::HelmRelease => format!("./{}", repository.chart()),
        Deploy::Values | Deploy::Application => repository.chart(),
    };
    let chart = [
        ("Chart.yaml", metadata(name)),
        ("values.yaml", own_values(name, client, port)),
        ("templates/_helpers.tpl", HELPERS.replace("NAME", name)),
        (
            "templates/deployment.yaml",
            DEPLOYMENT.replace("NAME", name),
        ),
        ("templates/service.yaml", SERVICE.replace("NAME", name)),
        ("templates/networkpolicy.yaml", POLICY.replace("NAME", name)),
    ];
    for (path, text) in chart {
        let path = repository.in_chart(path);
        repository.files.insert(path, text);
    }
    if repository.has_schema {
        let path = repository.in_chart("values.schema.json");
        repository.files.insert(path, SCHEMA.to_owned());
    }
    if deploy == Deploy::HelmRelease && rng.chance(40) {
        let name = format!("{name}-values");
        let path = "apps/values.yaml".to_owned();
        repository.files.insert(path, config_map(&name, namespace));
        repository.values_from = Some(name);
    }
    let client = CLIENT
        .replace("NAMESPACE", namespace)
        .replace("NAME", client);
    let path = "workloads/client.yaml".to_owned();
    repository.files.insert(path, client);
    repository
}

/// The values of whoever deploys it: some of what the chart knows.
fn given(client: &str, rng: &mut Rng) -> Vec<Line> {
    let mut lines = vec![Line::new(
        0,
        "replicaCount",
        &(2 + rng.below(4)).to_string(),
    )];
    lines.push(Line::new(0, "image", ""));
    lines.push(Line::new(1, "repository", "registry.example.com/team/app"));
    lines.push(Line::new(1, "tag", "\"2.0.1\""));
    if rng.chance(70) {
        lines.push(Line::new(0, "service", ""));
        lines.push(Line::new(1, "type", "ClusterIP"));
        lines.push(Line::new(1, "port", "8000"));
    }
    lines.push(Line::new(0, "networkPolicy", ""));
    lines.push(Line::new(1, "enabled", "true"));
    lines.push(Line::new(1, "client", client));
    if rng.chance(60) {
        lines.push(Line::new(0, "metrics", ""));
        lines.push(Line::new(1, "enabled", "true"));
        lines.push(Line::new(1, "port", "9102"));
    }
    if rng.chance(50) {
        lines.push(Line::new(0, "podLabels", ""));
        lines.push(Line::new(1, "team", "core"));
    }
    if rng.chance(50) {
        lines.push(Line::new(0, "resources", ""));
        lines.push(Line::new(1, "limits", ""));
        lines.push(Line::new(2, "memory", "256Mi"));
    }
    lines
}

fn metadata(name: &str) -> String {
    format!(
        "apiVersion: v2\nname: {name}\ndescription: The {name} service\ntype: application\nversion: 1.3.0\nappVersion: \"2.0.1\"\n"
    )
}

fn own_values(name: &str, client: &str, port: u16) -> String {
    format!(
        "replicaCount: 1\nimage:\n  repository: registry.example.com/{name}\n  tag: \"\"\n  pullPolicy: IfNotPresent\nservice:\n  type: ClusterIP\n  port: 80\ncontainerPort: {port}\nnetworkPolicy:\n  enabled: true\n  client: {client}\nmetrics:\n  enabled: false\n  port: 9100\npodLabels: {{}}\npodAnnotations: {{}}\nresources: {{}}\n"
    )
}

fn config_map(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\ndata:\n  values.yaml: |\n    image:\n      pullPolicy: Always\n"
    )
}

const HELPERS: &str = r#"{{- define "NAME.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "NAME.labels" -}}
{{ include "NAME.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicaCount }}
  selector:
    matchLabels:
      {{- include "NAME.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      labels:
        {{- include "NAME.selectorLabels" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          ports:
            - name: http
              containerPort: {{ .Values.containerPort }}
            {{- if .Values.metrics.enabled }}
            - name: metrics
              containerPort: {{ .Values.metrics.port }}
            {{- end }}
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  type: {{ .Values.service.type }}
  selector:
    {{- include "NAME.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .Values.service.port }}
      targetPort: http
"#;

const POLICY: &str = r#"{{- if .Values.networkPolicy.enabled }}
{{- if not .Values.networkPolicy.client }}
{{- fail "networkPolicy.client must name who may call" }}
{{- end }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "NAME.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "NAME.selectorLabels" . | nindent 6 }}
  policyTypes:
    - Ingress
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app: {{ .Values.networkPolicy.client }}
      ports:
        - protocol: TCP
          port: {{ .Values.containerPort }}
{{- end }}
"#;

const CLIENT: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: NAMESPACE
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  namespace: NAMESPACE
spec:
  replicas: 2
  selector:
    matchLabels:
      app: NAME
  template:
    metadata:
      labels:
        app: NAME
    spec:
      containers:
        - name: main
          image: registry.example.com/NAME:3.1.0
";

const SCHEMA: &str = r#"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "type": "object",
  "properties": {
    "replicaCount": {"type": "integer", "minimum": 0},
    "image": {
      "type": "object",
      "properties": {
        "repository": {"type": "string", "minLength": 1},
        "tag": {"type": "string"},
        "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]}
      }
    },
    "service": {
      "type": "object",
      "properties": {
        "type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535}
      }
    },
    "containerPort": {"type": "integer", "minimum": 1, "maximum": 65535},
    "networkPolicy": {
      "type": "object",
      "properties": {
        "enabled": {"type": "boolean"},
        "client": {"type": "string"}
      }
    },
    "metrics": {
      "type": "object",
      "properties": {
        "enabled": {"type": "boolean"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535}
      }
    },
    "podLabels": {"type": "object", "additionalProperties": {"type": "string"}},
    "resources": {"type": "object"}
  }
}
"#;
