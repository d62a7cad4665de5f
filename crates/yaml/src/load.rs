//! From events to a tree: scalars resolved, aliases bound, mappings finished, limits kept.

mod mapping;
mod place;
mod scalar;
mod strictness;
mod tabs;

use crate::event::{Event, Events, Sink, Stop, SyntaxError};
use crate::span::offset;
use crate::tree::node_ref::Style;
use crate::tree::{Data, Node, NodeId, Tree};
use crate::{Diagnostic, DiagnosticKind, Limits, Span, Surprise, SurpriseKind, template};
use std::ops::Range;

/// Reported for one document; a file of nothing but equal keys shall not fill a terminal.
const MOST_DIAGNOSTICS: usize = 100;

/// What was read of one document.
pub(crate) struct Loaded {
    pub(crate) tree: Tree,
    /// The node at the top; none when nothing was written, or when reading stopped early.
    pub(crate) root: Option<NodeId>,
    pub(crate) comments: Vec<Span>,
    pub(crate) surprises: Vec<Surprise>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A collection whose end has not come yet.
struct Frame {
    is_mapping: bool,
    flow: bool,
    /// Where the collection begins, and the furthest end of its children so far.
    span: Span,
    /// Where its children begin on the stack of finished nodes.
    first: usize,
    /// The index of its anchor, or 0.
    anchor: usize,
    /// The column of a collection by indentation, where the document holds tabs.
    column: Option<u32>,
    /// Whether one of its keys is `<<`.
    merges: bool,
    size: Size,
}

/// How large a node is when all aliases below it are written out.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    height: usize,
}

/// What an anchor stands on.
#[derive(Clone, Copy)]
enum Anchor {
    Unknown,
    /// The node is still being read: an alias to it would contain itself.
    Open,
    Node(NodeId, Size),
}

/// Reads the documents of a file, one after the other. What it needs while it reads one is kept
/// for the next, so that many small documents cost few allocations.
pub(crate) struct Loader<'a> {
    source: &'a str,
    span: Span,
    limits: &'a Limits,
    nodes_left: usize,
    aliased: usize,
    tree: Tree,
    /// Open collections, the innermost last.
    frames: Vec<Frame>,
    /// Finished nodes that wait for their collection to end.
    waiting: Vec<NodeId>,
    anchors: Vec<Anchor>,
    root: Option<NodeId>,
    /// Scalars in quotes, blocks of text, and outermost collections in brackets, each in the
    /// order of the text.
    quoted: Vec<Span>,
    blocks: Vec<Span>,
    flows: Vec<Span>,
    /// Whether the document holds a tab at all.
    tabs: bool,
    /// Whether the document is JSON, once that was asked.
    json: Option<bool>,
    comments: Vec<Span>,
    surprises: Vec<Surprise>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(source: &'a str, limits: &'a Limits) -> Self {
        Self {
            source,
            span: Span::default(),
            limits,
            nodes_left: limits.nodes,
            aliased: 0,
            tree: Tree::default(),
            frames: Vec::new(),
            waiting: Vec::new(),
            anchors: Vec::new(),
            root: None,
            quoted: Vec::new(),
            blocks: Vec::new(),
            flows: Vec::new(),
            tabs: false,
            json: None,
            comments: Vec::new(),
            surprises: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Reads the document that `span` of the source holds, from the events of that stretch.
    pub(crate) fn load<'b>(&mut self, span: Span, events: impl Events<'b>) -> Loaded {
        self.begin(span);
        let read = events.feed(self).map_err(|stop| match stop {
            Stop::Syntax(error) => self.syntax(error),
            Stop::Sink(diagnostic) => diagnostic,
        });
        if let Err(stop) = read.and_then(|()| self.hold_to_go_yaml()) {
            self.report(stop);
            self.root = None;
        }
        self.recognise_template();
        self.surprises.sort_by_key(|surprise| surprise.span);
        Loaded {
            // Copies of just the right size: the originals serve the next document.
            tree: Tree {
                nodes: self.tree.nodes.as_slice().into(),
                children: self.tree.children.as_slice().into(),
                texts: self.tree.texts.as_str().into(),
            },
            root: self.root,
            comments: self.comments.as_slice().into(),
            surprises: std::mem::take(&mut self.surprises),
            diagnostics: std::mem::take(&mut self.diagnostics),
        }
    }

    fn begin(&mut self, span: Span) {
        self.span = span;
        self.aliased = 0;
        self.tree.nodes.clear();
        self.tree.children.clear();
        self.tree.texts.clear();
        self.frames.clear();
        self.waiting.clear();
        self.anchors.clear();
        self.root = None;
        self.quoted.clear();
        self.blocks.clear();
        self.flows.clear();
        self.tabs = holds(span.slice(self.source), b'\t');
        self.json = None;
        self.comments.clear();
    }

    fn syntax(&self, error: SyntaxError) -> Diagnostic {
        let at = (self.span.start + offset(error.at)).min(self.span.end);
        Diagnostic::new(error.kind, error.message, Span::at(at))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        // A fatal one is never dropped: it decides whether the document counts as read.
        if self.diagnostics.len() < MOST_DIAGNOSTICS || !diagnostic.kind.is_strict_only() {
            self.diagnostics.push(diagnostic);
        }
    }

    fn open(
        &mut self,
        is_mapping: bool,
        flow: bool,
        anchor: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if self.frames.len() >= self.limits.depth {
            return Err(self.too_deep(span));
        }
        if anchor != 0 {
            self.set_anchor(anchor, Anchor::Open);
        }
        let span = if is_mapping || flow {
            span
        } else {
            self.dash_before(span)
        };
        let column = (self.tabs && !flow).then(|| self.column(span.start));
        self.frames.push(Frame {
            is_mapping,
            column,
            flow,
            span,
            first: self.waiting.len(),
            anchor,
            merges: false,
            size: Size {
                nodes: 1,
                height: 0,
            },
        });
        Ok(())
    }

    fn too_deep(&self, span: Span) -> Diagnostic {
        let message = format!("nested deeper than {} levels", self.limits.depth);
        Diagnostic::new(DiagnosticKind::Limit, message, span)
    }

    fn close(&mut self, end: Span) -> Result<(), Diagnostic> {
        let Some(mut frame) = self.frames.pop() else {
            return Ok(());
        };
        if frame.flow {
            frame.span = frame.span.cover(end);
            if !self.frames.iter().any(|outer| outer.flow) {
                self.flows.push(frame.span);
            }
        }
        let children = if frame.is_mapping {
            self.finish_mapping(frame.first, frame.merges)
        } else {
            let start = self.tree.children.len();
            self.tree.children.extend(self.waiting.drain(frame.first..));
            Span::from_range(start..self.tree.children.len())
        };
        let data = if frame.is_mapping {
            Data::Mapping(children)
        } else {
            Data::Sequence(children)
        };
        let style = if frame.flow {
            Style::Flow
        } else {
            Style::Block
        };
        let size = Size {
            height: frame.size.height + 1,
            ..frame.size
        };
        self.finish(
            Node {
                span: frame.span,
                style,
                data,
            },
            frame.anchor,
            size,
        )
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        self.check_anchor_name(span)?;
        let (target, size) = match self.anchors.get(anchor) {
            Some(Anchor::Node(target, size)) => (*target, *size),
            Some(Anchor::Open) => {
                let message = format!("{} stands inside of what it means", span.slice(self.source));
                return Err(Diagnostic::new(DiagnosticKind::Alias, message, span));
            }
            Some(Anchor::Unknown) | None => {
                let message = format!("no anchor before {}", span.slice(self.source));
                return Err(Diagnostic::new(DiagnosticKind::Alias, message, span));
            }
        };
        self.aliased = self.aliased.saturating_add(size.nodes);
        if self.aliased > self.limits.aliases {
            let message = format!(
                "aliases make the document larger by more than {} nodes",
                self.limits.aliases
            );
            return Err(Diagnostic::new(DiagnosticKind::Limit, message, span));
        }
        if self.frames.len() + size.height > self.limits.depth {
            return Err(self.too_deep(span));
        }
        self.finish(
            Node {
                span,
                style: Style::Alias,
                data: Data::Alias(target),
            },
            0,
            size,
        )
    }

    /// Puts a complete node into the tree and into the collection that is open.
    fn finish(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), Diagnostic> {
        if self.nodes_left == 0 {
            let message = format!("the file has more than {} nodes", self.limits.nodes);
            return Err(Diagnostic::new(DiagnosticKind::Limit, message, node.span));
        }
        self.nodes_left -= 1;
        let id = offset(self.tree.nodes.len());
        self.tree.nodes.push(node);
        if anchor != 0 {
            self.set_anchor(anchor, Anchor::Node(id, size));
        }
        match self.frames.last_mut() {
            None => self.root = Some(id),
            Some(frame) => {
                frame.span.end = frame.span.end.max(node.span.end);
                frame.size.nodes = frame.size.nodes.saturating_add(size.nodes);
                frame.size.height = frame.size.height.max(size.height);
                self.waiting.push(id);
            }
        }
        Ok(())
    }

    fn set_anchor(&mut self, anchor: usize, value: Anchor) {
        // The parser numbers anchors one by one, so this never makes holes worth a word.
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, Anchor::Unknown);
        }
        if let Some(slot) = self.anchors.get_mut(anchor) {
            *slot = value;
        }
    }

    /// Whether the next node is a key of a mapping.
    fn expects_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| {
            frame.is_mapping && (self.waiting.len() - frame.first).is_multiple_of(2)
        })
    }

    /// A document that fails where a `{{` stands is a template, whatever YAML makes of it.
    fn recognise_template(&mut self) {
        let is_yaml = |diagnostic: &&Diagnostic| {
            !diagnostic.kind.is_strict_only()
                && !matches!(
                    diagnostic.kind,
                    DiagnosticKind::Limit | DiagnosticKind::Encoding
                )
        };
        let Some(last) = self
            .diagnostics
            .iter()
            .filter(is_yaml)
            .map(|found| found.span.end)
            .max()
        else {
            return;
        };
        let mut quiet = self.comments.clone();
        quiet.extend_from_slice(&self.quoted);
        quiet.extend_from_slice(&self.blocks);
        quiet.sort();
        if let Some(span) = template::find(self.source, self.span, &quiet, last) {
            let message = "a template that was not rendered: give the chart, or the output of `helm template`";
            self.diagnostics = vec![Diagnostic::new(DiagnosticKind::Template, message, span)];
        }
    }

    /// Notes the text behind the end of the document, which kubectl never reads.
    fn note_dropped(&mut self, end: Span) {
        if let Some(span) = place::dropped(self.source, Span::new(end.start, self.span.end)) {
            let looks_like = span
                .slice(self.source)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            let kind = SurpriseKind::Dropped;
            self.surprises.push(Surprise {
                span,
                kind,
                looks_like,
                read_as: String::new(),
                is_key: false,
            });
        }
    }
}

impl<'b> Sink<'b> for Loader<'_> {
    #[inline]
    fn take(&mut self, event: Event<'b>, range: Range<usize>) -> Result<(), Diagnostic> {
        let start = self.span.start;
        let span = Span::new(start + offset(range.start), start + offset(range.end));
        match event {
            Event::Scalar {
                text,
                form,
                anchor,
                tag,
            } => self.scalar(text, form, anchor, tag, span),
            Event::MappingStart { flow, anchor } => self.open(true, flow, anchor, span),
            Event::SequenceStart { flow, anchor } => self.open(false, flow, anchor, span),
            Event::MappingEnd | Event::SequenceEnd => self.close(span),
            Event::Alias { anchor } => self.alias(anchor, span),
            Event::AnchorName => self.check_anchor_name(span),
            Event::Comment => {
                self.comments.push(span);
                Ok(())
            }
            Event::DocumentStart {
                version: Some(version),
            } if version != (1, 1) => {
                let message = "kubectl refuses every %YAML directive but 1.1";
                Err(Diagnostic::new(DiagnosticKind::Syntax, message, span))
            }
            Event::DocumentStart { .. } => Ok(()),
            Event::DocumentEnd => {
                self.note_dropped(span);
                Ok(())
            }
        }
    }
}

/// Whether a text holds a byte.
pub(crate) fn holds(text: &str, byte: u8) -> bool {
    memchr::memchr(byte, text.as_bytes()).is_some()
}
