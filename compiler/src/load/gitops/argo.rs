//! Application of Argo CD (`argoproj.io/v1alpha1`): `spec.source` or `spec.sources` with a chart, a
//! Kustomize directory or plain manifests, and `spec.destination.namespace`.

use super::{Asker, Spec, is_chart_at};
use crate::chart::{Argument, Request, SetKind, SetValue};
use crate::load::chart_values::{of_part, of_text};
use crate::load::kustomize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Renders what an Application deploys.
pub(super) fn application(asker: &mut Asker<'_, '_>, spec: &Spec<'_>) {
    let several = spec.items("/spec/sources");
    let sources: Vec<String> = if several.is_empty() {
        vec!["/spec/source".to_owned()]
    } else {
        several.into_iter().map(|(pointer, _)| pointer).collect()
    };
    for pointer in sources {
        if spec.get(&pointer).is_some() {
            source(asker, spec, &pointer);
        }
    }
}

/// One source of an Application.
fn source(asker: &mut Asker<'_, '_>, spec: &Spec<'_>, at: &str) {
    let text = |field: &str| spec.text(&format!("{at}/{field}"));
    let version = text("targetRevision").unwrap_or_default().to_owned();
    if let Some(name) = text("chart") {
        match asker.named_chart(name, &version) {
            Some(path) => chart(asker, spec, at, &path),
            None => asker.unresolved(
                spec.place(&format!("{at}/chart")),
                format!(
                    "{} deploys the chart `{name}`, which is not in the tree",
                    spec.name()
                ),
                "`helm pull` it into a directory and name that by --chart-dir",
            ),
        }
        return;
    }
    // A source that is only there for others to refer to its files deploys nothing.
    let Some(path) = text("path") else { return };
    for field in ["directory/exclude", "directory/include", "kustomize"] {
        if spec.get(&format!("{at}/{field}")).is_some() {
            let who = spec.name();
            asker.renderer.loaded.incomplete.push(format!(
                "{who} says `{field}` of what it deploys, which is not followed here"
            ));
        }
    }
    match asker.find(path) {
        Some(found) if is_chart_at(&found) => chart(asker, spec, at, &found),
        Some(found) if kustomize::is_here(&found) => {
            let namespace: Arc<str> = destination(spec).into();
            let place = spec.place(&format!("{at}/path"));
            let renderer = &mut *asker.renderer;
            let asked = Some((&namespace, place));
            kustomize::take(
                &found,
                asked,
                renderer.options,
                renderer.sources,
                renderer.loaded,
            );
        }
        Some(found) => plain(asker, spec, &found),
        None => asker.unresolved(
            spec.place(&format!("{at}/path")),
            format!("{} deploys `{path}`, which is not in the tree", spec.name()),
            "check the path, or read the repository that it lies in as well",
        ),
    }
}

/// The namespace of objects that name none.
fn destination<'s>(spec: &'s Spec<'_>) -> &'s str {
    spec.text("/spec/destination/namespace")
        .unwrap_or("default")
}

/// Plain manifests: they have been read with the tree, and get their namespace here.
fn plain(asker: &mut Asker<'_, '_>, spec: &Spec<'_>, directory: &Path) {
    let namespace: Arc<str> = destination(spec).into();
    let directory = super::real(directory);
    let renderer = &mut *asker.renderer;
    let real = &mut *asker.real;
    for object in &mut renderer.loaded.objects {
        if object.home.is_some() {
            continue;
        }
        let source = object.source;
        // A file holds many objects, and asking the file system takes longer than all else here.
        let file = real.entry(source).or_insert_with(|| {
            let source = renderer.sources.get(source);
            source.map(|source| super::real(Path::new(&source.path)))
        });
        let lies_there = file.as_ref();
        if lies_there.is_some_and(|file| file.starts_with(&directory)) {
            object.home = Some(Arc::clone(&namespace));
        }
    }
}

fn chart(asker: &mut Asker<'_, '_>, spec: &Spec<'_>, at: &str, path: &Path) {
    asker.asks_for(path);
    let mut request = asker.renderer.request(path, true);
    request.values.clear();
    request.arguments.clear();
    namespace_of(&mut request, spec, at);
    request.asked_at = Some(spec.place(at));
    let helm = format!("{at}/helm");
    value_files(asker, spec, &helm, path, &mut request);
    let inline = format!("{helm}/values");
    let object = format!("{helm}/valuesObject");
    if spec.get(&object).is_some() {
        request.values.extend(of_part(spec, &object, &spec.name()));
    } else if let Some(text) = spec.text(&inline) {
        let place = spec.place(&inline);
        let values = of_text(text, place, &spec.name(), asker.renderer.sources);
        request.values.push(values);
    }
    parameters(asker, spec, &helm, path, &mut request);
    asker.renderer.take(&request);
}

fn namespace_of(request: &mut Request, spec: &Spec<'_>, at: &str) {
    let text = |field: &str| spec.text(&format!("{at}/helm/{field}")).map(str::to_owned);
    let own = spec.text("/metadata/name").map(str::to_owned);
    request.release_name = text("releaseName").or(own);
    request.namespace = text("namespace").unwrap_or_else(|| destination(spec).to_owned());
    request.kube_version = text("kubeVersion").or_else(|| request.kube_version.take());
    let versions = spec.texts(&format!("{at}/helm/apiVersions"));
    request.api_versions.extend(versions);
}

/// `valueFiles`: below the chart, or `$REF/…` below the repository of another source.
fn value_files(
    asker: &mut Asker<'_, '_>,
    spec: &Spec<'_>,
    helm: &str,
    chart: &Path,
    request: &mut Request,
) {
    let may_be_missing = spec.flag(&format!("{helm}/ignoreMissingValueFiles"));
    for (pointer, file) in spec.items(&format!("{helm}/valueFiles")) {
        let Some(name) = file.as_str() else { continue };
        match value_file(asker, chart, name) {
            Some(path) => request.values.extend(asker.renderer.file(path)),
            None if may_be_missing => {}
            None => asker.unresolved(
                spec.place(&pointer),
                format!(
                    "{} takes values from `{name}`, which is not in the tree",
                    spec.name()
                ),
                "check the path; it begins at the chart, or at the repository behind `$REF/`",
            ),
        }
    }
}

fn value_file(asker: &Asker<'_, '_>, chart: &Path, name: &str) -> Option<PathBuf> {
    if let Some(reference) = name.strip_prefix('$') {
        let (_, path) = reference.split_once('/')?;
        return asker.find(path);
    }
    if let Some(from_root) = name.strip_prefix('/') {
        return asker.find(from_root);
    }
    let path = chart.join(name);
    let root = super::repository(chart);
    (path.is_file() && super::real(&path).starts_with(root)).then_some(path)
}

/// `parameters` are `--set` and `--set-string`, `fileParameters` are `--set-file`.
fn parameters(
    asker: &mut Asker<'_, '_>,
    spec: &Spec<'_>,
    helm: &str,
    chart: &Path,
    request: &mut Request,
) {
    for (pointer, item) in spec.items(&format!("{helm}/parameters")) {
        let text = |key: &str| item.get(key).map(plain_text);
        let (Some(name), value) = (text("name"), text("value").unwrap_or_default()) else {
            continue;
        };
        let forced = item.get("forceString").and_then(Value::as_bool) == Some(true);
        let kind = if forced {
            SetKind::String
        } else {
            SetKind::Plain
        };
        // Argo CD hands commas over as they are, unless they make a list.
        let value = if value.starts_with('{') {
            value
        } else {
            value.replace(',', "\\,")
        };
        request.arguments.push(Argument {
            set: SetValue::new(kind, format!("{name}={value}")),
            at: Some(spec.place(&format!("{pointer}/value"))),
        });
    }
    for (pointer, item) in spec.items(&format!("{helm}/fileParameters")) {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let (Some(name), Some(path)) = (text("name"), text("path")) else {
            continue;
        };
        let file = value_file(asker, chart, path).and_then(|file| asker.renderer.file(file));
        match file {
            Some(file) => {
                let mut set = SetValue::new(SetKind::File, format!("{name}={path}"));
                set.files.push((path.to_owned(), file.text.to_string()));
                let at = Some(spec.place(&format!("{pointer}/path")));
                request.arguments.push(Argument { set, at });
            }
            None => asker.unresolved(
                spec.place(&pointer),
                format!(
                    "{} takes a value from `{path}`, which is not in the tree",
                    spec.name()
                ),
                "check the path; it begins at the chart",
            ),
        }
    }
}

/// A parameter's value as a text, however it is written.
fn plain_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
