//! Several clusters in one input: overlays that define the same object.

use crate::model::Duplicate;
use crate::resolve::Analysis;
use crate::source::{Location, Sources};

/// One sentence when objects are given twice in directories beside each other, as overlays for
/// several clusters are. They are never merged without a word.
pub(super) fn hint(analysis: &Analysis) -> Option<String> {
    let duplicates = &analysis.model.duplicates;
    let pairs = duplicates.iter().filter_map(|duplicate| {
        let [lost, kept] = sides(duplicate).map(|at| directory(&analysis.sources, at));
        let (lost, kept) = (lost?, kept?);
        siblings(&lost, &kept).then_some((duplicate, lost, kept))
    });
    let pairs: Vec<(&Duplicate, String, String)> = pairs.collect();
    let (first, lost, kept) = pairs.first()?;
    let name = match &first.namespace {
        Some(namespace) => format!("{} {namespace}/{}", first.kind, first.name),
        None => format!("{} {}", first.kind, first.name),
    };
    let more = match pairs.len() {
        1 => String::new(),
        n => format!(" (and {} more objects)", n - 1),
    };
    Some(format!(
        "`{lost}` and `{kept}` both define {name}{more}; the one that is read last is analysed. If \
         they are for different clusters, name these as targets in netpolc.toml: `netpolc init` \
         writes it"
    ))
}

fn sides(duplicate: &Duplicate) -> [Location; 2] {
    [duplicate.lost, duplicate.kept]
}

fn directory(sources: &Sources, at: Location) -> Option<String> {
    let path = &sources.get(at.source)?.path;
    path.rsplit_once('/')
        .map(|(directory, _)| directory.to_owned())
}

/// Do the two lie beside each other, at any depth?
fn siblings(a: &str, b: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    common < a.len() && common < b.len()
}
