//! `.Chart`: the fields of `Chart.yaml` under their Go names.

use crate::chart::{Dependency, Import, Maintainer, Metadata};
use crate::value::{List, Map, MapType, Object, Value};

/// `.Chart` of one chart of the tree.
#[derive(Clone, Debug)]
pub(super) struct ChartObject {
    /// The metadata; `name` is the alias where there is one.
    pub(super) metadata: Metadata,
    /// Whether it is the chart that is rendered.
    pub(super) root: bool,
}

impl Object for ChartObject {
    fn type_name(&self) -> &'static str {
        "struct { chart.Metadata; IsRoot bool }"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let metadata = &self.metadata;
        Some(match name {
            "Name" => Value::str(&metadata.name),
            "Home" => Value::str(&metadata.home),
            "Sources" => strings(&metadata.sources),
            "Version" => Value::str(&metadata.version),
            "Description" => Value::str(&metadata.description),
            "Keywords" => strings(&metadata.keywords),
            "Maintainers" => objects(metadata.maintainers.iter().cloned()),
            "Icon" => Value::str(&metadata.icon),
            "APIVersion" => Value::str(&metadata.api_version),
            "Condition" => Value::str(&metadata.condition),
            "Tags" => Value::str(&metadata.tags),
            "AppVersion" => Value::str(&metadata.app_version),
            "Deprecated" => Value::from(metadata.deprecated),
            "Annotations" => annotations(metadata),
            "KubeVersion" => Value::str(&metadata.kube_version),
            "Dependencies" => objects(metadata.dependencies.iter().cloned()),
            "Type" => Value::str(&metadata.kind),
            "IsRoot" => Value::from(self.root),
            "Metadata" => Value::object(self.clone()),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        let metadata = &self.metadata;
        let annotations: Vec<String> = sorted(&metadata.annotations)
            .into_iter()
            .map(|(key, value)| format!("{key}:{value}"))
            .collect();
        format!(
            "{{{{{} {} [{}] {} {} [{}] [] {} {} {} {} {} {} map[{}] {} [] {}}} {}}}",
            metadata.name,
            metadata.home,
            metadata.sources.join(" "),
            metadata.version,
            metadata.description,
            metadata.keywords.join(" "),
            metadata.icon,
            metadata.api_version,
            metadata.condition,
            metadata.tags,
            metadata.app_version,
            metadata.deprecated,
            annotations.join(" "),
            metadata.kube_version,
            metadata.kind,
            self.root,
        )
    }

    fn to_value(&self) -> Value {
        let metadata = &self.metadata;
        let map = Map::new();
        for (name, text) in [
            ("name", &metadata.name),
            ("home", &metadata.home),
            ("version", &metadata.version),
            ("description", &metadata.description),
            ("icon", &metadata.icon),
            ("apiVersion", &metadata.api_version),
            ("condition", &metadata.condition),
            ("tags", &metadata.tags),
            ("appVersion", &metadata.app_version),
            ("kubeVersion", &metadata.kube_version),
            ("type", &metadata.kind),
        ] {
            put(&map, name, text);
        }
        for (name, list) in [
            ("sources", &metadata.sources),
            ("keywords", &metadata.keywords),
        ] {
            if !list.is_empty() {
                map.set(name, strings(list));
            }
        }
        if !metadata.maintainers.is_empty() {
            let list = metadata.maintainers.iter().map(Object::to_value);
            map.set("maintainers", list.collect::<List>());
        }
        if !metadata.dependencies.is_empty() {
            let list = metadata.dependencies.iter().map(Object::to_value);
            map.set("dependencies", list.collect::<List>());
        }
        if !metadata.annotations.is_empty() {
            map.set("annotations", annotations(metadata));
        }
        if metadata.deprecated {
            map.set("deprecated", true);
        }
        map.set("IsRoot", self.root);
        Value::from(map)
    }
}

impl Object for Maintainer {
    fn type_name(&self) -> &'static str {
        "*chart.Maintainer"
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Name" => Some(Value::str(&self.name)),
            "Email" => Some(Value::str(&self.email)),
            "URL" => Some(Value::str(&self.url)),
            _ => None,
        }
    }

    fn print(&self) -> String {
        format!("&{{{} {} {}}}", self.name, self.email, self.url)
    }

    fn to_value(&self) -> Value {
        let map = Map::new();
        put(&map, "name", &self.name);
        put(&map, "email", &self.email);
        put(&map, "url", &self.url);
        Value::from(map)
    }
}

impl Object for Dependency {
    fn type_name(&self) -> &'static str {
        "*chart.Dependency"
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            // Helm replaces the name by the alias before templates run.
            "Name" => Value::str(self.known_as()),
            "Version" => Value::str(&self.version),
            "Repository" => Value::str(&self.repository),
            "Condition" => Value::str(&self.condition),
            "Tags" => strings(&self.tags),
            // Those that are not enabled are gone by then.
            "Enabled" => Value::from(true),
            "ImportValues" => imports(&self.imports),
            "Alias" => Value::str(&self.alias),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        format!(
            "&{{{} {} {}}}",
            self.known_as(),
            self.version,
            self.repository
        )
    }

    fn to_value(&self) -> Value {
        let map = Map::new();
        map.set("name", self.known_as());
        map.set("repository", self.repository.as_str());
        put(&map, "version", &self.version);
        put(&map, "condition", &self.condition);
        put(&map, "alias", &self.alias);
        if !self.tags.is_empty() {
            map.set("tags", strings(&self.tags));
        }
        map.set("enabled", true);
        if !self.imports.is_empty() {
            map.set("import-values", imports(&self.imports));
        }
        Value::from(map)
    }
}

/// After Helm has gone over them, all entries are pairs.
fn imports(imports: &[Import]) -> Value {
    let pairs = imports.iter().map(|import| {
        let (child, parent) = match import {
            Import::Exported(name) => (format!("exports.{name}"), "."),
            Import::Mapped { child, parent } => (child.clone(), parent.as_str()),
        };
        let map = Map::of(MapType::Str);
        map.set("child", child);
        map.set("parent", parent);
        Value::from(map)
    });
    Value::from(pairs.collect::<List>())
}

fn put(map: &Map, name: &str, text: &str) {
    if !text.is_empty() {
        map.set(name, text);
    }
}

fn strings(items: &[String]) -> Value {
    Value::strings(items.iter().map(String::as_str))
}

fn objects<T: Object + 'static>(items: impl Iterator<Item = T>) -> Value {
    Value::from(items.map(Value::object).collect::<List>())
}

fn sorted(annotations: &[(String, String)]) -> Vec<&(String, String)> {
    let mut sorted: Vec<_> = annotations.iter().collect();
    sorted.sort();
    sorted
}

fn annotations(metadata: &Metadata) -> Value {
    let map = Map::of(MapType::Str);
    for (key, value) in &metadata.annotations {
        map.set(key.as_str(), value.as_str());
    }
    Value::from(map)
}
