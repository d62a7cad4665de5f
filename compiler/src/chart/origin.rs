//! From a rendering's own handles to places in texts that people can open.

use super::{Rendered, Request, dotted, is_given};
use crate::source::{self, Location, Mark, Provenance, SourceId, Sources, Span};
use netpol_helm::chart::{ChartFile, ChartFiles};
use netpol_helm::exec::{Place, Trace};
use netpol_helm::render::{self, Rendering};
use netpol_helm::value::{Leaf, SourceId as ValuesId};
use netpol_helm::values::SourceKind;
use netpol_yaml::{Document, Kind, NodeRef};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The texts of one rendering among all others.
pub(super) struct Texts<'a> {
    request: &'a Request,
    files: &'a ChartFiles,
    sources: &'a mut Sources,
    templates: BTreeMap<String, Option<SourceId>>,
    values: BTreeMap<u32, Option<SourceId>>,
    /// Values files that were read again, for what stands beside a value.
    read: BTreeMap<usize, Option<Document>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(
        request: &'a Request,
        files: &'a ChartFiles,
        sources: &'a mut Sources,
    ) -> Self {
        Self {
            request,
            files,
            sources,
            templates: BTreeMap::new(),
            values: BTreeMap::new(),
            read: BTreeMap::new(),
        }
    }

    /// How a file of the chart is shown.
    fn path(&self, inside: &str) -> String {
        match self.request.shown.as_str() {
            "." => inside.to_owned(),
            chart => format!("{chart}/{inside}"),
        }
    }

    /// A place in a file of the chart that is neither template nor values.
    pub(super) fn file(&mut self, inside: &str, span: Option<netpol_yaml::Span>) -> Location {
        let text = self.files.get(inside).map(ChartFile::text);
        let path = self.path(inside);
        let source = self.sources.add_once(&path, text.unwrap_or_default());
        located(source, span)
    }

    /// The text of a file of the chart.
    pub(super) fn text_of(&self, inside: &str) -> Option<String> {
        self.files.get(inside).map(ChartFile::text)
    }

    /// The source of a template; `None` for a text given to `tpl`.
    fn template(&mut self, rendering: &Rendering, name: &str) -> Option<SourceId> {
        if let Some(known) = self.templates.get(name) {
            return *known;
        }
        let found = rendering.file_of(name).and_then(|file| {
            let text = rendering.template_text(name)?;
            Some(self.sources.add_once(&self.path(file), text))
        });
        // A template that does not parse is in no table yet.
        let found = found.or_else(|| {
            let inside = rendering.file_of(name)?;
            let text = self.files.get(inside)?.text();
            Some(self.sources.add_once(&self.path(inside), text))
        });
        self.templates.insert(name.to_owned(), found);
        found
    }

    /// The action or the rest of the line at a place of a template.
    pub(super) fn place(&mut self, rendering: &Rendering, place: &Place) -> Option<Location> {
        let source = self.template(rendering, &place.file)?;
        let text = &self.sources.get(source)?.text;
        Some(Location {
            source,
            span: action(text, place.offset),
        })
    }

    /// The innermost place that stands in a file, and the calls that led there.
    pub(super) fn trace(
        &mut self,
        rendering: &Rendering,
        trace: &Trace,
    ) -> (Option<Location>, bool, Vec<Location>) {
        let own = self.template(rendering, &trace.place.file).is_some();
        let calls = trace.calls.iter();
        let mut calls: Vec<Location> = calls
            .filter_map(|call| self.place(rendering, call))
            .collect();
        // What `tpl` was given stands in no file; its call does.
        let place = if own {
            self.place(rendering, &trace.place)
        } else {
            calls.pop()
        };
        (place, own, calls)
    }

    /// Where a value was set that was in force.
    pub(super) fn leaf(&mut self, rendering: &Rendering, leaf: &Leaf) -> Option<Location> {
        let known = rendering.sources.get(leaf.source)?;
        let span = Span {
            start: leaf.span.start,
            end: leaf.span.end,
        };
        match known.kind {
            SourceKind::File => {
                let nth = number_of(rendering, leaf.source, SourceKind::File)?;
                self.request.values.get(nth)?.places.of(span)
            }
            SourceKind::Argument => {
                let request = self.request;
                let same = |a: &&super::Argument| {
                    a.set.kind.flag() == known.name && *a.set.text == *known.text
                };
                let argument = request.arguments.iter().find(same)?;
                argument
                    .at
                    .or_else(|| self.values_text(rendering, leaf.source, span))
            }
            SourceKind::Chart => self.values_text(rendering, leaf.source, span),
            SourceKind::Helm => None,
        }
    }

    /// The key at a path in the values file that holds a leaf, and its line; `None` when the file
    /// has none there.
    pub(super) fn entry(
        &mut self,
        rendering: &Rendering,
        leaf: &Leaf,
        path: &[Rc<str>],
    ) -> Option<(Location, u32)> {
        let kind = rendering.sources.get(leaf.source)?.kind;
        if kind != SourceKind::File {
            return None;
        }
        let nth = number_of(rendering, leaf.source, kind)?;
        let values = self.request.values.get(nth)?;
        let read = self.read.entry(nth).or_insert_with(|| {
            let parsed = netpol_yaml::parse_shared(&values.text, &netpol_yaml::Limits::default());
            parsed.documents.into_iter().find(|d| !d.is_empty())
        });
        let (last, above) = path.split_last()?;
        let mut outer = read.as_ref()?.root();
        for step in above {
            outer = match step.parse() {
                Ok(nth) if outer.kind() == Kind::Sequence => outer.items().nth(nth)?,
                _ => outer.get(step)?,
            };
        }
        let (key, _) = outer.entry(last)?;
        let span = Span {
            start: key.span().start,
            end: key.span().end,
        };
        let at = values.places.of(span)?;
        let (_, position) = self.sources.position(at)?;
        Some((at, position.line))
    }

    /// A place in a chart's `values.yaml` or in an argument.
    fn values_text(&mut self, rendering: &Rendering, id: ValuesId, span: Span) -> Option<Location> {
        let source = if let Some(known) = self.values.get(&id.0) {
            *known
        } else {
            let known = rendering.sources.get(id)?;
            let text = Arc::clone(&known.text);
            let added = match known.kind {
                SourceKind::Chart => self.sources.add_once(&self.path(&known.name), text),
                _ => self.sources.add_aside(&known.name, text),
            };
            self.values.insert(id.0, Some(added));
            Some(added)
        };
        source.map(|source| Location { source, span })
    }

    /// The bytes of a place.
    pub(super) fn slice(&self, at: Location) -> Option<&str> {
        self.sources.get(at.source)?.slice(at.span)
    }

    /// The key in front of a value, `above` levels over it; the value itself where the text is not
    /// written so.
    pub(super) fn key_of(&self, value: Location, key: &str, above: usize) -> Location {
        let Some(source) = self.sources.get(value.source) else {
            return value;
        };
        let start = usize::try_from(value.span.start).unwrap_or(usize::MAX);
        let before = source.text.get(..start).unwrap_or_default();
        // The value's own key stands right before it; a key above it is the last one of its name.
        let found = before.rmatch_indices(key).find(|(at, _)| {
            let rest = before.get(at + key.len()..).unwrap_or_default();
            let rest = rest.trim_start_matches(['"', '\'']).trim_start();
            let lead = before.get(..*at).unwrap_or_default();
            let lead = lead.trim_end_matches(['"', '\'']);
            let begins = lead.is_empty() || lead.ends_with([' ', '\n', '\t', '{', ',', '-', '.']);
            let own = rest.strip_prefix([':', '=']).map(str::trim);
            begins && own.is_some_and(|between| above > 0 || between.is_empty())
        });
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        found.map_or(value, |(at, key)| Location {
            span: Span {
                start: number(at),
                end: number(at + key.len()),
            },
            ..value
        })
    }

    /// Where a chart's file declares a dependency: the value of its `name`.
    pub(super) fn dependency(&mut self, file: &str, name: &str) -> Location {
        let at = self.file(file, None);
        let text = self.sources.get(at.source).map(|s| Arc::clone(&s.text));
        let text = text.unwrap_or_default();
        let parsed = netpol_yaml::parse(&text, &netpol_yaml::Limits::default());
        let document = parsed.documents.first();
        let list = document.and_then(|d| d.root().pointer("/dependencies"));
        let items = list.into_iter().flat_map(NodeRef::items);
        let names = items.filter_map(|item| item.get("name"));
        let named = { names }.find(|node| node.as_str() == Some(name));
        located(at.source, named.map(NodeRef::span))
    }

    /// A place in a values file or argument that Helm cannot read.
    pub(super) fn unreadable(
        &mut self,
        rendering: &Rendering,
        (source, span): (ValuesId, netpol_yaml::Span),
    ) -> Option<Location> {
        let leaf = Leaf {
            source,
            span,
            path: Vec::new().into(),
        };
        self.leaf(rendering, &leaf)
    }

    /// One document, with the provenance of all of its bytes.
    pub(super) fn document(
        &mut self,
        rendering: &Rendering,
        document: &render::Document,
    ) -> Rendered {
        let text: Arc<str> = document.text.as_str().into();
        let marks = rendering.provenance(document, 0..text.len());
        let mut marks: Vec<Mark> = (marks.iter())
            .map(|mark| self.mark(rendering, mark))
            .collect();
        marks.dedup_by(|next, one| one.absorbs(next));
        let file = rendering.file_of(&document.template);
        let path = self.path(file.unwrap_or(&document.template));
        let provenance = Provenance::new(marks);
        Rendered {
            source: (self.sources).add_rendered(path, Arc::clone(&text), provenance),
            text,
            template: document.template.clone(),
            is_crd: document.is_crd,
            hook: (document.hook.as_ref()).map_or_else(Vec::new, |hook| hook.events.clone()),
        }
    }

    fn mark(&mut self, rendering: &Rendering, mark: &render::Provenance) -> Mark {
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let (start, end) = (at(mark.start), at(mark.end));
        let traced = mark.trace.as_ref().map(|t| self.trace(rendering, t));
        let (template, own, calls) = traced.unwrap_or_default();
        let verbatim = mark.verbatim && own;
        Mark {
            start,
            end,
            template: template.map(|at| {
                if verbatim {
                    let first = mark.trace.as_ref().map_or(0, |t| t.place.offset);
                    let span = Span {
                        start: first,
                        end: first.saturating_add(end.saturating_sub(start)),
                    };
                    Location { span, ..at }
                } else {
                    at
                }
            }),
            verbatim,
            calls: calls.into(),
            leaves: self.leaves(rendering, &mark.leaves),
            guards: self.leaves(rendering, &mark.guards),
        }
    }

    fn leaves(&mut self, rendering: &Rendering, leaves: &[Leaf]) -> Arc<[source::Leaf]> {
        let leaves = leaves.iter().filter_map(|leaf| {
            Some(source::Leaf {
                at: self.leaf(rendering, leaf)?,
                path: dotted(&leaf.path).into(),
                given: is_given(rendering, leaf),
            })
        });
        leaves.collect()
    }
}

/// The how-manieth text of its kind it is.
fn number_of(rendering: &Rendering, id: ValuesId, kind: SourceKind) -> Option<usize> {
    let alike = rendering.sources.iter().filter(|(_, s)| s.kind == kind);
    alike.map(|(known, _)| known).position(|known| known == id)
}

fn located(source: SourceId, span: Option<netpol_yaml::Span>) -> Location {
    let (start, end) = span.map_or((0, 0), |span| (span.start, span.end));
    Location {
        source,
        span: Span { start, end },
    }
}

/// The `{{ … }}` around an offset, else the rest of its line.
fn action(text: &str, offset: u32) -> Span {
    let at = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(text.len());
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let opened = before.rfind("{{");
    let closed = before.rfind("}}");
    let inside = opened.filter(|open| closed.is_none_or(|close| close < *open));
    let opens = after.starts_with("{{").then_some(at);
    let (start, end) = if let (Some(start), Some(end)) = (inside.or(opens), after.find("}}")) {
        (start, at + end + 2)
    } else {
        (at, at + after.find('\n').unwrap_or(after.len()))
    };
    Span {
        start: number(start),
        end: number(end),
    }
}
