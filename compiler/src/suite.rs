//! Assertions about who reaches whom, as `netpolc test` reads them (`schemas/test.v1.json`).

use crate::load::{self, LoadOptions, location};
use crate::reach::{PortQuestion, Who};
use crate::source::{Location, SourceId, Sources};
use netpol_policy::Verdict;
use netpol_yaml::{Kind, NodeRef};
use std::path::{Path, PathBuf};

/// What one file asserts.
#[derive(Debug, Default)]
pub struct Suite {
    /// Manifests that the file names, relative to itself.
    pub paths: Vec<PathBuf>,
    /// In the order of the file.
    pub assertions: Vec<Assertion>,
    /// What is wrong with the file: a place and a sentence. Nothing is asked then.
    pub faults: Vec<Fault>,
}

/// What is wrong with a file of assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where; `None` for a file that cannot be read.
    pub at: Option<Location>,
    /// One sentence, without a period.
    pub sentence: String,
}

/// One assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Who opens connections.
    pub from: Vec<(String, Who)>,
    /// Whom they go to.
    pub to: Vec<(String, Who)>,
    /// On which ports; every port when none is written.
    pub ports: Vec<(String, PortQuestion)>,
    /// The verdict that is expected.
    pub expect: Verdict,
    /// Is it enough when a part of what is written has the verdict? Else all of it must.
    pub any: bool,
    /// Why somebody wants it.
    pub because: Option<String>,
    /// The whole assertion.
    pub at: Location,
}

impl Assertion {
    /// `shop/web → shop/api TCP/8443`.
    pub fn title(&self) -> String {
        fn texts<T>(list: &[(String, T)]) -> String {
            let texts: Vec<&str> = list.iter().map(|(text, _)| text.as_str()).collect();
            texts.join(", ")
        }
        let ports = texts(&self.ports);
        let ports = if ports.is_empty() {
            "every port".to_owned()
        } else {
            ports
        };
        format!("{} → {}  {ports}", texts(&self.from), texts(&self.to))
    }
}

/// Reads a file of assertions.
pub fn read(path: &Path, options: &LoadOptions, sources: &mut Sources) -> Suite {
    let mut suite = Suite::default();
    let (text, findings) = load::read_text(path, options, sources);
    for finding in findings {
        suite.faults.push(Fault {
            at: finding.location(),
            sentence: finding.message,
        });
    }
    let Some((source, text)) = text else {
        return suite;
    };
    let parsed = netpol_yaml::parse_shared(&text, &options.limits);
    for diagnostic in &parsed.diagnostics {
        suite.faults.push(Fault {
            at: Some(load::place(source, diagnostic.span)),
            sentence: load::quoted(&diagnostic.message),
        });
    }
    let mut reader = Reader { source, suite };
    for document in parsed.documents.iter().filter(|d| !d.is_empty()) {
        reader.document(document.root());
    }
    let mut suite = reader.suite;
    let beside = path.parent().unwrap_or(Path::new(""));
    for path in &mut suite.paths {
        *path = beside.join(&*path);
    }
    if suite.assertions.is_empty() && suite.faults.is_empty() {
        suite.faults.push(Fault {
            at: None,
            sentence: format!("`{}` asserts nothing", path.display()),
        });
    }
    suite
}

struct Reader {
    source: SourceId,
    suite: Suite,
}

const TOP: &[&str] = &["version", "paths", "tests"];
const FIELDS: &[&str] = &["from", "to", "port", "ports", "expect", "match", "because"];

impl Reader {
    fn fault(&mut self, node: NodeRef<'_>, sentence: impl Into<String>) {
        let at = Some(location(self.source, node));
        let sentence = sentence.into();
        self.suite.faults.push(Fault { at, sentence });
    }

    /// A mapping with `tests`, or a list of assertions.
    fn document(&mut self, root: NodeRef<'_>) {
        if root.kind() == Kind::Sequence {
            self.assertions(root);
            return;
        }
        if root.kind() != Kind::Mapping {
            self.fault(
                root,
                "a list of assertions is expected, or a mapping with `tests`",
            );
            return;
        }
        self.known_keys(root, TOP);
        if let Some(version) = root.get("version").filter(|v| v.as_i64() != Some(1)) {
            self.fault(version, "this version of the form is not known; write 1");
        }
        if let Some(paths) = root.get("paths") {
            let paths = self.texts(paths);
            self.suite
                .paths
                .extend(paths.into_iter().map(|(text, _)| PathBuf::from(text)));
        }
        match root.get("tests") {
            Some(tests) if tests.kind() == Kind::Sequence => self.assertions(tests),
            Some(other) => self.fault(other, "`tests` is a list of assertions"),
            None => self.fault(root, "`tests` is missing"),
        }
    }

    fn assertions(&mut self, list: NodeRef<'_>) {
        for node in list.items() {
            if node.kind() == Kind::Mapping {
                self.assertion(node);
            } else {
                self.fault(node, "an assertion is a mapping with from, to and expect");
            }
        }
    }

    fn assertion(&mut self, node: NodeRef<'_>) {
        self.known_keys(node, FIELDS);
        let before = self.suite.faults.len();
        let from = self.list(node, "from", |text| {
            text.parse::<Who>().map_err(|e| e.to_string())
        });
        let to = self.list(node, "to", |text| {
            text.parse::<Who>().map_err(|e| e.to_string())
        });
        let key = if node.get("ports").is_some() {
            "ports"
        } else {
            "port"
        };
        if key == "ports"
            && let Some(port) = node.get("port")
        {
            self.fault(port, "`port` and `ports` are given both; keep one");
        }
        let port = |text: &str| text.parse::<PortQuestion>().map_err(|e| e.to_string());
        let ports = self.list(node, key, port);
        for (name, missing) in [("from", from.is_empty()), ("to", to.is_empty())] {
            if missing && node.get(name).is_none() {
                self.fault(node, format!("`{name}` is missing"));
            }
        }
        let expect = self.expect(node);
        let any = match node.get("match").map(|n| (n, n.as_str())) {
            None | Some((_, Some("all"))) => false,
            Some((_, Some("any"))) => true,
            Some((other, _)) => {
                self.fault(other, "`match` is `all` or `any`");
                false
            }
        };
        let because = node.get("because").and_then(NodeRef::scalar_text);
        if let (Some(expect), true) = (expect, self.suite.faults.len() == before) {
            self.suite.assertions.push(Assertion {
                from,
                to,
                ports,
                expect,
                any,
                because: because.map(std::borrow::Cow::into_owned),
                at: location(self.source, node),
            });
        }
    }

    fn expect(&mut self, node: NodeRef<'_>) -> Option<Verdict> {
        let Some(expect) = node.get("expect") else {
            self.fault(node, "`expect` is missing: allow, deny or unknown");
            return None;
        };
        match expect.as_str() {
            Some("allow") => Some(Verdict::Allow),
            Some("deny") => Some(Verdict::Deny),
            Some("unknown") => Some(Verdict::Unknown),
            _ => {
                self.fault(expect, "`expect` is allow, deny or unknown");
                None
            }
        }
    }

    /// One text or a list of them, each with what it means.
    fn list<T>(
        &mut self,
        node: NodeRef<'_>,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<(String, T)> {
        let Some(value) = node.get(key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (text, at) in self.texts(value) {
            match read(&text) {
                Ok(meaning) => found.push((text, meaning)),
                Err(sentence) => self.suite.faults.push(Fault {
                    at: Some(at),
                    sentence,
                }),
            }
        }
        found
    }

    fn texts(&mut self, node: NodeRef<'_>) -> Vec<(String, Location)> {
        let items: Vec<NodeRef<'_>> = match node.kind() {
            Kind::Sequence => node.items().collect(),
            _ => vec![node],
        };
        if items.is_empty() {
            self.fault(node, "an empty list means nobody; name somebody");
        }
        let mut texts = Vec::new();
        for item in items {
            match item.scalar_text() {
                Some(text) if !text.is_empty() => {
                    texts.push((text.into_owned(), location(self.source, item)));
                }
                _ => self.fault(item, "a text is expected"),
            }
        }
        texts
    }

    fn known_keys(&mut self, node: NodeRef<'_>, known: &[&str]) {
        for (key, _) in node.entries() {
            let name = key.scalar_text().unwrap_or_default();
            if !known.contains(&name.as_ref()) {
                self.fault(key, unknown(&name, known));
            }
        }
    }
}

/// "unknown key", with the nearest known one.
pub(crate) fn unknown(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|k| strsim::osa_distance(k, name));
    let near = nearest.filter(|k| strsim::osa_distance(k, name) <= 1 + name.len() / 3);
    let name = load::quoted(name);
    match near {
        Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
        None => format!("unknown key `{name}`; known are {}", known.join(", ")),
    }
}
