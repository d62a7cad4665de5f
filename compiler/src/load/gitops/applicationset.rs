//! ApplicationSet of Argo CD (`argoproj.io/v1alpha1`): the list generator and the git generator for
//! directories. Other generators ask a cluster or a service, so what they make is not known here.

use super::{Asker, Spec, argo, pattern, template};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const TEMPLATE: &str = "/spec/template";

/// Renders every Application that an ApplicationSet makes.
pub(super) fn read(asker: &mut Asker<'_, '_>) {
    let object = asker.object;
    let set = Spec::of(object);
    let go = set.flag("/spec/goTemplate");
    for (pointer, generator) in set.items("/spec/generators") {
        let Some(parameters) = parameters(asker, generator, go) else {
            let name = generator.as_object().and_then(|g| g.keys().next());
            let name = name.map_or("of an unknown kind", String::as_str);
            asker.unresolved(
                set.place(&pointer),
                format!(
                    "{} makes Applications by the generator `{name}`, which is not known here",
                    set.name()
                ),
                "list and git directory generators are read; give the Applications of others as \
                 objects: `argocd appset generate FILE`",
            );
            continue;
        };
        for one in parameters {
            application(asker, &set, &one, go);
        }
    }
}

fn application(asker: &mut Asker<'_, '_>, set: &Spec<'_>, parameters: &Value, go: bool) {
    let Some(made) = set.get(TEMPLATE) else {
        return;
    };
    match template::fill(made, parameters, go) {
        Ok(mut value) => {
            if let Some(application) = value.as_object_mut() {
                application.insert("kind".to_owned(), Value::from("Application"));
            }
            let spec = Spec {
                value,
                object: set.object,
                below: TEMPLATE,
            };
            argo::application(asker, &spec);
        }
        Err(why) => asker.unresolved(
            set.place(TEMPLATE),
            format!("the template of {} cannot be filled in: {why}", set.name()),
            "check the placeholders against the generator's parameters",
        ),
    }
}

/// The parameters of each Application; `None` for a generator that is not known here.
fn parameters(asker: &Asker<'_, '_>, generator: &Value, go: bool) -> Option<Vec<Value>> {
    if let Some(elements) = generator.pointer("/list/elements") {
        return Some(elements.as_array()?.clone());
    }
    let git = generator.get("git")?;
    let directories = git.get("directories")?.as_array()?;
    let paths = |excluding: bool| -> Vec<String> {
        let chosen = directories.iter().filter(|entry| {
            (entry.get("exclude").and_then(Value::as_bool) == Some(true)) == excluding
        });
        let paths = chosen.filter_map(|entry| entry.get("path")?.as_str());
        paths.map(str::to_owned).collect()
    };
    // What is excluded says nothing about which repository is meant.
    let wanted = paths(false);
    let below = |root: PathBuf| pattern::directories(&root, &wanted);
    let mut found = asker.roots().into_iter().map(below);
    let mut found = found.find(|found| !found.is_empty())?;
    let excluded = paths(true);
    found.retain(|path| !pattern::fits_one_of(&excluded, path));
    let extra = git.get("values").and_then(Value::as_object);
    let made = found.iter().map(|path| directory(path, extra, go));
    Some(made.collect())
}

/// What the git generator says of a directory.
fn directory(path: &str, extra: Option<&Map<String, Value>>, go: bool) -> Value {
    let segments: Vec<&str> = path.split('/').collect();
    let base = segments.last().copied().unwrap_or_default();
    let normal: String = base
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect::<String>()
        .to_lowercase();
    let mut parameters = if go {
        json!({"path": {
            "path": path, "basename": base, "basenameNormalized": normal, "segments": segments,
        }})
    } else {
        json!({"path": path, "path.basename": base, "path.basenameNormalized": normal})
    };
    if let Some(map) = parameters.as_object_mut() {
        if !go {
            for (nth, segment) in segments.iter().enumerate() {
                map.insert(format!("path[{nth}]"), Value::from(*segment));
            }
        }
        if let Some(extra) = extra {
            map.insert("values".to_owned(), Value::Object(extra.clone()));
        }
    }
    parameters
}
