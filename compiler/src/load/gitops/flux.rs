//! HelmRelease of Flux (`helm.toolkit.fluxcd.io`): `spec.chart` or `spec.chartRef`, `valuesFrom` and
//! `values`. Secrets are never read: no value of one may reach a finding.

use super::{Asker, Spec, is_chart_at};
use crate::chart::{Request, ValuesPlaces, ValuesText};
use crate::load::Object;
use crate::load::chart_values::{of_part, of_text};
use crate::source::Location;
use serde_json::Value;
use std::path::PathBuf;

/// Renders what a HelmRelease deploys.
pub(super) fn release(asker: &mut Asker<'_, '_>) {
    let object = asker.object;
    let spec = Spec::of(object);
    let Some(path) = chart(asker, &spec) else {
        return;
    };
    asker.asks_for(&path);
    let mut request = asker.renderer.request(&path, true);
    request.arguments.clear();
    let text = |pointer: &str| spec.text(pointer).map(str::to_owned);
    let target = text("/spec/targetNamespace");
    let own = text("/metadata/name").unwrap_or_default();
    // Flux calls the release `TARGET-NAME` when it goes to another namespace.
    let name = target
        .as_ref()
        .map_or_else(|| own.clone(), |target| format!("{target}-{own}"));
    request.release_name = text("/spec/releaseName").or(Some(name));
    request.namespace = target.unwrap_or_else(|| spec.namespace().to_owned());
    request.asked_at = Some(spec.place("/spec/chart"));
    values_files(asker, &spec, &path, &mut request);
    for (pointer, from) in spec.items("/spec/valuesFrom") {
        values_from(asker, &spec, (&pointer, from), &mut request);
    }
    request
        .values
        .extend(of_part(&spec, "/spec/values", &spec.name()));
    if spec.get("/spec/postRenderers").is_some() {
        asker.unresolved(
            spec.place("/spec/postRenderers"),
            format!(
                "{} changes what its chart renders, which is not done here",
                spec.name()
            ),
            "read what Flux applies instead: `flux build` or a dump of the cluster",
        );
    }
    asker.renderer.take(&request);
}

/// Where the chart lies.
fn chart(asker: &mut Asker<'_, '_>, spec: &Spec<'_>) -> Option<PathBuf> {
    if let Some(kind) = spec.text("/spec/chartRef/kind") {
        return referred(asker, spec, kind);
    }
    let at = "/spec/chart/spec";
    of_template(asker, spec, spec, at)
}

/// A chart that is described where a HelmRelease or HelmChart says `chart`, `version`, `sourceRef`.
fn of_template(
    asker: &mut Asker<'_, '_>,
    spec: &Spec<'_>,
    described: &Spec<'_>,
    at: &str,
) -> Option<PathBuf> {
    let text = |field: &str| described.text(&format!("{at}/{field}"));
    let name = text("chart")?;
    let kind = text("sourceRef/kind").unwrap_or_default();
    let version = text("version").unwrap_or_default();
    let found = if kind == "HelmRepository" {
        asker.named_chart(name, version)
    } else {
        let here = asker.find(name).filter(|path| is_chart_at(path));
        here.or_else(|| asker.named_chart(name, version))
    };
    if found.is_none() {
        let at = described.place(&format!("{at}/chart"));
        asker.chart_is_absent(name, at, spec.name());
    }
    found
}

/// `chartRef`: an OCIRepository or a HelmChart that lies in the tree.
fn referred(asker: &mut Asker<'_, '_>, spec: &Spec<'_>, kind: &str) -> Option<PathBuf> {
    let name = spec.text("/spec/chartRef/name").unwrap_or_default();
    let namespace = spec.text("/spec/chartRef/namespace");
    let namespace = namespace.unwrap_or_else(|| spec.namespace());
    let Some(object) = object(asker, kind, namespace, name) else {
        asker.unresolved(
            spec.place("/spec/chartRef"),
            format!(
                "{} refers to {kind} {namespace}/{name}, which is not in the tree",
                spec.name()
            ),
            "read the directory that it lies in as well",
        );
        return None;
    };
    let described = Spec::of(&object);
    if kind == "HelmChart" {
        return of_template(asker, spec, &described, "/spec");
    }
    let url = described.text("/spec/url").unwrap_or_default().to_owned();
    let version = described.text("/spec/ref/tag").unwrap_or_default();
    let found = asker.named_chart(url.trim_end_matches('/'), version);
    if found.is_none() {
        let chart = url.rsplit('/').next().unwrap_or_default();
        asker.chart_is_absent(chart, described.place("/spec/url"), spec.name());
    }
    found
}

/// An object of the input by kind, namespace and name.
fn object(asker: &Asker<'_, '_>, kind: &str, namespace: &str, name: &str) -> Option<Object> {
    let mut alike = asker.renderer.loaded.objects.iter().filter(|object| {
        let own = object.namespace.as_deref().or(object.home.as_deref());
        object.kind == kind && object.name == name && own.unwrap_or("default") == namespace
    });
    alike.next().cloned()
}

/// `valuesFiles` of the chart, from the root of its source.
fn values_files(
    asker: &mut Asker<'_, '_>,
    spec: &Spec<'_>,
    chart: &std::path::Path,
    request: &mut Request,
) {
    for (pointer, file) in spec.items("/spec/chart/spec/valuesFiles") {
        let Some(name) = file.as_str() else { continue };
        let beside = Some(chart.join(name)).filter(|path| path.is_file());
        match asker.find(name).or(beside) {
            Some(path) => request.values.extend(asker.renderer.file(path)),
            None if spec.flag("/spec/chart/spec/ignoreMissingValuesFiles") => {}
            None => asker.unresolved(
                spec.place(&pointer),
                format!(
                    "{} takes values from `{name}`, which is not in the tree",
                    spec.name()
                ),
                "check the path; it begins at the root of the chart's source",
            ),
        }
    }
}

/// One entry of `valuesFrom`.
fn values_from(
    asker: &mut Asker<'_, '_>,
    spec: &Spec<'_>,
    (pointer, from): (&str, &Value),
    request: &mut Request,
) {
    let text = |key: &str| from.get(key).and_then(Value::as_str);
    let (kind, name) = (
        text("kind").unwrap_or_default(),
        text("name").unwrap_or_default(),
    );
    let key = text("valuesKey").unwrap_or("values.yaml");
    let optional = from.get("optional").and_then(Value::as_bool) == Some(true);
    let at = spec.place(pointer);
    if kind != "ConfigMap" {
        if !optional {
            asker.unresolved(
                at,
                format!(
                    "{} takes values from {kind} `{name}`, which is not read",
                    spec.name()
                ),
                "values of Secrets are never read; if they matter to policies, put them into a \
                 ConfigMap",
            );
        }
        return;
    }
    let found = object(asker, kind, spec.namespace(), name).and_then(|map| {
        let node = map.get("/data")?.get(key)?;
        Some((node.as_str()?.to_owned(), map.locate(node)))
    });
    match (found, text("targetPath")) {
        (Some((values, place)), None) => {
            let name = format!("ConfigMap {}/{name}", spec.namespace());
            let values = of_text(&values, place, &name, asker.renderer.sources);
            request.values.push(values);
        }
        (Some((value, place)), Some(path)) => request.values.push(single(path, &value, place)),
        (None, _) if optional => {}
        (None, _) => asker.unresolved(
            at,
            format!(
                "{} takes values from the key `{key}` of ConfigMap `{name}`, which is not in the tree",
                spec.name()
            ),
            "read the directory that it lies in as well",
        ),
    }
}

/// `targetPath`: one value at a path.
fn single(path: &str, value: &str, at: Location) -> ValuesText {
    let nested = path.rsplit('.').fold(Value::from(value), |inner, key| {
        Value::Object(std::iter::once((key.to_owned(), inner)).collect())
    });
    let text = nested.to_string();
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    ValuesText {
        name: path.to_owned(),
        text: text.into(),
        places: ValuesPlaces::Parts(vec![(0..end, at)]),
    }
}
