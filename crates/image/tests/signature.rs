//! A signature counts for one bundle, one serial, one expiry, by a configured key.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use netpol_image::{
    PublicKey, SecretKey, Signature, SignatureError, admit, digest, hex, keygen, sign, verify,
};

/// RFC 8032, 7.1, test 2.
const SEED: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

fn key() -> SecretKey {
    SecretKey::from_text(&format!("netpol-secret-key-v1\n{SEED}\n")).unwrap()
}

#[test]
fn a_key_is_the_ed25519_key_of_its_seed() {
    let text = format!("netpol-public-key-v1\n{PUBLIC}\n");
    assert_eq!(key().public(), PublicKey::from_text(&text).unwrap());
    assert_eq!(key().public().to_text(), text);
    assert!(key().to_text().contains(SEED));
    assert!(!format!("{:?}", key()).contains(SEED));
}

#[test]
fn new_keys_differ_and_survive_their_files() {
    let (a, b) = (keygen().unwrap(), keygen().unwrap());
    assert_ne!(a.public(), b.public());
    let back = SecretKey::from_text(&a.to_text()).unwrap();
    assert_eq!(back.public(), a.public());
}

#[test]
fn a_good_signature_counts() {
    let signature = sign(&key(), b"bundle", 7, Some(1000));
    let keys = [keygen().unwrap().public(), key().public()];
    assert_eq!(verify(&keys, b"bundle", &signature, Some(999)), Ok(()));
    assert_eq!(verify(&keys, b"bundle", &signature, None), Ok(()));
    let text = signature.to_text();
    assert_eq!(Signature::from_text(&text), Ok(signature.clone()));
    let admitted = admit(&keys, b"bundle", Some(&text), Some(1));
    assert_eq!(admitted, Ok(Some(signature)));
}

#[test]
fn other_content_is_refused() {
    let mut signature = sign(&key(), b"bundle", 7, None);
    let keys = [key().public()];
    let error = verify(&keys, b"bundlf", &signature, None);
    assert_eq!(error, Err(SignatureError::OtherBundle));
    // Nor does it help to write the other digest into the file.
    signature.bundle = digest::sha256(b"bundlf");
    let error = verify(&keys, b"bundlf", &signature, None);
    assert_eq!(error, Err(SignatureError::NotTrusted));
}

#[test]
fn the_wrong_key_is_refused_whatever_the_hint_says() {
    let other = keygen().unwrap();
    let mut signature = sign(&other, b"bundle", 7, None);
    signature.key = hex::decode(&key().public().hint()).unwrap();
    let error = verify(&[key().public()], b"bundle", &signature, None);
    assert_eq!(error, Err(SignatureError::NotTrusted));
    // A wrong hint on a good signature takes nothing away.
    let mut signature = sign(&key(), b"bundle", 7, None);
    signature.key = [0; 8];
    let keys = [key().public()];
    assert_eq!(verify(&keys, b"bundle", &signature, None), Ok(()));
    let error = verify(&[], b"bundle", &signature, None);
    assert_eq!(error, Err(SignatureError::NotTrusted));
}

#[test]
fn serial_and_expiry_are_signed() {
    let good = sign(&key(), b"bundle", 7, Some(0));
    let keys = [key().public()];
    let changes: [fn(&mut Signature); 4] = [
        |s| s.serial = 8,
        |s| s.expires = Some(1),
        |s| s.expires = None,
        |s| s.signature = sign(&key(), b"bundle", 7, None).signature,
    ];
    for change in changes {
        let mut signature = good.clone();
        change(&mut signature);
        let error = verify(&keys, b"bundle", &signature, None);
        assert_eq!(error, Err(SignatureError::NotTrusted), "{signature:?}");
    }
}

#[test]
fn an_expired_signature_is_refused() {
    let signature = sign(&key(), b"bundle", 7, Some(1000));
    for now in [1000, 1001, u64::MAX] {
        let error = verify(&[key().public()], b"bundle", &signature, Some(now));
        assert_eq!(error, Err(SignatureError::Expired { at: 1000 }));
    }
}

#[test]
fn a_stripped_signature_is_refused_when_a_key_is_configured() {
    let keys = [key().public()];
    let missing = admit(&keys, b"bundle", None, None);
    assert_eq!(missing, Err(SignatureError::Missing));
    let empty = admit(&keys, b"bundle", Some(""), None);
    assert!(matches!(empty, Err(SignatureError::Form(_))));
    assert_eq!(admit(&[], b"bundle", None, None), Ok(None));
}

#[test]
fn a_signature_of_the_bare_digest_does_not_count() {
    use ed25519_dalek::Signer as _;
    let signer = ed25519_dalek::SigningKey::from_bytes(&hex::decode(SEED).unwrap());
    let mut signature = sign(&key(), b"bundle", 7, None);
    // The same key, the same facts, without or with another domain.
    let mut message = 7_u64.to_le_bytes().to_vec();
    message.extend([0; 9]);
    message.extend(signature.bundle);
    let other = [b"netpol-image-v1\0".as_slice(), &message].concat();
    for message in [message, other, b"bundle".to_vec()] {
        signature.signature = signer.sign(&message).to_bytes();
        let error = verify(&[key().public()], b"bundle", &signature, None);
        assert_eq!(error, Err(SignatureError::NotTrusted));
    }
}

#[test]
fn only_the_fixed_form_is_read() {
    let good = sign(&key(), b"bundle", 7, None).to_text();
    Signature::from_text(&good).unwrap();
    let bad = [
        good.replace('\n', "\r\n"),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!(" {good}"),
        good.replace("serial 7", "serial 07"),
        good.replace("serial 7", "serial +7"),
        good.replace("serial 7", "serial 18446744073709551616"),
        good.replace("expires never", "expires "),
        good.replace("expires never", "expires NEVER"),
        good.replace("signature ", "signature  "),
        good.to_uppercase(),
        good.replace("-v1", "-v2"),
    ];
    for text in bad {
        assert!(Signature::from_text(&text).is_err(), "{text}");
    }
    for len in 0..good.len() {
        let cut = good.get(..len).unwrap();
        assert!(Signature::from_text(cut).is_err(), "cut at {len}");
    }
    let secret = key().to_text();
    assert!(
        PublicKey::from_text(&secret).is_err(),
        "the wrong kind of file"
    );
}

#[test]
fn keys_of_small_order_are_refused() {
    let points = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for point in points {
        let key = PublicKey::from_text(&format!("netpol-public-key-v1\n{point}\n"));
        assert_eq!(key, Err(SignatureError::BadKey));
    }
}
