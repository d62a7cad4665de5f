//! The two digests of an image.

use crate::bytes::{get_field, put_digest};
use crate::layout::{Field, HEADER_LEN, HEADER_LOCAL, header as h};
use sha2::{Digest as _, Sha256};

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of the portable part, the node-local header and the digest itself taken as zeroes;
/// `None` when the bytes are shorter than they say.
pub fn portable(image: &[u8]) -> Option<[u8; 32]> {
    let end = usize::try_from(get_field(image, h::PORTABLE_LEN)?).ok()?;
    let mut sha = Sha256::new();
    let digest = h::PORTABLE_DIGEST;
    sha.update(image.get(..digest.at())?);
    sha.update([0; 32]);
    sha.update(image.get(end_of(digest)..HEADER_LOCAL as usize)?);
    sha.update([0; (HEADER_LEN - HEADER_LOCAL) as usize]);
    sha.update(image.get(HEADER_LEN as usize..end)?);
    Some(sha.finalize().into())
}

/// SHA-256 of the node-local header, the digest itself taken as zeroes, and of the bytes after the
/// portable part; `None` when the bytes are shorter than they say.
pub fn local(image: &[u8]) -> Option<[u8; 32]> {
    let start = usize::try_from(get_field(image, h::PORTABLE_LEN)?).ok()?;
    let mut sha = Sha256::new();
    let digest = h::LOCAL_DIGEST;
    sha.update(image.get(HEADER_LOCAL as usize..digest.at())?);
    sha.update([0; 32]);
    sha.update(image.get(end_of(digest)..HEADER_LEN as usize)?);
    sha.update(image.get(start..)?);
    Some(sha.finalize().into())
}

fn end_of(field: Field) -> usize {
    field.end() as usize
}

/// Writes both digests; leaves blocks alone that are too short to have any.
///
/// The digests find damage, they prove no origin: who writes an image can seal it. The signature
/// of the bundle says whose policy it is, and the image is linked where it is used.
pub fn seal(image: &mut [u8]) {
    if let Some(digest) = portable(image) {
        put_digest(image, h::PORTABLE_DIGEST, &digest);
    }
    if let Some(digest) = local(image) {
        put_digest(image, h::LOCAL_DIGEST, &digest);
    }
}
