//! Many questions, one per line of JSON, each with one verdict.

mod usual;

use super::answer::{Desk, meet, no_verdict};
use super::directory::Target;
use super::judge::common;
use super::question::{PortQuestion, Who, port_of};
use super::reason::Reasons;
use netpol_policy::cidr::Family;
use netpol_policy::{Decision, Direction, Flow, Party, Protocol, Side, Verdict};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use usual::{Fast, Usual};

/// Answers lines. What was worked out for one line is kept for the next ones.
#[derive(Debug)]
pub struct Batch<'a> {
    desk: Desk<'a>,
    reasons: Reasons<'a>,
    /// By the text of the line; an error is its sentence.
    parties: HashMap<String, Result<Arc<[Target]>, String>>,
    /// By the text of a usual line: names that stand for one party of one address.
    single: HashMap<Box<[u8]>, Option<Single>, Fast>,
    sides: HashMap<(Direction, Side), Box<str>, Fast>,
}

/// A party, and the family of its address when that is known.
type Single = (Option<Family>, Party);

/// A line of `query --batch`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    #[serde(borrow)]
    from: Cow<'l, str>,
    #[serde(borrow)]
    to: Cow<'l, str>,
    /// TCP when it is absent, as in manifests.
    #[serde(borrow, default)]
    protocol: Option<Text<'l>>,
    #[serde(borrow, default)]
    port: Option<PortField<'l>>,
}

/// A text of the line: borrowed unless it has escapes. (Behind an `Option` a `Cow` is not.)
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

/// A number or a name.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
enum PortField<'l> {
    Number(u16),
    Name(Cow<'l, str>),
}

impl<'de: 'l, 'l> Deserialize<'de> for PortField<'l> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OfPort)
    }
}

/// Reads a [`PortField`] without looking at it twice.
struct OfPort;

impl<'de> Visitor<'de> for OfPort {
    type Value = PortField<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a port: a number from 0 to 65535, or a name")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        let number = u16::try_from(number);
        let number = number.map_err(|_| E::custom("a port is a number from 0 to 65535"))?;
        Ok(PortField::Number(number))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(PortField::Name(Cow::Owned(name.to_owned())))
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(PortField::Name(Cow::Borrowed(name)))
    }
}

impl Line<'_> {
    fn protocol(&self) -> &str {
        self.protocol.as_ref().map_or("TCP", |text| &text.0)
    }
}

/// The verdict of one line, and what stands beside it.
struct Verdicts {
    decision: Decision,
    note: Option<String>,
}

impl<'a> Batch<'a> {
    /// Answers from this desk, with these reasons.
    pub fn new(desk: Desk<'a>, reasons: Reasons<'a>) -> Self {
        Self {
            desk,
            reasons,
            parties: HashMap::new(),
            single: HashMap::default(),
            sides: HashMap::default(),
        }
    }

    /// Appends the answer of one line to `out`, without a line break; false for a bad line, whose
    /// answer is `{"error": …}`.
    pub fn answer(&mut self, line: &[u8], out: &mut Vec<u8>) -> bool {
        if let Some(usual) = Usual::read(line)
            && let Some(decision) = self.judge_usual(&usual)
        {
            self.write_usual(&usual, decision, out);
            return true;
        }
        let answered = serde_json::from_slice::<Line<'_>>(line)
            .map_err(|error| error.to_string())
            .and_then(|line| self.verdict(&line).map(|verdicts| (line, verdicts)));
        match answered {
            Ok((line, verdicts)) => {
                self.write(&line, &verdicts, out);
                true
            }
            Err(sentence) => {
                out.extend_from_slice(b"{\"error\":");
                write_json(out, &sentence);
                out.push(b'}');
                false
            }
        }
    }

    fn verdict(&mut self, line: &Line<'_>) -> Result<Verdicts, String> {
        let protocol = line.protocol();
        let protocol: Protocol = protocol
            .parse()
            .map_err(|error: netpol_policy::port::UnknownProtocol| error.to_string())?;
        let port = match &line.port {
            Some(PortField::Number(port)) if *port <= protocol.last_port() => PortQuestion::Range {
                protocol,
                first: *port,
                last: *port,
            },
            Some(PortField::Number(_)) => {
                return Err(format!(
                    "{protocol} has the numbers 0 to {}",
                    protocol.last_port()
                ));
            }
            Some(PortField::Name(name)) => {
                port_of(protocol, name).map_err(|why| format!("`{name}` is no port: {why}"))?
            }
            None if protocol == Protocol::Other => PortQuestion::Range {
                protocol,
                first: 0,
                last: 0,
            },
            None => return Err("a line needs a `port`, a number or a name".to_owned()),
        };
        let from = self.find(&line.from)?;
        let to = self.find(&line.to)?;
        self.judge(&from, &to, &port)
    }

    /// Two parties of one address each, and one port by its number.
    fn judge_usual(&mut self, line: &Usual<'_>) -> Option<Decision> {
        let (of_source, source) = self.single(line.from)?;
        let (of_destination, destination) = self.single(line.to)?;
        let meet = of_source.is_none() || of_destination.is_none() || of_source == of_destination;
        if !meet {
            return None;
        }
        self.judge_parties((source, destination), (line.protocol, line.port))
    }

    /// Whom a name stands for, when that is one party of one address.
    fn single(&mut self, name: &[u8]) -> Option<Single> {
        if let Some(known) = self.single.get(name) {
            return *known;
        }
        let found = std::str::from_utf8(name).ok();
        let found = found.and_then(|name| self.find(name).ok());
        let single = match found.as_deref() {
            Some([target]) => match target.parties.as_slice() {
                [party] => Some(*party),
                _ => None,
            },
            _ => None,
        };
        self.single.insert(Box::from(name), single);
        single
    }

    fn find(&mut self, text: &str) -> Result<Arc<[Target]>, String> {
        if let Some(known) = self.parties.get(text) {
            return known.clone();
        }
        let found = text
            .parse::<Who>()
            .map_err(|error| error.to_string())
            .and_then(|who| self.desk.directory.find(&who))
            .map(Arc::from);
        self.parties.insert(text.to_owned(), found.clone());
        found
    }

    /// One verdict for all that the names stand for, else an error that lists them.
    fn judge(
        &self,
        from: &[Target],
        to: &[Target],
        port: &PortQuestion,
    ) -> Result<Verdicts, String> {
        let mut found: Vec<(&Target, &Target, Decision)> = Vec::new();
        let mut note = None;
        for source in from {
            for destination in to {
                let number = self.number(destination, port)?;
                let meetings = meet(source, destination);
                let mut judged = meetings.iter().filter_map(|(family, from, to)| {
                    Some((*family, self.judge_parties((*from, *to), number)?))
                });
                let Some((_, decision)) = judged.next() else {
                    if !meetings.is_empty() {
                        return Err(no_verdict(&source.name, &destination.name));
                    }
                    continue;
                };
                if let Some((family, other)) = judged.find(|(_, d)| d.verdict != decision.verdict) {
                    let over = family.map_or_else(String::new, |f| format!(" over {f:?}"));
                    let verdict = word(other.verdict);
                    note = Some(format!("the other address family differs: {verdict}{over}"));
                }
                found.push((source, destination, decision));
            }
        }
        let Some((_, _, decision)) = found.first() else {
            return Err("the two have no address family in common".to_owned());
        };
        if common(found.iter().map(|(.., d)| d.verdict)).is_none() {
            return Err(mixed(&found));
        }
        Ok(Verdicts {
            decision: *decision,
            note,
        })
    }

    fn number(&self, destination: &Target, port: &PortQuestion) -> Result<(Protocol, u16), String> {
        match port
            .at(self.desk.cluster, destination.endpoint())
            .as_slice()
        {
            [(protocol, first, last)] if first == last => Ok((*protocol, *first)),
            [] => Err(format!("`{}` has no port of that name", destination.name)),
            _ => Err("a line asks about one port".to_owned()),
        }
    }

    fn judge_parties(
        &self,
        (source, destination): (Party, Party),
        (protocol, port): (Protocol, u16),
    ) -> Option<Decision> {
        self.desk.judge.judge(&Flow {
            source,
            destination,
            protocol,
            port,
        })
    }

    fn write(&mut self, line: &Line<'_>, verdicts: &Verdicts, out: &mut Vec<u8>) {
        let decision = verdicts.decision;
        out.extend_from_slice(b"{\"from\":");
        write_json(out, &line.from);
        out.extend_from_slice(b",\"to\":");
        write_json(out, &line.to);
        out.extend_from_slice(b",\"protocol\":\"");
        // It was read as a protocol, so nothing in it needs an escape.
        let protocol = line
            .protocol()
            .bytes()
            .map(|byte| byte.to_ascii_uppercase());
        out.extend(protocol);
        out.push(b'"');
        out.extend_from_slice(b",\"port\":");
        write_json(out, line.port.as_ref().unwrap_or(&PortField::Number(0)));
        self.write_decision(decision, out);
        if let Some(note) = &verdicts.note {
            out.extend_from_slice(b",\"note\":");
            write_json(out, note);
        }
        out.push(b'}');
    }

    /// The same for a line of which nothing needs an escape.
    fn write_usual(&mut self, line: &Usual<'_>, decision: Decision, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"from\":\"");
        out.extend_from_slice(line.from);
        out.extend_from_slice(b"\",\"to\":\"");
        out.extend_from_slice(line.to);
        out.extend_from_slice(match line.protocol {
            Protocol::Udp => &b"\",\"protocol\":\"UDP\",\"port\":"[..],
            Protocol::Sctp => &b"\",\"protocol\":\"SCTP\",\"port\":"[..],
            _ => &b"\",\"protocol\":\"TCP\",\"port\":"[..],
        });
        out.extend_from_slice(line.digits);
        self.write_decision(decision, out);
        out.push(b'}');
    }

    /// The verdict and both sides.
    fn write_decision(&mut self, decision: Decision, out: &mut Vec<u8>) {
        out.extend_from_slice(match decision.verdict {
            Verdict::Allow => &b",\"verdict\":\"allow\",\"ingress\":"[..],
            Verdict::Deny => &b",\"verdict\":\"deny\",\"ingress\":"[..],
            Verdict::Unknown => &b",\"verdict\":\"unknown\",\"ingress\":"[..],
        });
        let side = self.side(Direction::Ingress, decision.side(Direction::Ingress));
        out.extend_from_slice(side.as_bytes());
        out.extend_from_slice(b",\"egress\":");
        let side = self.side(Direction::Egress, decision.side(Direction::Egress));
        out.extend_from_slice(side.as_bytes());
    }

    /// One side as JSON.
    fn side(&mut self, direction: Direction, side: Side) -> &str {
        let reasons = self.reasons;
        self.sides.entry((direction, side)).or_insert_with(|| {
            let json = serde_json::to_string(&reasons.side(direction, side));
            // A struct of strings and numbers always becomes JSON.
            Box::from(json.unwrap_or_else(|_| "{}".to_owned()))
        })
    }
}

/// Appends strings and numbers, of which all become JSON, to memory, which takes everything.
fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).unwrap_or_default();
}

/// `allow`, `deny` or `unknown`.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Unknown => "unknown",
    }
}

fn mixed(found: &[(&Target, &Target, Decision)]) -> String {
    let shown: Vec<String> = (found.iter().take(4))
        .map(|(from, to, d)| format!("{} to {}: {}", from.name, to.name, word(d.verdict)))
        .collect();
    let more = if found.len() > 4 { ", …" } else { "" };
    format!(
        "the names stand for several parties with different verdicts; ask for one of them ({}{more})",
        shown.join(", ")
    )
}
