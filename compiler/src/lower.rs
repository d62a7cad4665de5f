//! From the model to what the agents read, and questions to it.
//!
//! Lowering loses nothing but the third answer: the policies go into the bundle in canonical form,
//! with a map from every rule number back to its line. Verdicts that the input does not decide
//! become deny when a bundle is linked (NP503).

mod artefact;
mod describe;
mod images;
mod root;

pub use artefact::{Artefact, BundlePlaces};
pub use describe::describe;
pub use images::{Linked, NoImage, link_all};

use crate::model::Model;
use crate::reach::ModelPlaces;
use crate::source::Sources;
use netpol_image::{Bundle, BundleError, SourceMap, SourceRef};
use netpol_policy::{PolicyKey, RuleId, RuleRef};
use root::Root;

/// What wrote a bundle, as its meta section says.
pub const PRODUCER: &str = concat!("netpolc ", env!("CARGO_PKG_VERSION"));

/// A bundle of the model's policies, without an inventory.
pub fn bundle(model: &Model, sources: &Sources) -> Bundle {
    Bundle {
        policies: model.policies.clone(),
        sources: source_map(model, sources),
        ..Bundle::default()
    }
}

/// The bytes of a bundle; the same for the same input.
///
/// # Errors
/// Something is larger than the form allows.
pub fn encode(bundle: &Bundle) -> Result<Vec<u8>, BundleError> {
    bundle.encode(PRODUCER)
}

/// Every rule number, isolations included, with the line that it comes from.
fn source_map(model: &Model, sources: &Sources) -> SourceMap {
    let places = ModelPlaces::new(model, sources);
    let root = Root::of(sources.files().map(|(_, source)| source.path.as_str()));
    let mut map = SourceMap::default();
    for rule in (RuleId::FIRST..model.policies.id_bound()).map(RuleId) {
        let reference = model.policies.rule_ref(rule);
        let (Some(reference), Some(at)) = (reference, places.location(rule)) else {
            continue;
        };
        let Some(policy) = policy_key(reference) else {
            continue;
        };
        // The rule first, then the values of the chart that it was made of.
        let home = sources.home(at);
        let values = home.leaves.iter().chain(&home.guards);
        let values = values.map(|leaf| (leaf.at, format!("value {}", leaf.path)));
        for (at, text) in std::iter::once((home.at, describe(reference))).chain(values) {
            if let Some((source, position)) = sources.position(at) {
                let place = SourceRef {
                    policy: policy.clone(),
                    text,
                    file: root.below(&source.path),
                    line: position.line,
                    column: position.column,
                    start: u64::from(at.span.start),
                    end: u64::from(at.span.end),
                };
                map.add(rule, place);
            }
        }
    }
    map
}

/// The policy that a rule number belongs to.
pub fn policy_key(reference: RuleRef<'_>) -> Option<&PolicyKey> {
    match reference {
        RuleRef::Builtin(_) => None,
        RuleRef::Isolation(policy, _) | RuleRef::Rule(policy, ..) => Some(&policy.key),
    }
}
