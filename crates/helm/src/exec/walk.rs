//! Statements.

use super::tracking::count;
use super::{Exec, Executor};
use crate::ast::{At, Branch, Invocation, Node, Pipe};
use crate::value::{Data, IntKind, Origin, Site, Text, Value, print};

/// What to do after a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

/// The most values that one condition is told to have looked at; one that reads whole tables says
/// little about each of them.
const GUARDS: usize = 16;

impl Executor {
    /// Runs statements in order.
    pub(super) fn walk(&mut self, dot: &Value, body: &[Node]) -> Exec<Flow> {
        for node in body {
            self.step()?;
            match node {
                Node::Text(at, text) => self.write_text(*at, text)?,
                Node::Action(at, pipe) => {
                    self.at(*at);
                    let value = self.pipeline(dot, pipe)?;
                    if pipe.declares.is_empty() {
                        self.at(*at);
                        self.write_value(*at, &value)?;
                    }
                }
                Node::If(branch) | Node::With(branch) => {
                    let with = matches!(node, Node::With(_));
                    match self.deeper(|executor| executor.branch(dot, branch, with))? {
                        Flow::Next => {}
                        flow => return Ok(flow),
                    }
                }
                Node::Range(branch) => match self.deeper(|executor| executor.range(dot, branch))? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Node::Template(call) => self.invoke(dot, call)?,
                Node::Break(_) => return Ok(Flow::Break),
                Node::Continue(_) => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    /// Names the node in messages from now on.
    pub(super) fn at(&mut self, at: At) {
        if let Some(running) = &mut self.running {
            running.at = at;
        }
    }

    /// Takes one step from the budget.
    pub(super) fn step(&mut self) -> Exec<()> {
        self.take(1)
    }

    /// Takes steps from the budget.
    pub(super) fn take(&mut self, steps: u64) -> Exec<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            return self.error(format!("more than {} steps", self.limits.steps));
        }
        Ok(())
    }

    /// Goes one level deeper for as long as `inner` runs.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Exec<T>) -> Exec<T> {
        if self.depth >= self.limits.depth {
            return self.error(format!(
                "exceeded maximum template depth ({})",
                self.limits.depth
            ));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn branch(&mut self, dot: &Value, branch: &Branch, with: bool) -> Exec<Flow> {
        let mark = self.vars.len();
        self.at(branch.at);
        let (value, outside) = self.guarded(dot, &branch.pipe)?;
        let flow = if value.truth() {
            if with {
                self.walk_item(&value, false, &branch.body)
            } else {
                self.walk(dot, &branch.body)
            }
        } else if let Some(otherwise) = &branch.otherwise {
            self.walk(dot, otherwise)
        } else {
            Ok(Flow::Next)
        };
        self.vars.truncate(mark);
        self.leave(outside);
        flow
    }

    /// The value of a condition or of what is gone through. What runs until [`Self::leave`] stands
    /// under the values that were looked at for it.
    fn guarded(&mut self, dot: &Value, pipe: &Pipe) -> Exec<(Value, u32)> {
        let start = self.reads.listen();
        let value = self.pipeline(dot, pipe);
        let heard = self.reads.heard_since(start);
        let (outside, _) = self.whereabouts();
        let value = value?;
        let looked_at = self.origins.union_all(heard.into_iter().take(GUARDS));
        let around = self.frames.guard(outside);
        let guard = self.origins.union(around, looked_at);
        if guard != around {
            let inside = self.frames.guarded(outside, guard);
            self.leave(inside);
        }
        Ok((value, outside))
    }

    /// Goes on in this frame.
    fn leave(&mut self, frame: u32) {
        if let Some(running) = &mut self.running {
            running.frame = frame;
        }
    }

    /// Runs statements with another dot; `item` says whether it is an item of a `range`.
    fn walk_item(&mut self, dot: &Value, item: bool, body: &[Node]) -> Exec<Flow> {
        let set = |executor: &mut Self, item: bool| {
            let running = executor.running.as_mut();
            running.is_some_and(|running| std::mem::replace(&mut running.item, item))
        };
        let before = set(self, item);
        let flow = self.walk(dot, body);
        set(self, before);
        flow
    }

    fn range(&mut self, dot: &Value, branch: &Branch) -> Exec<Flow> {
        let mark = self.vars.len();
        self.at(branch.at);
        let (value, outside) = self.guarded(dot, &branch.pipe)?;
        let entries = self.entries(&value)?;
        // All at once: a loop that ends at its first item has been given all of them.
        self.take(count(entries.len()))?;
        let flow = if entries.is_empty() {
            match &branch.otherwise {
                Some(otherwise) => self.walk(dot, otherwise),
                None => Ok(Flow::Next),
            }
        } else {
            self.iterate(branch, entries)
        };
        self.vars.truncate(mark);
        self.leave(outside);
        flow
    }

    fn iterate(&mut self, branch: &Branch, entries: Vec<(Value, Value)>) -> Exec<Flow> {
        let mark = self.vars.len();
        let declares = &branch.pipe.declares;
        for (key, item) in entries {
            self.reads.mark(item.origin);
            match (&**declares, branch.pipe.assigns) {
                ([], _) => {}
                ([name], true) => self.assign(name, item.clone())?,
                ([first, second, ..], true) => {
                    self.assign(first, key)?;
                    self.assign(second, item.clone())?;
                }
                ([_], false) => self.set_top(mark, 1, item.clone()),
                ([..], false) => {
                    self.set_top(mark, 1, item.clone());
                    self.set_top(mark, 2, key);
                }
            }
            let flow = self.walk_item(&item, true, &branch.body)?;
            self.vars.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    /// Overwrites the `nth` variable below the mark.
    fn set_top(&mut self, mark: usize, nth: usize, value: Value) {
        if let Some(slot) = mark.checked_sub(nth).and_then(|at| self.vars.get_mut(at)) {
            slot.value = value;
            slot.item = true;
        }
    }

    /// What `range` goes through: index or key, and item.
    fn entries(&mut self, value: &Value) -> Exec<Vec<(Value, Value)>> {
        let indexed = |items: Vec<Value>| {
            (0..)
                .zip(items)
                .map(|(index, item)| (Value::int(index), item))
                .collect()
        };
        Ok(match &value.data {
            Data::Null => Vec::new(),
            Data::List(list) => indexed(list.items()),
            Data::Map(map) => map
                .entries()
                .into_iter()
                .map(|(key, item)| {
                    let key = Value::from(Text::from(key)).with_origin(item.origin);
                    (key, item)
                })
                .collect(),
            Data::Bytes(bytes) => indexed(
                bytes
                    .iter()
                    .map(|byte| Data::Int(i64::from(*byte), IntKind::Uint8).into())
                    .collect(),
            ),
            Data::Object(object) => match object.entries() {
                Some(entries) => entries,
                None => return self.error(format!("range can't iterate over {}", object.print())),
            },
            _ => return self.error(format!("range can't iterate over {}", print(value))),
        })
    }

    /// `{{ template "name" pipeline }}`: no variables are passed on, and what it writes goes
    /// straight to the output.
    fn invoke(&mut self, dot: &Value, call: &Invocation) -> Exec<()> {
        self.at(call.at);
        let Some(bound) = self.scope.find(&call.name).cloned() else {
            let name = crate::value::quote(&call.name);
            return self.error(format!("template {name} not defined"));
        };
        let dot = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::NULL,
        };
        let (caller, origin) = self.whereabouts();
        let frame = self.frames.enter(bound.file, caller, call.at.offset);
        self.deeper(|executor| executor.enter(bound, frame, &dot, origin))?;
        Ok(())
    }

    /// The frame that runs, and the leaf that what it writes comes from.
    fn whereabouts(&self) -> (u32, Origin) {
        self.running
            .as_ref()
            .map_or((0, Origin::NONE), |running| (running.frame, running.origin))
    }

    fn write_text(&mut self, at: At, text: &Text) -> Exec<()> {
        let (frame, origin) = self.whereabouts();
        let site = Site {
            frame,
            at: at.offset,
            verbatim: true,
        };
        self.spend_bytes(text.len())?;
        self.out.push_marked(text.as_str(), site, origin);
        Ok(())
    }

    /// Writes the value of an action.
    fn write_value(&mut self, at: At, value: &Value) -> Exec<()> {
        let (frame, origin) = self.whereabouts();
        let site = Site {
            frame,
            at: at.offset,
            verbatim: false,
        };
        let origin = value.origin.or(origin);
        match &value.data {
            Data::Str(text) => {
                self.spend_bytes(text.len())?;
                self.out.push_under(text, site, origin);
            }
            Data::Null => self.out.push_marked("<no value>", site, origin),
            _ => {
                self.read_all(value)?;
                let text = print(value);
                self.spend_bytes(text.len())?;
                self.out.push_marked(&text, site, origin);
            }
        }
        Ok(())
    }

    /// Takes bytes from the budget.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Exec<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes {
            return self.error(format!("more than {} bytes of output", self.limits.bytes));
        }
        Ok(())
    }
}
