//! The images section: one image per node.

use super::BundleError;
use crate::bytes::get32;
use std::collections::BTreeMap;

const NAME: &str = "images";

/// Node names as in `metadata.name`: a DNS subdomain.
const MAX_NODE_NAME: usize = 253;

pub(super) fn encode(images: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, BundleError> {
    let mut out = Vec::new();
    for (node, image) in images {
        if node.len() > MAX_NODE_NAME {
            return Err(BundleError::section(
                NAME,
                "has a node name that is too long",
            ));
        }
        for part in [node.as_bytes(), image] {
            let length = u32::try_from(part.len())
                .map_err(|_| BundleError::section(NAME, "has an image that is too long"))?;
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(part);
        }
    }
    Ok(out)
}

pub(super) fn decode(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let fault = |fault| BundleError::section(NAME, fault);
    let mut images = BTreeMap::new();
    let mut at = 0;
    while at < bytes.len() {
        let name = part(bytes, &mut at).filter(|name| name.len() <= MAX_NODE_NAME);
        let (Some(name), Some(image)) = (name, part(bytes, &mut at)) else {
            return Err(fault("is cut off"));
        };
        let Ok(name) = String::from_utf8(name.to_vec()) else {
            return Err(fault("has a node name that is not UTF-8"));
        };
        if images
            .last_key_value()
            .is_some_and(|(last, _)| *last >= name)
        {
            return Err(fault("is not in the order of node names"));
        }
        images.insert(name, image.to_vec());
    }
    Ok(images)
}

fn part<'a>(bytes: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let length = usize::try_from(get32(bytes, *at)?).ok()?;
    let start = at.checked_add(4)?;
    let end = start.checked_add(length)?;
    let part = bytes.get(start..end)?;
    *at = end;
    Some(part)
}
