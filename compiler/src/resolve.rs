//! From objects to the model; and [`read`], the one front door of every verb.

mod cni;
mod collect;
mod inventory;
mod kinds;
mod namespaces;
mod networkpolicy;
mod nodes;
mod owners;
mod pods;
mod selector;
mod services;
mod what_if;
mod workloads;

use crate::finding::{Code, Finding, Severity};
use crate::load::{self, Layer, LoadOptions, Loaded, Object, ObjectKey, Surprise};
use crate::model::{CniValues, Model, OwnerKey, Unanalysed};
use crate::schema;
use crate::source::{Location, Sources};
use collect::{Collected, Item};
use kinds::Role;
use netpol_policy::{Cluster, Dialect, Namespace, PolicySet};
use std::path::PathBuf;
use workloads::Placed;

/// What a verb was asked to read.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files, directories, `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// `--cni-values`: Helm values of the CNI's chart; later files override earlier ones.
    pub cni_values: Vec<PathBuf>,
    /// `--cluster-state`: a dump of everything there is; closes the world.
    pub cluster_state: Vec<PathBuf>,
    /// `--namespace`: of objects that name none; `default` otherwise.
    pub namespace: Option<String>,
    /// `--dialect`; detected from the input otherwise.
    pub dialect: Option<Dialect>,
    /// `--closed-world`: nothing exists but what is given.
    pub closed_world: bool,
    /// Changes that are to be judged as if they had been made.
    pub what_if: WhatIf,
    /// How texts are read.
    pub load: LoadOptions,
}

/// Changes to the input before it is analysed (`query --add --remove --label`).
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    /// Objects that are added, or replace the ones of the same kind, namespace and name.
    pub add: Vec<PathBuf>,
    /// Objects that are taken away.
    pub remove: Vec<ObjectKey>,
    /// Labels that are set or taken away.
    pub labels: Vec<LabelChange>,
}

/// A label that is set, or taken away when there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelChange {
    /// Whose label.
    pub of: LabelTarget,
    /// The label's key.
    pub key: String,
    /// The label's value; `None` takes the label away.
    pub value: Option<String>,
}

/// Whose label changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelTarget {
    /// The namespace of this name.
    Namespace(String),
    /// All pods of a pod or workload of this namespace and name.
    Endpoint {
        /// The namespace.
        namespace: String,
        /// The name of the pod or of the workload.
        name: String,
    },
}

/// What was read and what it means.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The texts.
    pub sources: Sources,
    /// The objects in the order of reading; those of `--cluster-state` first, then the paths',
    /// then the added ones.
    pub objects: Vec<Object>,
    /// Raw material of NP104 (see [`crate::load::Loaded::surprises`]); places refer to `objects`.
    pub surprises: Vec<Surprise>,
    /// The meaning.
    pub model: Model,
    /// Everything that reading and schema checks have found: NP101, NP102, NP103, NP104 for
    /// duplicate keys, NP107. In the order of [`Finding::sort_key`].
    pub findings: Vec<Finding>,
}

impl Analysis {
    /// Is there a finding that makes every answer worthless (exit 2)?
    pub fn is_fatal(&self) -> bool {
        self.findings.iter().any(is_fatal)
    }
}

/// Could the input not be read, so that there is no answer (exit 2)? NP101 and limits.
pub fn is_fatal(finding: &Finding) -> bool {
    finding.code == Code("NP101") && finding.severity == Severity::Error
}

/// Reads the inputs, checks them against the schemas and says what they mean.
pub fn read(inputs: &Inputs) -> Analysis {
    read_into(inputs, Analysis::default())
}

/// As [`read`], behind the sources that were read before.
fn read_into(inputs: &Inputs, mut out: Analysis) -> Analysis {
    let mut incomplete = Vec::new();
    let mut inventories = Vec::new();
    let layers = [
        (Layer::State, &inputs.cluster_state),
        (Layer::Given, &inputs.paths),
        (Layer::Added, &inputs.what_if.add),
    ];
    for (layer, paths) in layers {
        let mut loaded = load::load(paths, &inputs.load, &mut out.sources);
        check(layer, &mut loaded);
        let first = out.objects.len();
        for surprise in &mut loaded.surprises {
            surprise.object = surprise.object.map(|index| index + first);
        }
        for (at, document) in std::mem::take(&mut loaded.inventories) {
            let source = out.sources.get(at.source);
            match source.map(|source| inventory::parse(source, at, &document)) {
                Some(Ok(cluster)) => inventories.push((at, cluster)),
                Some(Err(finding)) => out.findings.push(*finding),
                None => {}
            }
        }
        out.objects.append(&mut loaded.objects);
        out.surprises.append(&mut loaded.surprises);
        out.findings.append(&mut loaded.findings);
        incomplete.append(&mut loaded.incomplete);
    }
    let (cni, found) = cni::read(&inputs.cni_values, &inputs.load, &mut out.sources);
    out.findings.extend(found);
    out.findings
        .extend(nothing_to_read(inputs, &out, &inventories));
    let options = ResolveOptions {
        namespace: inputs.namespace.clone(),
        dialect: inputs.dialect,
        closed_world: inputs.closed_world || !inputs.cluster_state.is_empty(),
        cni,
        remove: inputs.what_if.remove.clone(),
        labels: inputs.what_if.labels.clone(),
        inventories,
    };
    let (model, found) = resolve(&out.objects, options);
    out.model = model;
    incomplete.append(&mut out.model.incomplete);
    out.model.incomplete = incomplete;
    out.findings.extend(found);
    out.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    out
}

/// Checks the objects of one layer. What a running cluster gave out has been accepted by its
/// server, which may be older or newer than the one that the checks follow.
fn check(layer: Layer, loaded: &mut Loaded) {
    for object in &mut loaded.objects {
        object.layer = layer;
        if layer != Layer::State {
            let findings = schema::check(object);
            object.refused |= findings.iter().any(|f| f.severity == Severity::Error);
            loaded.findings.extend(findings);
        }
    }
}

/// kubectl calls it an error when there is nothing to apply, and no question has an answer then.
fn nothing_to_read(
    inputs: &Inputs,
    read: &Analysis,
    inventories: &[(Location, Cluster)],
) -> Option<Finding> {
    let empty = read.objects.is_empty() && inventories.is_empty();
    if inputs.paths.is_empty() || !empty || read.is_fatal() {
        return None;
    }
    let message = "there is no Kubernetes object in the input";
    let finding = Finding::new(Code("NP101"), Severity::Error, message)
        .help("give files or directories with manifests, or `-` for standard input");
    let source = read.sources.iter().next();
    Some(match source {
        Some((source, _)) => {
            let span = crate::source::Span { start: 0, end: 0 };
            finding.at(Location { source, span }, "nothing to analyse here")
        }
        None => finding,
    })
}

/// How objects are understood.
#[derive(Debug, Clone, Default)]
pub struct ResolveOptions {
    /// Of objects that name none; `default` otherwise.
    pub namespace: Option<String>,
    /// Detected otherwise: `cilium` when there are values of its chart or policies of its kinds.
    pub dialect: Option<Dialect>,
    /// Nothing exists but what is given.
    pub closed_world: bool,
    /// The values of the CNI's chart.
    pub cni: Option<CniValues>,
    /// What-if: objects that are taken away.
    pub remove: Vec<ObjectKey>,
    /// What-if: labels that change.
    pub labels: Vec<LabelChange>,
    /// Parties in the form of `schemas/inventory.v1.json`, and where each text stands.
    pub inventories: Vec<(Location, Cluster)>,
}

/// Says what the objects mean together. Objects that the server refuses are left out, and
/// [`Model::incomplete`] names them.
pub fn resolve(objects: &[Object], options: ResolveOptions) -> (Model, Vec<Finding>) {
    let default_namespace = options.namespace.as_deref().unwrap_or("default");
    let collected = collect::collect(objects, default_namespace, &options.remove);
    let mut findings: Vec<Finding> = (collected.missing.iter())
        .map(|key| what_if::missing(&key.to_string()))
        .collect();
    let mut model = Model {
        closed_world: options.closed_world,
        cni: options.cni,
        ..Model::default()
    };
    resolve_cluster(
        &collected,
        &options.labels,
        &options.inventories,
        &mut model,
        &mut findings,
    );
    resolve_policies(&collected, options.dialect, &mut model);
    if model.closed_world {
        model.cluster.close();
    }
    model.duplicates = collected.duplicates;
    model.incomplete.extend(collected.incomplete);
    (model, findings)
}

/// Who is there. Endpoints are sorted here as [`Cluster::normalize`] sorts them, so that their
/// origins stay beside them.
fn resolve_cluster(
    collected: &Collected<'_>,
    labels: &[LabelChange],
    inventories: &[(Location, Cluster)],
    model: &mut Model,
    findings: &mut Vec<Finding>,
) {
    let items = &collected.items;
    for item in items.iter().filter(|item| !item.removed) {
        match item.role {
            Role::Namespace => {
                let (name, namespace, origin) = namespaces::lower(item);
                model.namespace_origins.insert(name.clone(), origin);
                model.cluster.namespaces.insert(name, namespace);
            }
            Role::Node => model.cluster.nodes.push(nodes::lower(item)),
            _ => {}
        }
    }
    let mut placed = workloads::lower(items);
    for (at, given) in inventories {
        let mut given = given.clone();
        given.normalize();
        placed.extend(from_inventory(*at, std::mem::take(&mut given.endpoints)));
        inventory::merge(&mut model.cluster, given);
    }
    findings.extend(what_if::relabel(
        labels,
        &mut placed,
        &mut model.cluster.namespaces,
    ));
    placed.sort_by(|a, b| {
        let (a, b) = (&a.endpoint, &b.endpoint);
        (&a.namespace, &a.name, &a.kind, &a.labels, &a.addresses).cmp(&(
            &b.namespace,
            &b.name,
            &b.kind,
            &b.labels,
            &b.addresses,
        ))
    });
    for (index, placed) in placed.into_iter().enumerate() {
        for owner in placed.owners {
            model.owners.entry(owner).or_default().push(index);
        }
        model.endpoint_origins.push(placed.origin);
        model.cluster.endpoints.push(placed.endpoint);
    }
    let services = services::lower(items, &model.cluster.endpoints);
    model.cluster.services.extend(services);
    for item in items
        .iter()
        .filter(|i| i.role == Role::NetworkPolicy && !i.removed)
    {
        mention(&mut model.cluster, item.namespace());
    }
    model.cluster.normalize();
}

fn from_inventory(at: Location, endpoints: Vec<netpol_policy::Endpoint>) -> Vec<Placed> {
    let origin = crate::model::Origin {
        object: at,
        name: at,
        labels: at,
        containers: at,
    };
    let place = |endpoint| Placed {
        endpoint,
        origin,
        owners: Vec::<OwnerKey>::new(),
    };
    endpoints.into_iter().map(place).collect()
}

fn mention(cluster: &mut Cluster, namespace: &str) {
    if !cluster.namespaces.contains_key(namespace) {
        let undeclared = Namespace {
            undeclared: true,
            ..Namespace::default()
        };
        cluster.namespaces.insert(namespace.to_owned(), undeclared);
    }
}

/// What was written. Policies are sorted here as [`PolicySet::new`] sorts them, so that their
/// origins stay beside them.
fn resolve_policies(collected: &Collected<'_>, dialect: Option<Dialect>, model: &mut Model) {
    let mut lowered = Vec::new();
    let mut cilium = model.cni.is_some();
    for item in collected.items.iter().filter(|item| !item.removed) {
        match item.role {
            Role::NetworkPolicy => match networkpolicy::lower(item) {
                Some(policy) => lowered.push(policy),
                None => model
                    .incomplete
                    .push(format!("{} is left out", item.display())),
            },
            Role::OtherPolicy => {
                cilium |= kinds::is_cilium_policy(item.object);
                let sentence = format!("{} is not taken into account", item.display());
                model.incomplete.push(sentence);
                model.unanalysed.push(unanalysed(item));
            }
            _ => {}
        }
    }
    lowered.sort_by(|(a, _), (b, _)| {
        (&a.key.namespace, &a.key.name).cmp(&(&b.key.namespace, &b.key.name))
    });
    let (policies, origins) = lowered.into_iter().unzip();
    let detected = if cilium {
        Dialect::Cilium
    } else {
        Dialect::Kubernetes
    };
    model.policies = PolicySet::new(dialect.unwrap_or(detected), policies);
    model.policy_origins = origins;
}

fn unanalysed(item: &Item<'_>) -> Unanalysed {
    Unanalysed {
        api_version: item.object.api_version.clone(),
        kind: item.object.kind.clone(),
        namespace: item.namespace.clone(),
        name: item.object.name.clone(),
        at: item.object.name_at,
    }
}

/// What `--inventory` gives: the inventory form of `schemas/inventory.v1.json`, or dumps and
/// manifests whose Pods, Nodes and Services carry addresses. Normalized; everything that exists
/// is taken to be in it.
pub fn inventory_from(
    paths: &[PathBuf],
    options: &LoadOptions,
    sources: &mut Sources,
) -> (Cluster, Vec<Finding>) {
    let mut inputs = Inputs {
        cluster_state: paths.to_vec(),
        load: options.clone(),
        ..Inputs::default()
    };
    inputs.closed_world = true;
    let mut analysis = Analysis {
        sources: std::mem::take(sources),
        ..Analysis::default()
    };
    analysis = read_into(&inputs, analysis);
    *sources = analysis.sources;
    (analysis.model.cluster, analysis.findings)
}
