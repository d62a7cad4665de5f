//! Whatever bytes a bundle has, decoding refuses it or it has exactly one form.

use netpol_image::{Bundle, Signature};

/// Reads the bytes as a bundle and as a signature file.
pub fn run(data: &[u8]) {
    if let Ok((bundle, meta)) = Bundle::decode_with_meta(data) {
        let again = bundle
            .encode(&meta.producer)
            .expect("what was read can be written");
        let back = Bundle::decode(&again).expect("what was written can be read");
        assert_eq!(back, bundle);
        for node in bundle.images.keys() {
            let _view = bundle.image(node);
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(signature) = Signature::from_text(text)
    {
        assert_eq!(signature.to_text(), text, "a signature file has one form");
    }
}
