//! The steps of a rendering, in Helm's order.

use std::rc::Rc;

use super::capabilities::{Capabilities, DEFAULT_API_VERSIONS, DEFAULT_KUBE_VERSION, KubeVersion};
use super::context::{Runnable, Shared};
use super::document::Document;
use super::failure::{Failure, FailureKind};
use super::tree::{Growth, Node, Refusal, compatible};
use super::unread::{Facts, unread};
use super::{Options, Rendering, output};
use crate::chart::Chart;
use crate::exec::{ExecError, Executor, ParseError, Place};
use crate::value::{Map, MapType, Origins, Text};
use crate::values::{Coalescer, Schemas, Sources, ValuesInput};

pub(super) fn run(chart: &Rc<Chart>, values: &ValuesInput, options: &Options) -> Rendering {
    let mut work = Work {
        chart,
        options,
        rendering: empty(options),
    };
    if let Err(failure) = work.run(values) {
        work.rendering.failure = Some(*failure);
    }
    work.rendering
}

fn empty(options: &Options) -> Rendering {
    Rendering {
        documents: Vec::new(),
        failure: None,
        warnings: Vec::new(),
        schema: Vec::new(),
        schema_problems: Vec::new(),
        missing: Vec::new(),
        disabled: Vec::new(),
        unread: Vec::new(),
        kube_version: DEFAULT_KUBE_VERSION.to_owned(),
        api_versions: Vec::new(),
        sources: Sources::default(),
        templates: Vec::new(),
        executor: Executor::new(options.settings.clone(), Origins::new()),
    }
}

type Step<T> = Result<T, Box<Failure>>;

struct Work<'a> {
    chart: &'a Rc<Chart>,
    options: &'a Options,
    rendering: Rendering,
}

impl Work<'_> {
    fn run(&mut self, values: &ValuesInput) -> Step<()> {
        let kube = self.kube_version()?;
        if self.chart.metadata.is_library() {
            let failure = Failure::new(FailureKind::Chart, "library charts are not installable");
            return Err(Box::new(failure));
        }
        // The table goes to the executor at once, so that whatever fails can be traced.
        let mut origins = std::mem::take(&mut self.rendering.executor.origins);
        let prepared = self.prepare(values, &mut origins);
        self.rendering.executor.origins = origins;
        let (root, given, values) = prepared?;
        self.check_kube_version(&kube.version)?;
        if self.options.include_crds {
            crds(&root, &root.name, &mut self.rendering.documents);
        }
        let capabilities = Capabilities::new(kube, self.rendering.api_versions.clone());
        let shared = Shared::new(self.options, capabilities);
        let mut templates = Vec::new();
        shared.templates(&root, &values, &root.name, &mut templates);
        let result = self.execute(templates);
        // What a failure kept from running might have read anything.
        if result.is_ok() {
            self.unread(&root, &given);
        }
        result
    }

    fn kube_version(&mut self) -> Step<KubeVersion> {
        let wanted = self.options.kube_version.as_deref();
        let kube = KubeVersion::parse(wanted.unwrap_or(DEFAULT_KUBE_VERSION))
            .map_err(|message| Box::new(Failure::new(FailureKind::KubeVersion, message)))?;
        self.rendering.kube_version.clone_from(&kube.version);
        let known = DEFAULT_API_VERSIONS.iter().map(|known| (*known).to_owned());
        let more = self.options.api_versions.iter().cloned();
        self.rendering.api_versions = known.chain(more).collect();
        Ok(kube)
    }

    fn check_kube_version(&self, version: &str) -> Step<()> {
        let metadata = &self.chart.metadata;
        let wanted = &metadata.kube_version;
        if wanted.is_empty() || compatible(wanted, version) {
            return Ok(());
        }
        let message = format!(
            "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}"
        );
        let mut failure = Failure::new(FailureKind::KubeVersion, message);
        failure.file = Some(("Chart.yaml".to_owned(), metadata.kube_version_span));
        Err(Box::new(failure))
    }

    /// The charts that take part, the user's values, and all values together.
    fn prepare(&mut self, values: &ValuesInput, origins: &mut Origins) -> Step<(Node, Map, Map)> {
        let given = values
            .merge(&mut self.rendering.sources, origins)
            .map_err(|error| Box::new(error.into()))?;
        let mut growth = Growth {
            sources: &mut self.rendering.sources,
            origins,
            warnings: &mut self.rendering.warnings,
            disabled: Vec::new(),
            missing: Vec::new(),
            looked_at: Vec::new(),
        };
        let name: Rc<str> = self.chart.metadata.name.as_str().into();
        let mut root = growth
            .plant(self.chart, &name, Vec::new())
            .map_err(|error| Box::new(error.into()))?;
        growth.enable(&mut root, &given, "").map_err(refused)?;
        growth
            .import(&mut root)
            .map_err(|message| refused(Refusal::Message(message)))?;
        self.rendering.disabled = growth.disabled;
        self.rendering.missing = growth.missing;
        for origin in growth.looked_at {
            self.rendering.executor.reads.mark(origin);
        }
        let mut coalescer = Coalescer::default();
        let values = coalescer
            .run(&root, &given)
            .map_err(|wrong| refused(Refusal::Message(format!("type mismatch on {}", wrong.0))))?;
        self.rendering.warnings.append(&mut coalescer.warnings);
        let mut schemas = Schemas::default();
        check_schemas(&mut schemas, &root, &values);
        self.rendering.schema = schemas.violations;
        self.rendering.schema_problems = schemas.problems;
        Ok((root, given, values))
    }

    /// Parses and runs all templates, and reads what they wrote.
    fn execute(&mut self, mut templates: Vec<Runnable>) -> Step<()> {
        // Helm's order: those deepest in the tree first, then by name, the last first.
        templates.sort_by(|one, other| {
            let depth = |runnable: &Runnable| runnable.name.matches('/').count();
            (depth(other), &other.name).cmp(&(depth(one), &one.name))
        });
        let executor = &mut self.rendering.executor;
        for template in &templates {
            let names = (template.name.clone(), template.file.clone());
            self.rendering.templates.push(names);
            executor
                .parse(&template.name, &template.text)
                .map_err(|error| Box::new(parse_failure(&error)))?;
        }
        let mut written = Vec::new();
        for template in &templates {
            let base_name = template.name.rsplit('/').next().unwrap_or_default();
            if base_name.starts_with('_') {
                continue;
            }
            let about = Map::of(MapType::Values);
            about.set("Name", template.name.as_str());
            about.set("BasePath", template.base.as_str());
            template.dot.set("Template", about);
            let text = executor
                .run(&template.name, &template.dot.clone().into())
                .map_err(|error| Box::new(execution_failure(&error)))?;
            if !template.name.ends_with("NOTES.txt") {
                written.push((template.name.clone(), text));
            }
        }
        let (mut documents, failure) = output::documents(written, &mut self.rendering.warnings);
        self.rendering.documents.append(&mut documents);
        failure.map_or(Ok(()), |failure| Err(Box::new(failure)))
    }

    fn unread(&mut self, root: &Node, given: &Map) {
        let executor = &self.rendering.executor;
        let asked = executor.reads.missing();
        let asked = asked.into_iter().flat_map(|(branch, key)| {
            let leaves = executor.origins.singles(branch).into_iter();
            let paths = leaves.filter_map(|leaf| Some(executor.origins.leaf(leaf)?.path.clone()));
            paths
                .map(move |path| (path, key.clone()))
                .collect::<Vec<_>>()
        });
        let facts = Facts {
            root,
            reads: &executor.reads,
            given,
            disabled: &self.rendering.disabled,
            missing: &self.rendering.missing,
            asked: asked.collect(),
        };
        self.rendering.unread = unread(&facts);
    }
}

fn refused(refusal: Refusal) -> Box<Failure> {
    Box::new(match refusal {
        Refusal::Values(error) => error.into(),
        Refusal::Message(message) => Failure::new(FailureKind::Chart, message),
    })
}

/// Checks the values of a chart and of those below it (`ValidateAgainstSchema`).
fn check_schemas(schemas: &mut Schemas, node: &Node, values: &Map) {
    if let Some(schema) = &node.chart.schema {
        schemas.check(
            &node.name,
            &node.chart.directory,
            schema,
            values,
            &node.path,
        );
    }
    for child in &node.nodes {
        let below = values.get(&child.name);
        if let Some(below) = below.as_ref().and_then(|below| below.as_map()) {
            check_schemas(schemas, child, below);
        }
    }
}

/// The files of `crds/`, a chart's own before its subcharts'.
fn crds(node: &Node, full: &str, out: &mut Vec<Document>) {
    for file in node.chart.own_crds() {
        out.push(Document {
            template: format!("{full}/{}", file.path),
            text: Text::from(file.text()),
            api_version: String::new(),
            kind: "CustomResourceDefinition".to_owned(),
            name: String::new(),
            hook: None,
            is_crd: true,
        });
    }
    for child in &node.nodes {
        crds(child, &format!("{full}/charts/{}", child.name), out);
    }
}

fn parse_failure(error: &ParseError) -> Failure {
    let mut failure = Failure::new(FailureKind::Parse, error.to_string());
    failure.place = Some(Place {
        file: Rc::clone(&error.name),
        offset: 0,
        line: u32::try_from(error.line).unwrap_or(u32::MAX),
        column: 1,
    });
    failure
}

fn execution_failure(error: &ExecError) -> Failure {
    let innermost = error.innermost();
    let refusal = innermost
        .refusal()
        .or_else(|| error.refusal())
        .map(str::to_owned);
    let kind = if refusal.is_some() {
        FailureKind::Refused
    } else {
        FailureKind::Execution
    };
    let mut failure = Failure::new(kind, error.helm_message());
    failure.refusal = refusal;
    failure.place.clone_from(&innermost.place);
    failure.calls.clone_from(&innermost.calls);
    failure
}
