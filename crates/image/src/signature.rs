//! Detached Ed25519 signatures of bundles.
//!
//! **What is signed**: the text `netpol-bundle-v1` and a zero byte, the serial number (u64,
//! little-endian), one byte that says whether there is an expiry, the expiry (u64, little-endian,
//! seconds since 1970, zero when there is none), and the SHA-256 of the bundle's exact bytes. The
//! first part keeps signatures made for other purposes from counting here.
//!
//! **Files** are text of fixed form, one item a line, every line ended by a line feed:
//!
//! ```text
//! netpol-signature-v1          netpol-secret-key-v1      netpol-public-key-v1
//! serial 12                    <64 digits>               <64 digits>
//! expires 1790000000
//! bundle <64 digits>
//! key <16 digits>
//! signature <128 digits>
//! ```
//!
//! `expires` is `never` when there is none. `key` is the beginning of the SHA-256 of the public
//! key: a hint for people, never a reason to trust. A signature counts when one of the configured
//! keys made it. There is one kind of key and no choice of algorithm.

use crate::{Bundle, hex};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use std::fmt;

const DOMAIN: &[u8] = b"netpol-bundle-v1\0";
const SIGNATURE_TITLE: &str = "netpol-signature-v1";
const SECRET_TITLE: &str = "netpol-secret-key-v1";
const PUBLIC_TITLE: &str = "netpol-public-key-v1";

/// Why a signature does not count, or a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Keys are configured, so a bundle without signature is refused.
    #[error("the bundle is not signed, and a signature is required")]
    Missing,
    /// The file is not of the fixed form.
    #[error("this is no {0} file")]
    Form(&'static str),
    /// The key cannot be one: not a point of the curve, or of small order.
    #[error("the public key is not valid")]
    BadKey,
    /// It was made for another bundle.
    #[error("the signature is that of another bundle")]
    OtherBundle,
    /// None of the configured keys made it.
    #[error("none of the configured keys made this signature")]
    NotTrusted,
    /// It is over.
    #[error("the signature expired at {at} (seconds since 1970)")]
    Expired {
        /// The expiry.
        at: u64,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    NoRandomness,
}

/// A key that signs. Shown as its public key's hint alone.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public().hint())
    }
}

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Makes a key from the operating system's randomness.
///
/// # Errors
/// There is none.
pub fn keygen() -> Result<SecretKey, SignatureError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| SignatureError::NoRandomness)?;
    Ok(SecretKey(SigningKey::from_bytes(&seed)))
}

/// The only line of a key file after its title.
fn key_line(text: &str, title: &'static str) -> Result<[u8; 32], SignatureError> {
    let mut lines = Lines::new(text, title)?;
    let key = lines.next_line().and_then(hex::decode);
    key.filter(|_| lines.at_end())
        .ok_or(SignatureError::Form(title))
}

impl SecretKey {
    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The contents of a secret key file. Keep it from others (mode 0600).
    pub fn to_text(&self) -> String {
        format!("{SECRET_TITLE}\n{}\n", hex::encode(self.0.as_bytes()))
    }

    /// Reads a secret key file.
    ///
    /// # Errors
    /// It is none.
    pub fn from_text(text: &str) -> Result<Self, SignatureError> {
        let seed = key_line(text, SECRET_TITLE)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }
}

impl PublicKey {
    /// The beginning of the SHA-256 of the key, for people to recognise it.
    pub fn hint(&self) -> String {
        let digest = crate::digest::sha256(self.0.as_bytes());
        hex::encode(digest.get(..8).unwrap_or_default())
    }

    /// The contents of a public key file.
    pub fn to_text(&self) -> String {
        format!("{PUBLIC_TITLE}\n{}\n", hex::encode(self.0.as_bytes()))
    }

    /// Reads a public key file.
    ///
    /// # Errors
    /// It is none, or the key cannot be one.
    pub fn from_text(text: &str) -> Result<Self, SignatureError> {
        let key = key_line(text, PUBLIC_TITLE)?;
        match VerifyingKey::from_bytes(&key) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(SignatureError::BadKey),
        }
    }
}

/// A detached signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Orders bundles: agents go up only.
    pub serial: u64,
    /// Seconds since 1970 after which the bundle is not to be put in force any more.
    pub expires: Option<u64>,
    /// SHA-256 of the bundle.
    pub bundle: [u8; 32],
    /// Which key, as a hint.
    pub key: [u8; 8],
    /// The signature itself.
    pub signature: [u8; 64],
}

/// What is signed.
fn message(serial: u64, expires: Option<u64>, bundle: &[u8; 32]) -> Vec<u8> {
    let mut message = DOMAIN.to_vec();
    message.extend_from_slice(&serial.to_le_bytes());
    message.push(u8::from(expires.is_some()));
    message.extend_from_slice(&expires.unwrap_or_default().to_le_bytes());
    message.extend_from_slice(bundle);
    message
}

/// Signs the exact bytes of a bundle.
pub fn sign(key: &SecretKey, bundle: &[u8], serial: u64, expires: Option<u64>) -> Signature {
    let digest = Bundle::digest(bundle);
    let signature = key.0.sign(&message(serial, expires, &digest));
    Signature {
        serial,
        expires,
        bundle: digest,
        key: hex::decode(&key.public().hint()).unwrap_or_default(),
        signature: signature.to_bytes(),
    }
}

/// Checks a signature over the exact bytes of a bundle. `now` is in seconds since 1970; without it
/// the expiry is not looked at. The order of serials is the caller's to keep.
///
/// # Errors
/// It is of another bundle, of none of the keys, or expired.
pub fn verify(
    keys: &[PublicKey],
    bundle: &[u8],
    signature: &Signature,
    now: Option<u64>,
) -> Result<(), SignatureError> {
    let digest = Bundle::digest(bundle);
    if digest != signature.bundle {
        return Err(SignatureError::OtherBundle);
    }
    let message = message(signature.serial, signature.expires, &digest);
    let bytes = ed25519_dalek::Signature::from_bytes(&signature.signature);
    // Strict: no malleable signatures, no keys of small order.
    let trusted = |key: &PublicKey| key.0.verify_strict(&message, &bytes).is_ok();
    if !keys.iter().any(trusted) {
        return Err(SignatureError::NotTrusted);
    }
    match (signature.expires, now) {
        (Some(at), Some(now)) if at <= now => Err(SignatureError::Expired { at }),
        _ => Ok(()),
    }
}

/// The agent's question: may this bundle be put in force? With keys a signature must be there and
/// count; without keys none is asked for, and none counts.
///
/// # Errors
/// As [`verify`], or the signature is missing or not of the fixed form.
pub fn admit(
    keys: &[PublicKey],
    bundle: &[u8],
    signature: Option<&str>,
    now: Option<u64>,
) -> Result<Option<Signature>, SignatureError> {
    if keys.is_empty() {
        return Ok(None);
    }
    let signature = Signature::from_text(signature.ok_or(SignatureError::Missing)?)?;
    verify(keys, bundle, &signature, now)?;
    Ok(Some(signature))
}

impl Signature {
    /// The contents of a signature file.
    pub fn to_text(&self) -> String {
        let expires = self
            .expires
            .map_or_else(|| "never".to_owned(), |at| at.to_string());
        format!(
            "{SIGNATURE_TITLE}\nserial {}\nexpires {expires}\nbundle {}\nkey {}\nsignature {}\n",
            self.serial,
            hex::encode(&self.bundle),
            hex::encode(&self.key),
            hex::encode(&self.signature),
        )
    }

    /// Reads a signature file; only the form that [`Signature::to_text`] writes is accepted.
    ///
    /// # Errors
    /// It is none.
    pub fn from_text(text: &str) -> Result<Self, SignatureError> {
        let form = SignatureError::Form(SIGNATURE_TITLE);
        let mut lines = Lines::new(text, SIGNATURE_TITLE)?;
        let read = |lines: &mut Lines<'_>| {
            Some(Self {
                serial: number(lines.item("serial ")?)?,
                expires: match lines.item("expires ")? {
                    "never" => None,
                    at => Some(number(at)?),
                },
                bundle: hex::decode(lines.item("bundle ")?)?,
                key: hex::decode(lines.item("key ")?)?,
                signature: hex::decode(lines.item("signature ")?)?,
            })
        };
        read(&mut lines).filter(|_| lines.at_end()).ok_or(form)
    }
}

/// A number as [`Signature::to_text`] writes it: no sign, no leading zeroes.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The lines of a file of fixed form.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn new(text: &'a str, title: &'static str) -> Result<Self, SignatureError> {
        let mut lines = Self(text);
        match lines.next_line() {
            Some(line) if line == title => Ok(lines),
            _ => Err(SignatureError::Form(title)),
        }
    }

    fn next_line(&mut self) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }

    fn item(&mut self, label: &str) -> Option<&'a str> {
        self.next_line()?.strip_prefix(label)
    }

    fn at_end(&self) -> bool {
        self.0.is_empty()
    }
}
