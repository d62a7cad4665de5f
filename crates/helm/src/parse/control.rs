//! Actions: keywords and what belongs to them.

use super::{Ended, Parsed, Parser};
use crate::ast::{Branch, Invocation, Node};
use crate::lex::Kind;

impl Parser<'_> {
    /// What follows a left delimiter.
    pub(super) fn action(&mut self) -> Parsed<Result<Node, Ended>> {
        let token = self.take_solid();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => {
                let name = if token.kind == Kind::Break {
                    "break"
                } else {
                    "continue"
                };
                let after = self.take_solid();
                if after.kind != Kind::RightDelim {
                    return self.unexpected(&after, &format!("{{{{{name}}}}}"));
                }
                if self.ranges == 0 {
                    return self.error(format!("{{{{{name}}}}} outside {{{{range}}}}"));
                }
                let at = self.at(token.at);
                if name == "break" {
                    Node::Break(at)
                } else {
                    Node::Continue(at)
                }
            }
            Kind::Else => {
                if !matches!(self.peek_solid().kind, Kind::If | Kind::With) {
                    self.expect(&Kind::RightDelim, "else")?;
                }
                return Ok(Err(Ended::Else));
            }
            Kind::End => {
                self.expect(&Kind::RightDelim, "end")?;
                return Ok(Err(Ended::End));
            }
            Kind::If => Node::If(self.control("if")?),
            Kind::Range => Node::Range(self.control("range")?),
            Kind::With => Node::With(self.control("with")?),
            Kind::Template => Node::Template(self.invocation()?),
            _ => {
                self.back();
                let offset = self.peek().at;
                let at = self.at(offset);
                Node::Action(at, self.pipeline("command", &Kind::RightDelim)?)
            }
        };
        Ok(Ok(node))
    }

    fn control(&mut self, context: &str) -> Parsed<Branch> {
        let vars = self.vars.len();
        let pipe = self.pipeline(context, &Kind::RightDelim)?;
        let at = self.at(usize::try_from(pipe.at.offset).unwrap_or(0));
        let ranges = usize::from(context == "range");
        self.ranges += ranges;
        let (body, mut ended) = self.list()?;
        self.ranges -= ranges;
        let mut otherwise = None;
        if ended == Ended::Else {
            let next = self.peek().kind.clone();
            if context == "if" && next == Kind::If {
                self.next += 1;
                let inner = self.deeper(|parser| parser.control("if"))?;
                otherwise = Some(vec![Node::If(inner)]);
            } else if context == "with" && next == Kind::With {
                self.next += 1;
                let inner = self.deeper(|parser| parser.control("with"))?;
                otherwise = Some(vec![Node::With(inner)]);
            } else {
                let (list, last) = self.list()?;
                ended = last;
                otherwise = Some(list);
                if ended != Ended::End {
                    return self.error("expected end; found {{else}}");
                }
            }
        }
        self.vars.truncate(vars);
        Ok(Branch {
            at,
            pipe,
            body,
            otherwise,
        })
    }

    fn invocation(&mut self) -> Parsed<Invocation> {
        const CONTEXT: &str = "template clause";
        let token = self.take_solid();
        let name = self.template_name(&token, CONTEXT)?;
        let mut pipe = None;
        if self.take_solid().kind != Kind::RightDelim {
            self.back();
            pipe = Some(self.pipeline(CONTEXT, &Kind::RightDelim)?);
        }
        let at = self.at(token.at);
        Ok(Invocation { at, name, pipe })
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.take_solid();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, &Kind::RightDelim)?;
        let vars = std::mem::replace(&mut self.vars, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, ended) = self.list()?;
        self.vars = vars;
        self.ranges = ranges;
        if ended != Ended::End {
            return self.error(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        self.define(std::rc::Rc::clone(&name), body)?;
        let at = self.at(token.at);
        Ok(Node::Template(Invocation {
            at,
            name,
            pipe: Some(pipe),
        }))
    }
}
