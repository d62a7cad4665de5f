//! `diff --chart CHART A B`: two values files of one chart, and the leaf that makes each change.

use super::given::{self, Given};
use super::{Args, Told, tell};
use crate::change::{self, Assembly, Options, Side, State};
use crate::cli::inputs::note_shortcomings;
use crate::cli::{Exit, Failure, Terminal};
use crate::load::{ValuesArg, location, quoted};
use crate::model::{Edit, EditDetail, EditPart};
use crate::reach::ModelPlaces;
use crate::resolve::{self, Analysis};
use crate::source::{Location, SourceId, Sources};
use netpol_yaml::{Kind, Limits, NodeRef};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Compares what the chart makes of both files.
pub(super) fn run(
    args: &Args,
    chart: &Path,
    sides: &[Given; 2],
    terminal: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut sources = Sources::default();
    let mut texts = Vec::new();
    for side in sides {
        texts.push(given::text(side, terminal)?);
    }
    let mut analyses: Vec<Analysis> = Vec::new();
    for (name, text) in &texts {
        let inputs = inputs(args, chart, (name, text), terminal)?;
        let analysis = resolve::read_after(&inputs, std::mem::take(&mut sources));
        given::refuse(&analysis, terminal)?;
        note_shortcomings(&analysis, terminal);
        sources = analysis.sources.clone();
        analyses.push(analysis);
    }
    let [before, after] = analyses.as_slice() else {
        return Err(Failure::new("two values files are compared"));
    };
    let [first, second] = texts.as_slice() else {
        return Err(Failure::new("two values files are compared"));
    };
    let sources = &after.sources;
    let leaves = differences(sources, first, second);
    let secret: BTreeSet<Location> = [before, after].into_iter().flat_map(secrets).collect();
    let assembly = ValuesAssembly {
        edits: leaves.iter().map(|leaf| leaf.edit(&secret)).collect(),
        before: parsed(&first.1),
        leaves,
        inputs: inputs(args, chart, (&first.0, &first.1), terminal)?,
    };
    let states = [before, after].map(|analysis| State::from(analysis.model.clone()));
    let places = [before, after].map(|analysis| ModelPlaces::new(&analysis.model, sources));
    let [a, b] = &states;
    let [of_a, of_b] = &places;
    let side = |state, places| Side { state, places };
    let options = Options {
        reasons: args.reasons,
    };
    let comparison = change::compare([side(a, of_a), side(b, of_b)], &assembly, options);
    let told = Told {
        comparison: &comparison,
        edits: &assembly.edits,
        sources,
        incomplete: [&before.model.incomplete, &after.model.incomplete],
    };
    tell(args, &told, terminal)
}

/// What is read for one side: the chart, what is read with it, and the side's values over those that
/// both share.
fn inputs(
    args: &Args,
    chart: &Path,
    (name, text): (&str, &Arc<str>),
    terminal: &mut Terminal<'_>,
) -> Result<resolve::Inputs, Failure> {
    let mut paths = vec![chart.to_path_buf()];
    paths.extend(args.with.iter().cloned());
    let mut inputs = args.inputs.asked(&paths, terminal)?;
    let values = ValuesArg::Text(name.to_owned(), Arc::clone(text));
    inputs.load.helm.values.push(values);
    Ok(inputs)
}

fn parsed(text: &Arc<str>) -> Value {
    let parsed = netpol_yaml::parse_shared(text, &Limits::default());
    let document = parsed.documents.first();
    document.map_or(Value::Null, |document| document.root().to_json())
}

/// Where values stand that a Secret was made of: they are never shown.
fn secrets(analysis: &Analysis) -> Vec<Location> {
    let secrets = analysis.objects.iter().filter(|o| o.kind == "Secret");
    let leaves = secrets.flat_map(|object| analysis.sources.home(object.at).leaves);
    leaves.map(|leaf| leaf.at).collect()
}

/// Names of values that are not shown either, whatever becomes of them.
const TELLING: [&str; 5] = ["password", "passwd", "secret", "token", "credential"];

/// A leaf in which two values files differ. A list is one leaf, as Helm replaces it as one.
struct Leaf {
    path: Vec<String>,
    /// The value, and where it stands; `None` where the file does not give it.
    sides: [Option<(Value, Location)>; 2],
}

impl Leaf {
    fn edit(&self, secret: &BTreeSet<Location>) -> Edit {
        let [before, after] = &self.sides;
        let name = self.path.join(".");
        let lower = name.to_lowercase();
        let telling = TELLING.iter().any(|word| lower.contains(word));
        let hidden = |at: &Location| {
            let within = |leaf: &&Location| {
                let (leaf, at) = (leaf.span, at.span);
                at.start <= leaf.start && leaf.end <= at.end
            };
            let of_text = secret.iter().filter(|leaf| leaf.source == at.source);
            telling || { of_text }.any(|leaf| within(&leaf))
        };
        let shown = |side: &Option<(Value, Location)>| {
            side.as_ref().map(|(value, at)| {
                if hidden(at) {
                    "(not shown)".to_owned()
                } else {
                    short(value)
                }
            })
        };
        let at = |side: &Option<(Value, Location)>| side.as_ref().map(|(_, at)| *at);
        Edit {
            kind: "value".to_owned(),
            namespace: None,
            name: quoted(&name),
            part: EditPart::Fields(vec![EditDetail {
                field: self.path.last().map_or_else(String::new, |key| quoted(key)),
                before: shown(before),
                after: shown(after),
                before_at: at(before),
                after_at: at(after),
            }]),
            before: at(before),
            after: at(after),
        }
    }
}

/// A value in one short line.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = quoted(&text);
    if text.chars().count() > LONGEST {
        return text.chars().take(LONGEST).chain(['…']).collect();
    }
    text
}

type Leaves = BTreeMap<Vec<String>, (Value, Location)>;

/// The leaves that differ, in the order of their paths.
fn differences(
    sources: &Sources,
    before: &(String, Arc<str>),
    after: &(String, Arc<str>),
) -> Vec<Leaf> {
    let [old, new] = [before, after].map(|(name, text)| leaves_of(sources, name, text));
    let mut paths: Vec<&Vec<String>> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    let differing = paths.into_iter().filter_map(|path| {
        let sides = [old.get(path).cloned(), new.get(path).cloned()];
        let [a, b] = &sides;
        let same = a.as_ref().map(|(value, _)| value) == b.as_ref().map(|(value, _)| value);
        (!same).then(|| Leaf {
            path: path.clone(),
            sides,
        })
    });
    differing.collect()
}

fn leaves_of(sources: &Sources, name: &str, text: &Arc<str>) -> Leaves {
    let mut leaves = Leaves::new();
    let known = sources
        .iter()
        .find(|(_, s)| s.path == name && s.text == *text);
    let Some((source, _)) = known else {
        return leaves;
    };
    let parsed = netpol_yaml::parse_shared(text, &Limits::default());
    if let Some(document) = parsed.documents.first() {
        collect(source, document.root(), &mut Vec::new(), &mut leaves);
    }
    leaves
}

fn collect(source: SourceId, node: NodeRef<'_>, path: &mut Vec<String>, out: &mut Leaves) {
    if node.kind() == Kind::Mapping && node.entries().next().is_some() {
        for (key, value) in node.entries() {
            path.push(key.as_str().unwrap_or_else(|| key.raw()).to_owned());
            collect(source, value, path, out);
            path.pop();
        }
    } else if !path.is_empty() {
        out.insert(path.clone(), (node.to_json(), location(source, node)));
    }
}

/// Every choice of the differing leaves, rendered anew.
struct ValuesAssembly {
    edits: Vec<Edit>,
    leaves: Vec<Leaf>,
    /// The first file's values.
    before: Value,
    /// What is read for the first side; its values come last.
    inputs: resolve::Inputs,
}

impl Assembly for ValuesAssembly {
    fn edits(&self) -> &[Edit] {
        &self.edits
    }

    fn assemble(&self, chosen: &dyn Fn(usize) -> bool) -> State {
        let mut values = self.before.clone();
        for (number, leaf) in self.leaves.iter().enumerate() {
            if chosen(number) {
                let [_, after] = &leaf.sides;
                set(
                    &mut values,
                    &leaf.path,
                    after.as_ref().map(|(value, _)| value),
                );
            }
        }
        let mut inputs = self.inputs.clone();
        inputs.load.helm.values.pop();
        let text = ValuesArg::Text("values".to_owned(), values.to_string().into());
        inputs.load.helm.values.push(text);
        State::from(resolve::read(&inputs).model)
    }
}

/// Sets a value at a path, or takes it away.
fn set(values: &mut Value, path: &[String], value: Option<&Value>) {
    let Some((key, below)) = path.split_first() else {
        return;
    };
    if !values.is_object() {
        *values = Value::Object(Map::new());
    }
    let Some(map) = values.as_object_mut() else {
        return;
    };
    match (below, value) {
        ([], Some(value)) => {
            map.insert(key.clone(), value.clone());
        }
        ([], None) => {
            map.shift_remove(key);
        }
        (below, value) => set(map.entry(key.as_str()).or_insert(Value::Null), below, value),
    }
}
