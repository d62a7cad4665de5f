//! Keys, certificates and password hashes.
//!
//! The real functions draw them at random, so that no two renderings agree. Here they are texts
//! of the right form, filled from the rendering's seeded sequence: what a chart does with them
//! (encode, quote, hash, store) works, but they certify nothing, and each use is reported.

use std::fmt::Write as _;

use super::digests::base64_decode;
use super::random::{characters, random_bytes};
use super::util::{Out, arity};
use super::{Call, Func, FuncError, Param};
use crate::value::{List, Object, Value};

use Param::{Int, Str};

const CERTIFICATE: Param = Param::Object("sprig.certificate");
const NAMES: Param = Param::List;

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("genCA", &[Str, Int], |call, _| Ok(certificate(call))),
    Func::new("genCAWithKey", &[Str, Int, Str], |call, args| {
        with_key(call, args.get(2))
    }),
    Func::new(
        "genSelfSignedCert",
        &[Str, NAMES, NAMES, Int],
        |call, args| {
            check_names(args)?;
            Ok(certificate(call))
        },
    ),
    Func::new(
        "genSelfSignedCertWithKey",
        &[Str, NAMES, NAMES, Int, Str],
        |call, args| {
            check_names(args)?;
            with_key(call, args.get(4))
        },
    ),
    Func::new(
        "genSignedCert",
        &[Str, NAMES, NAMES, Int, CERTIFICATE],
        |call, args| {
            check_names(args)?;
            Ok(certificate(call))
        },
    ),
    Func::new(
        "genSignedCertWithKey",
        &[Str, NAMES, NAMES, Int, CERTIFICATE, Str],
        |call, args| {
            check_names(args)?;
            with_key(call, args.get(5))
        },
    ),
    Func::new("buildCustomCert", &[Str, Str], |_, args| {
        let [certificate, key] = args else {
            return Err(arity());
        };
        custom(&Call::text(certificate), &Call::text(key))
    }),
    Func::new("genPrivateKey", &[Str], |call, args| {
        let [kind] = args else { return Err(arity()) };
        let kind = Call::text(kind);
        let (label, length) = match kind.as_str() {
            "" | "rsa" => ("RSA PRIVATE KEY", 2348),
            "dsa" => ("DSA PRIVATE KEY", 1192),
            "ecdsa" => ("EC PRIVATE KEY", 121),
            "ed25519" => ("PRIVATE KEY", 48),
            unknown => return Ok(format!("Unknown type {unknown}").into()),
        };
        call.not_reproducible();
        Ok(pem(call, label, length).into())
    }),
    Func::new("bcrypt", &[Str], |call, _| {
        call.not_reproducible();
        Ok(bcrypt(call).into())
    }),
    Func::new("htpasswd", &[Str, Str], |call, args| {
        let [user, _] = args else { return Err(arity()) };
        let user = Call::text(user);
        if user.contains(':') {
            return Ok(format!("invalid username: {}", user.as_str()).into());
        }
        call.not_reproducible();
        Ok(format!("{}:{}", user.as_str(), bcrypt(call)).into())
    }),
];

/// Sprig's `certificate`.
#[derive(Debug)]
struct Certificate {
    cert: String,
    key: String,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.cert.as_str().into()),
            "Key" => Some(self.key.as_str().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }

    fn to_value(&self) -> Value {
        let map: crate::value::Map = [
            ("Cert", Value::from(self.cert.as_str())),
            ("Key", self.key.as_str().into()),
        ]
        .into_iter()
        .collect();
        map.into()
    }
}

fn certificate(call: &mut Call<'_>) -> Value {
    call.not_reproducible();
    let cert = pem(call, "CERTIFICATE", 805);
    let key = pem(call, "RSA PRIVATE KEY", 1192);
    Value::object(Certificate { cert, key })
}

/// The key is the caller's own.
fn with_key(call: &mut Call<'_>, key: Option<&Value>) -> Out {
    let key = key.map(Call::text).unwrap_or_default();
    if !key.contains("-----BEGIN ") {
        return Err(FuncError::new("parsing private key: no PEM data in input"));
    }
    call.not_reproducible();
    let cert = pem(call, "CERTIFICATE", 805);
    Ok(Value::object(Certificate {
        cert,
        key: key.as_str().to_owned(),
    }))
}

/// Addresses must be addresses, names must be texts, as the original checks first.
fn check_names(args: &[Value]) -> Result<(), FuncError> {
    let items = |index: usize| {
        args.get(index)
            .and_then(Value::as_list)
            .map(List::items)
            .unwrap_or_default()
    };
    for address in items(1) {
        let Some(text) = address.as_str() else {
            return Err(FuncError::new(format!(
                "error parsing ip: {} is not a string",
                crate::value::print(&address)
            )));
        };
        if text.parse::<std::net::IpAddr>().is_err() {
            return Err(FuncError::new(format!("error parsing ip: {text}")));
        }
    }
    for name in items(2) {
        if name.as_str().is_none() {
            let shown = crate::value::print(&name);
            return Err(FuncError::new(format!(
                "error processing alternate dns name: {shown} is not a string"
            )));
        }
    }
    Ok(())
}

/// A certificate and key of the user's own, in base64.
fn custom(certificate: &str, key: &str) -> Out {
    let text = |encoded: &str| {
        base64_decode(encoded)
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let Some(cert) = text(certificate) else {
        return Err(FuncError::new("unable to decode base64 certificate"));
    };
    let Some(key) = text(key) else {
        return Err(FuncError::new("unable to decode base64 private key"));
    };
    if !cert.contains("-----BEGIN ") {
        return Err(FuncError::new("unable to decode certificate"));
    }
    if !key.contains("-----BEGIN ") {
        return Err(FuncError::new(
            "error parsing private key: no PEM data in input",
        ));
    }
    Ok(Value::object(Certificate { cert, key }))
}

/// A PEM block around random bytes.
fn pem(call: &mut Call<'_>, label: &str, length: usize) -> String {
    let body = data_encoding::BASE64.encode(&random_bytes(call, length));
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(64).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    let _ = writeln!(out, "-----END {label}-----");
    out
}

/// The form of a bcrypt hash: cost 10, salt and digest in bcrypt's own alphabet.
fn bcrypt(call: &mut Call<'_>) -> String {
    const ALPHABET: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    format!("$2a$10${}", characters(call, 53, ALPHABET))
}
