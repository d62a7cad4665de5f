//! `derivePassword`, `encryptAES` and `decryptAES`.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::digests::base64_decode;
use super::random::random_bytes;
use super::util::{Out, arity};
use super::{Call, Func, FuncError, Param};
use crate::value::Value;

use Param::Str;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new(
        "derivePassword",
        &[Param::Uint64, Str, Str, Str, Str],
        derive_password,
    ),
    Func::new("encryptAES", &[Str, Str], encrypt),
    Func::new("decryptAES", &[Str, Str], |_, args| {
        let [password, text] = args else {
            return Err(arity());
        };
        decrypt(&Call::text(password), &Call::text(text))
    }),
];

/// What every derived password's seed begins with.
const SEED: &[u8] = b"com.lyndir.masterpassword";

/// The forms of a kind of password; each letter stands for a set of characters.
fn forms(kind: &str) -> &'static [&'static str] {
    match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => &[],
    }
}

/// The characters behind a letter of a form.
fn characters(letter: char) -> &'static str {
    match letter {
        'V' => "AEIOU",
        'C' => "BCDFGHJKLMNPQRSTVWXYZ",
        'v' => "aeiou",
        'c' => "bcdfghjklmnpqrstvwxyz",
        'A' => "AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        'a' => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        'n' => "0123456789",
        'o' => "@&%?,=[]_:-+*$#!'^~;()/.",
        _ => "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The Master Password algorithm, the same on every run.
fn derive_password(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [counter, kind, password, user, site] = args else {
        return Err(arity());
    };
    let kind = Call::text(kind);
    let forms = forms(&kind);
    if forms.is_empty() {
        return Ok(format!("cannot find password template {}", kind.as_str()).into());
    }
    // scrypt takes its 32 MiB and its time from the rendering's budget.
    call.spend(32 << 20)?;
    let failed = |_| FuncError::new("failed to derive password");
    let (password, user, site) = (Call::text(password), Call::text(user), Call::text(site));
    let params =
        scrypt::Params::new(15, 8, 2).map_err(|_| FuncError::new("failed to derive password"))?;
    let mut key = [0_u8; 64];
    scrypt::scrypt(password.as_bytes(), &seeded(&user), &params, &mut key)
        .map_err(|_| FuncError::new("failed to derive password"))?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(failed)?;
    mac.update(&seeded(&site));
    let counter = u32::try_from(counter.as_int().unwrap_or(0)).unwrap_or(0);
    mac.update(&counter.to_be_bytes());
    let seed = mac.finalize().into_bytes();
    let pick = |byte: Option<&u8>, of: usize| usize::from(byte.copied().unwrap_or(0)) % of.max(1);
    let form = forms
        .get(pick(seed.first(), forms.len()))
        .copied()
        .unwrap_or_default();
    let derived: String = form
        .chars()
        .zip(seed.iter().skip(1))
        .filter_map(|(letter, byte)| {
            let set = characters(letter);
            set.chars().nth(pick(Some(byte), set.len()))
        })
        .collect();
    Ok(derived.into())
}

/// The seed, a length and a name.
fn seeded(name: &str) -> Vec<u8> {
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    [SEED, &length.to_be_bytes(), name.as_bytes()].concat()
}

const BLOCK: usize = 16;

/// The password, cut or filled with zeros to a key.
fn cipher(password: &str) -> Aes256 {
    let mut key = [0_u8; 32];
    for (slot, byte) in key.iter_mut().zip(password.bytes()) {
        *slot = byte;
    }
    Aes256::new(&key.into())
}

/// CBC with a random first block, so that no two runs agree.
fn encrypt(call: &mut Call<'_>, args: &[Value]) -> Out {
    let [password, text] = args else {
        return Err(arity());
    };
    let text = Call::text(text);
    if text.is_empty() {
        return Ok("".into());
    }
    call.not_reproducible();
    let cipher = cipher(&Call::text(password));
    let mut out = random_bytes(call, BLOCK);
    let mut before: Vec<u8> = out.clone();
    let padding = BLOCK - text.len() % BLOCK;
    let mut content = text.as_bytes().to_vec();
    content.extend(std::iter::repeat_n(
        u8::try_from(padding).unwrap_or(0),
        padding,
    ));
    for chunk in content.chunks(BLOCK) {
        let mut block = Block::<Aes256>::default();
        for (slot, (byte, mask)) in block.iter_mut().zip(chunk.iter().zip(&before)) {
            *slot = byte ^ mask;
        }
        cipher.encrypt_block(&mut block);
        before = block.to_vec();
        out.extend_from_slice(&before);
    }
    Ok(data_encoding::BASE64.encode(&out).into())
}

fn decrypt(password: &str, text: &str) -> Out {
    if text.is_empty() {
        return Ok("".into());
    }
    let bytes = base64_decode(text)?;
    let Some((first, rest)) = bytes.split_at_checked(BLOCK) else {
        let reason = format!("[:{BLOCK}] with capacity {}", bytes.len());
        return Err(FuncError::new(format!(
            "runtime error: slice bounds out of range {reason}"
        )));
    };
    if rest.len() % BLOCK != 0 {
        return Err(FuncError::new("crypto/cipher: input not full blocks"));
    }
    let cipher = cipher(password);
    let mut out = Vec::with_capacity(rest.len());
    let mut before = first;
    for chunk in rest.chunks(BLOCK) {
        let mut block = Block::<Aes256>::default();
        for (slot, byte) in block.iter_mut().zip(chunk) {
            *slot = *byte;
        }
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(before).map(|(byte, mask)| byte ^ mask));
        before = chunk;
    }
    let padding = usize::from(out.last().copied().unwrap_or(0));
    let Some(length) = out.len().checked_sub(padding).filter(|_| !out.is_empty()) else {
        return Err(FuncError::new("runtime error: slice bounds out of range"));
    };
    out.truncate(length);
    Ok(String::from_utf8_lossy(&out).into_owned().into())
}
