//! Places in templates, and the chains of calls that led to them.

use std::collections::HashMap;
use std::rc::Rc;

use crate::ast::File;
use crate::value::{Origin, Site};

/// A place in a template file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The template's path within the chart, e.g. `web/templates/_helpers.tpl`; `gotpl` for a
    /// text given to `tpl`.
    pub file: Rc<str>,
    /// The byte offset in the file.
    pub offset: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
}

/// A place and the calls that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The action or text that wrote the bytes.
    pub place: Place,
    /// The `include`, `tpl` and `template` calls that led there, the outermost first.
    pub calls: Vec<Place>,
    /// The values that conditions and ranges around the place and around the calls looked at: had
    /// they been others, the bytes might not be there.
    pub guards: Vec<Origin>,
}

/// A file entered through a chain of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Frame {
    file: u32,
    /// The frame of the caller; 0 for a file that is run itself.
    caller: u32,
    /// Where in the caller's file the call stands.
    offset: u32,
    /// What the conditions around looked at, within this file.
    guard: Origin,
}

/// All frames of a rendering, numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: Vec<Frame>,
    known: HashMap<Frame, u32>,
}

impl Frames {
    /// The number of the frame for a call from `caller` at `offset` into a file.
    pub fn enter(&mut self, file: u32, caller: u32, offset: u32) -> u32 {
        self.number(Frame {
            file,
            caller,
            offset,
            guard: Origin::NONE,
        })
    }

    /// The number of the same frame inside conditions that looked at these values.
    pub fn guarded(&mut self, number: u32, guard: Origin) -> u32 {
        match self.get(number) {
            Some(frame) => self.number(Frame { guard, ..frame }),
            None => number,
        }
    }

    /// What the conditions around a frame looked at, within its file.
    pub fn guard(&self, number: u32) -> Origin {
        self.get(number).map_or(Origin::NONE, |frame| frame.guard)
    }

    fn number(&mut self, frame: Frame) -> u32 {
        let Self { frames, known } = self;
        *known.entry(frame).or_insert_with(|| {
            frames.push(frame);
            u32::try_from(frames.len()).unwrap_or(0)
        })
    }

    fn get(&self, number: u32) -> Option<Frame> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.frames.get(index).copied()
    }

    /// The calls that led to a frame, the outermost first.
    pub fn calls(&self, number: u32, files: &[Rc<File>]) -> Vec<Place> {
        let mut calls = Vec::new();
        let mut frame = self.get(number);
        while let Some(this) = frame {
            frame = self.get(this.caller);
            if let Some(caller) = frame {
                calls.extend(place(files, caller.file, this.offset));
            }
        }
        calls.reverse();
        calls
    }

    /// A site with its chain.
    pub fn trace(&self, site: Site, files: &[Rc<File>]) -> Option<Trace> {
        let frame = self.get(site.frame)?;
        let mut guards = Vec::new();
        let mut around = Some(frame);
        while let Some(this) = around {
            guards.push(this.guard);
            around = self.get(this.caller);
        }
        guards.retain(|guard| !guard.is_none());
        Some(Trace {
            place: place(files, frame.file, site.at)?,
            calls: self.calls(site.frame, files),
            guards,
        })
    }
}

/// A place from its file's number and an offset.
pub(super) fn place(files: &[Rc<File>], file: u32, offset: u32) -> Option<Place> {
    let file = files.get(usize::try_from(file).ok()?)?;
    let end = usize::try_from(offset).unwrap_or(usize::MAX);
    let before = file
        .text
        .as_bytes()
        .get(..end)
        .unwrap_or(file.text.as_bytes());
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    Some(Place {
        file: Rc::clone(&file.name),
        offset,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    })
}
