//! `urlParse` and `urlJoin`, after Go's `net/url`.

use std::fmt::Write as _;

use super::util::{Out, arity};
use super::{Call, Func, FuncError, Param};
use crate::value::{Map, Value};

pub(super) const FUNCTIONS: &[Func] = &[
    Func::new("urlParse", &[Param::Str], |_, args| {
        let [text] = args else { return Err(arity()) };
        parsed(&Call::text(text))
    }),
    Func::new("urlJoin", &[Param::Map], |_, args| {
        let [parts] = args else { return Err(arity()) };
        join(parts.as_map())
    }),
];

/// The parts of a URL, decoded where `net/url` decodes them.
#[derive(Debug, Default)]
struct Url {
    scheme: String,
    opaque: String,
    userinfo: String,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

/// Where a text stands in a URL; that decides what is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Fragment,
    User,
    Host,
}

fn parsed(text: &str) -> Out {
    let url = parse(text).map_err(|reason| {
        let quoted = super::strings::go_quote(text);
        FuncError::new(format!("unable to parse url: parse {quoted}: {reason}"))
    })?;
    let map = Map::new();
    map.set("hostname", hostname(&url.host));
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", url.userinfo),
    ];
    for (key, value) in parts {
        map.set(key, value);
    }
    Ok(map.into())
}

fn parse(text: &str) -> Result<Url, String> {
    if text.chars().any(|c| c < ' ' || c == '\u{7f}') {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut url = Url {
        fragment: unescape(fragment)?,
        ..Url::default()
    };
    if rest == "*" {
        "*".clone_into(&mut url.path);
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(rest)?;
    url.scheme = scheme.to_ascii_lowercase();
    let rest = match rest.split_once('?') {
        Some((rest, query)) => {
            query.clone_into(&mut url.query);
            rest
        }
        None => rest,
    };
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            rest.clone_into(&mut url.opaque);
            return Ok(url);
        }
        let segment = rest.split('/').next().unwrap_or_default();
        if segment.contains(':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut rest = rest;
    if let Some(tail) = rest.strip_prefix("//")
        && (!url.scheme.is_empty() || !rest.starts_with("///"))
    {
        let end = tail.find('/').unwrap_or(tail.len());
        let (authority, path) = tail.split_at_checked(end).unwrap_or((tail, ""));
        rest = path;
        parse_authority(authority, &mut url)?;
    }
    url.path = unescape(rest)?;
    Ok(url)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => {
                let (scheme, rest) = text.split_at_checked(at).unwrap_or((text, ""));
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn parse_authority(authority: &str, url: &mut Url) -> Result<(), String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if let Some(user) = user {
        if user
            .chars()
            .any(|c| !(c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)))
        {
            return Err("net/url: invalid userinfo".to_owned());
        }
        url.userinfo = match user.split_once(':') {
            Some((name, password)) => {
                format!(
                    "{}:{}",
                    escape(&unescape(name)?, Place::User),
                    escape(&unescape(password)?, Place::User)
                )
            }
            None => escape(&unescape(user)?, Place::User),
        };
    }
    check_host(host)?;
    url.host = unescape(host)?;
    Ok(())
}

fn check_host(host: &str) -> Result<(), String> {
    let port = match host.rfind(']') {
        Some(end) if host.starts_with('[') => host.get(end + 1..).unwrap_or_default(),
        None if host.starts_with('[') => return Err("missing ']' in host".to_owned()),
        _ => host
            .find(':')
            .and_then(|at| host.rfind(':').map(|last| (at, last)))
            .map_or("", |(_, last)| host.get(last..).unwrap_or_default()),
    };
    if !port.is_empty()
        && !port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(format!(
            "invalid port {} after host",
            super::strings::go_quote(port)
        ));
    }
    if let Some(bad) = host.chars().find(|c| {
        matches!(
            c,
            ' ' | '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
    }) {
        return Err(format!(
            "invalid character {} in host name",
            super::strings::go_quote(&bad.to_string())
        ));
    }
    Ok(())
}

/// `URL.Hostname`: without the port and without brackets.
fn hostname(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn unescape(text: &str) -> Result<String, String> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let code = text
            .get(at + 1..at + 3)
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
            let shown: String = text.get(at..).unwrap_or_default().chars().take(3).collect();
            return Err(format!(
                "invalid URL escape {}",
                super::strings::go_quote(&shown)
            ));
        };
        out.push(code);
        bytes.nth(1);
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn escape(text: &str, place: Place) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-_.~".contains(c) || unreserved(c, place) {
            out.push(c);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `net/url.shouldEscape`, for the characters that depend on the place.
fn unreserved(c: char, place: Place) -> bool {
    match place {
        Place::Path => "$&+,/:;=@".contains(c),
        Place::User => "$&+,;=".contains(c),
        Place::Fragment => "$&+,/:;=?@!()*'".contains(c),
        Place::Host => "!$&'()*+,;=:[]<>\"".contains(c),
    }
}

fn join(parts: Option<&Map>) -> Out {
    let part = |key: &str| -> Result<String, FuncError> {
        let Some(value) = parts.and_then(|parts| parts.get(key)) else {
            return Ok(String::new());
        };
        match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None if value.is_null() => Err(super::util::nil_dereference()),
            None => Err(FuncError::new(format!(
                "unable to parse {key} key, must be of type string, but {} found",
                value.kind_name()
            ))),
        }
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        userinfo: String::new(),
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let whole = format!("proto://{userinfo}@host");
        let parsed = parse(&whole).map_err(|reason| {
            let quoted = super::strings::go_quote(&whole);
            FuncError::new(format!(
                "unable to parse userinfo in dict: parse {quoted}: {reason}"
            ))
        })?;
        url.userinfo = parsed.userinfo;
    }
    Ok(Value::from(text_of(&url)))
}

/// `URL.String`.
fn text_of(url: &Url) -> String {
    let mut out = String::new();
    if !url.scheme.is_empty() {
        out.push_str(&url.scheme);
        out.push(':');
    }
    if url.opaque.is_empty() {
        if !url.scheme.is_empty() || !url.host.is_empty() || !url.userinfo.is_empty() {
            if !url.host.is_empty() || !url.path.is_empty() || !url.userinfo.is_empty() {
                out.push_str("//");
            }
            if !url.userinfo.is_empty() {
                out.push_str(&url.userinfo);
                out.push('@');
            }
            out.push_str(&escape(&url.host, Place::Host));
        }
        let path = escape(&url.path, Place::Path);
        if !path.is_empty() && !path.starts_with('/') && !url.host.is_empty() {
            out.push('/');
        }
        if out.is_empty()
            && path
                .split('/')
                .next()
                .is_some_and(|segment| segment.contains(':'))
        {
            out.push_str("./");
        }
        out.push_str(&path);
    } else {
        out.push_str(&url.opaque);
    }
    if !url.query.is_empty() {
        out.push('?');
        out.push_str(&url.query);
    }
    if !url.fragment.is_empty() {
        out.push('#');
        out.push_str(&escape(&url.fragment, Place::Fragment));
    }
    out
}
