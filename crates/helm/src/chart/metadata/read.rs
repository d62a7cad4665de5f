//! From text to [`Metadata`], with the leniency of `sigs.k8s.io/yaml`: names of fields in any
//! case, scalars of any kind where a string belongs.

use netpol_yaml::{Kind, Limits, NodeRef, Parsed, Span, parse};

use super::{Dependency, Import, Maintainer, Metadata};
use crate::chart::error::{ChartError, ChartErrorKind};

/// Reads a `Chart.yaml`.
pub(in crate::chart) fn read(text: &str) -> Result<Metadata, ChartError> {
    let file = "Chart.yaml";
    let parsed = document(file, text)?;
    let Some(root) = root(&parsed) else {
        return Ok(with_version(Metadata::default()));
    };
    let reader = Reader { file };
    let text_of = |name: &str| reader.string(root, name);
    let mut metadata = Metadata {
        name: text_of("name")?,
        home: text_of("home")?,
        sources: reader.strings(root, "sources")?,
        version: text_of("version")?,
        description: text_of("description")?,
        keywords: reader.strings(root, "keywords")?,
        icon: text_of("icon")?,
        api_version: text_of("apiVersion")?,
        condition: text_of("condition")?,
        tags: text_of("tags")?,
        app_version: text_of("appVersion")?,
        kube_version: text_of("kubeVersion")?,
        kube_version_span: field(root, "kubeVersion").map(NodeRef::span),
        kind: text_of("type")?,
        ..Metadata::default()
    };
    if let Some(node) = field(root, "deprecated").filter(|node| !node.is_null()) {
        metadata.deprecated = node
            .as_bool()
            .ok_or_else(|| reader.mismatch("deprecated", node, "bool"))?;
    }
    for node in reader.items(root, "maintainers")? {
        metadata.maintainers.push(Maintainer {
            name: reader.string(node, "name")?,
            email: reader.string(node, "email")?,
            url: reader.string(node, "url")?,
        });
    }
    if let Some(node) = field(root, "annotations") {
        for (key, value) in node.entries() {
            let key = key.scalar_text().unwrap_or_default().into_owned();
            let value = reader.text("annotations", value)?;
            metadata.annotations.push((key, value));
        }
    }
    metadata.dependencies = reader.dependencies(root)?;
    Ok(with_version(metadata))
}

/// Reads the dependencies out of a `requirements.yaml`.
pub(in crate::chart) fn read_requirements(text: &str) -> Result<Vec<Dependency>, ChartError> {
    let file = "requirements.yaml";
    let parsed = document(file, text)?;
    match root(&parsed) {
        Some(root) => Reader { file }.dependencies(root),
        None => Ok(Vec::new()),
    }
}

/// Helm 2 took charts without `apiVersion`; they are v1.
fn with_version(mut metadata: Metadata) -> Metadata {
    if metadata.api_version.is_empty() {
        "v1".clone_into(&mut metadata.api_version);
    }
    metadata
}

fn document(file: &str, text: &str) -> Result<Parsed, ChartError> {
    let parsed = parse(text, &Limits::default());
    match parsed
        .diagnostics
        .iter()
        .find(|diagnostic| !diagnostic.kind.is_strict_only())
    {
        Some(wrong) => {
            let message = format!("cannot load {file}: {}", wrong.message);
            Err(ChartError::new(ChartErrorKind::Metadata, file, message).at(wrong.span))
        }
        None => Ok(parsed),
    }
}

/// The first document that says something.
fn root(parsed: &Parsed) -> Option<NodeRef<'_>> {
    let document = parsed
        .documents
        .iter()
        .find(|document| !document.is_empty())?;
    Some(document.root())
}

/// A field by its name; Go's JSON reader takes it in any case, the exact one first.
fn field<'a>(node: NodeRef<'a>, name: &str) -> Option<NodeRef<'a>> {
    node.get(name).or_else(|| {
        node.entries()
            .find(|(key, _)| {
                key.scalar_text()
                    .is_some_and(|key| key.eq_ignore_ascii_case(name))
            })
            .map(|(_, value)| value)
    })
}

struct Reader {
    file: &'static str,
}

impl Reader {
    fn string(&self, node: NodeRef<'_>, name: &str) -> Result<String, ChartError> {
        match field(node, name) {
            Some(value) => self.text(name, value),
            None => Ok(String::new()),
        }
    }

    fn text(&self, name: &str, node: NodeRef<'_>) -> Result<String, ChartError> {
        match node.kind() {
            Kind::Null => Ok(String::new()),
            Kind::Sequence | Kind::Mapping => Err(self.mismatch(name, node, "string")),
            Kind::Float => Ok(node.as_f64().map(short).unwrap_or_default()),
            Kind::Bool => Ok(node.as_bool().unwrap_or_default().to_string()),
            Kind::Integer => Ok(node
                .as_i64()
                .map_or_else(|| node.raw().to_owned(), |number| number.to_string())),
            Kind::String => Ok(node.as_str().unwrap_or_default().to_owned()),
        }
    }

    fn items<'a>(&self, node: NodeRef<'a>, name: &str) -> Result<Vec<NodeRef<'a>>, ChartError> {
        match field(node, name) {
            None => Ok(Vec::new()),
            Some(list) if list.is_null() => Ok(Vec::new()),
            Some(list) if list.kind() == Kind::Sequence => Ok(list.items().collect()),
            Some(other) => Err(self.mismatch(name, other, "list")),
        }
    }

    fn strings(&self, node: NodeRef<'_>, name: &str) -> Result<Vec<String>, ChartError> {
        let items = self.items(node, name)?;
        items
            .into_iter()
            .map(|item| self.text(name, item))
            .collect()
    }

    fn dependencies(&self, root: NodeRef<'_>) -> Result<Vec<Dependency>, ChartError> {
        let mut dependencies = Vec::new();
        for node in self.items(root, "dependencies")? {
            if node.is_null() {
                let message = "dependencies must not contain empty or null nodes";
                return Err(self.refuse(message, node.span()));
            }
            let mut imports = Vec::new();
            for import in self.items(node, "import-values")? {
                imports.push(match import.kind() {
                    Kind::Mapping => Import::Mapped {
                        child: self.string(import, "child")?,
                        parent: self.string(import, "parent")?,
                    },
                    _ => Import::Exported(self.text("import-values", import)?),
                });
            }
            dependencies.push(Dependency {
                name: self.string(node, "name")?,
                version: self.string(node, "version")?,
                repository: self.string(node, "repository")?,
                condition: self.string(node, "condition")?,
                tags: self.strings(node, "tags")?,
                imports,
                alias: self.string(node, "alias")?,
                file: self.file,
                span: node.span(),
            });
        }
        Ok(dependencies)
    }

    fn mismatch(&self, name: &str, node: NodeRef<'_>, expected: &str) -> ChartError {
        let message = format!("cannot load {}: `{name}` is no {expected}", self.file);
        self.refuse(&message, node.span())
    }

    fn refuse(&self, message: &str, span: Span) -> ChartError {
        ChartError::new(ChartErrorKind::Metadata, self.file, message).at(span)
    }
}

/// A float where a string belongs, as `strconv.FormatFloat(…, 'g', -1, 64)` writes it.
fn short(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_strings_as_in_helm() {
        let metadata = read("name: x\nversion: 1\nappVersion: 1.10\nkubeVersion: 1e3\n").unwrap();
        assert_eq!(metadata.version, "1");
        assert_eq!(metadata.app_version, "1.1");
        assert_eq!(metadata.kube_version, "1000");
        assert_eq!(metadata.api_version, "v1");
    }

    #[test]
    fn dependencies_keep_their_places() {
        let text = "dependencies:\n- name: a\n  import-values: [x, {child: c, parent: p}]\n";
        let dependencies = read_requirements(text).unwrap();
        let [one] = dependencies.as_slice() else {
            panic!("{dependencies:?}")
        };
        assert_eq!(one.span.slice(text).lines().next(), Some("name: a"));
        assert_eq!(one.imports.len(), 2);
    }

    #[test]
    fn a_list_as_the_name_is_refused_with_its_place() {
        let error = read("name: [x]\n").unwrap_err();
        assert_eq!(error.span.map(Span::range), Some(6..9));
    }
}
