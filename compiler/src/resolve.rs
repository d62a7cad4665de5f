//! From objects to the model; and [`read`], the one front door of every verb.

mod adminnetworkpolicy;
mod adminpolicy;
mod baselineadminnetworkpolicy;
mod cilium;
mod cluster;
mod clusternetworkpolicy;
mod cni;
mod collect;
pub mod edits;
mod inputs;
mod inventory;
mod kinds;
mod kustomized;
mod namespaces;
mod needs;
mod networkpolicy;
mod nodes;
mod owners;
mod parts;
mod pods;
mod policies;
mod routes;
mod selector;
mod services;
mod ways_in;
mod webhooks;
mod what_if;
mod workloads;

pub use inputs::{Inputs, LabelChange, LabelTarget, NoLabelChange, WhatIf};

use crate::finding::{Code, Finding, Severity};
use crate::load::{
    self, Ignore, Kustomized, Layer, LoadOptions, Loaded, Object, ObjectKey, Release, Surprise,
};
use crate::model::{CniValues, Model};
use crate::schema;
use crate::source::{Location, Sources};
use netpol_policy::{Cluster, Dialect};
use std::path::PathBuf;

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
    /// Findings that the texts ask to be spared.
    pub ignores: Vec<Ignore>,
    /// What charts became, in the order of reading.
    pub releases: Vec<Release>,
    /// The meaning.
    pub model: Model,
    /// Everything that reading and schema checks have found: NP101, NP102, NP103, NP104 for
    /// duplicate keys, NP107. In the order of [`Finding::sort_key`].
    pub findings: Vec<Finding>,
    /// How the objects were understood.
    pub options: ResolveOptions,
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

/// As [`read`], into the sources of an earlier reading, so that places of both can be told apart.
/// The result holds the sources of both.
pub fn read_after(inputs: &Inputs, sources: Sources) -> Analysis {
    let before = Analysis {
        sources,
        ..Analysis::default()
    };
    read_into(inputs, before)
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
        let mut loaded = if layer == Layer::Given {
            load::load(paths, &inputs.load, &mut out.sources)
        } else {
            load::load(paths, &inputs.load.without_charts(), &mut out.sources)
        };
        check(layer, &mut loaded);
        kustomized::tell(&mut loaded);
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
        for ignore in &mut loaded.ignores {
            ignore.given_out = layer == Layer::State;
        }
        out.ignores.append(&mut loaded.ignores);
        out.findings.append(&mut loaded.findings);
        incomplete.append(&mut loaded.incomplete);
        out.releases.append(&mut loaded.rendered);
    }
    let (mut cni, found) = cni::read(
        &inputs.cni_values,
        &inputs.load,
        &mut out.sources,
        &mut out.ignores,
    );
    if let Some(values) = &mut cni {
        values.version = inputs.cni_version.or(values.version);
        values.upgrade_to = inputs.cni_upgrade_to;
    }
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
    out.options = options.clone();
    let (model, found) = resolve(&out.objects, options);
    out.model = model;
    out.model.image_budget = inputs.image_budget.unwrap_or_default();
    out.model.parties_missing |= !incomplete.is_empty();
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
            let refuses = |f: &Finding| {
                let spared = schema::is_read_as_written(f) || schema::is_unfilled(f);
                f.severity == Severity::Error && !spared
            };
            object.refused |= findings.iter().any(refuses);
            object.unfilled |= findings.iter().any(schema::is_unfilled);
            object.unfilled |= schema::is_unused_patch(object);
            object.unfilled |= object.kustomized == Kustomized::LeftOut;
            loaded.findings.extend(findings);
        }
    }
}

/// kubectl calls it an error when there is nothing to apply, and no question has an answer then.
/// An error that was found before says why there is nothing.
fn nothing_to_read(
    inputs: &Inputs,
    read: &Analysis,
    inventories: &[(Location, Cluster)],
) -> Option<Finding> {
    let empty = read.objects.is_empty() && inventories.is_empty();
    let asked = !inputs.paths.is_empty()
        || !inputs.cluster_state.is_empty()
        || !inputs.load.charts.is_empty();
    let rendered = !read.releases.is_empty();
    let said = read.findings.iter().any(|f| f.severity == Severity::Error);
    if !asked || !empty || said || rendered {
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
pub fn resolve(objects: &[Object], mut options: ResolveOptions) -> (Model, Vec<Finding>) {
    let default_namespace = options.namespace.as_deref().unwrap_or("default");
    let collected = collect::collect(objects, default_namespace, &options.remove);
    let mut findings: Vec<Finding> = (collected.missing.iter())
        .map(|key| what_if::missing(&key.to_string(), collected.names()))
        .collect();
    let mut model = Model {
        closed_world: options.closed_world,
        cni: options.cni.take(),
        ..Model::default()
    };
    findings.extend(cluster::resolve(&collected, &options, &mut model));
    policies::resolve(&collected, options.dialect, &mut model);
    if model.closed_world {
        model.cluster.close();
    }
    model.duplicates = collected.duplicates;
    model.incomplete.extend(collected.incomplete);
    model.parties_missing = collected.parties_missing;
    (model, findings)
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
