//! Builds the tree of a template, as text/template's `parse.go` does.
//!
//! One thing is left to the executor: a function that nobody knows is an error when it is called.
//! Helm refuses the whole chart.

mod constant;
mod control;
mod pipeline;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::ast::{At, File, Node, Template};
use crate::lex::{Kind, Token, is_space, lex};
use crate::value::Text;

/// How deep actions and parentheses may nest. Go stops at 10,000 parentheses.
const DEPTH: usize = 400;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The template's name.
    pub name: Rc<str>,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in Go's words.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "template: {}:{}: {}",
            self.name, self.line, self.message
        )
    }
}

/// What a list of statements ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    End,
    Else,
}

type Parsed<T> = Result<T, ParseError>;

struct Parser<'a> {
    name: Rc<str>,
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    nodes: u32,
    vars: Vec<&'a str>,
    ranges: usize,
    depth: usize,
    /// The line the current action began at, 0 outside of actions.
    action_line: usize,
    names: BTreeMap<&'a str, Rc<str>>,
    defined: BTreeMap<Rc<str>, Rc<Template>>,
}

/// Parses a text. The file's own template comes last in the list.
///
/// # Errors
/// Go's first error, with its line.
pub(crate) fn parse(name: &str, text: &str) -> Result<File, ParseError> {
    let name: Rc<str> = name.into();
    let mut parser = Parser {
        name: Rc::clone(&name),
        text,
        tokens: lex(text),
        next: 0,
        nodes: 0,
        vars: vec!["$"],
        ranges: 0,
        depth: 0,
        action_line: 0,
        names: BTreeMap::new(),
        defined: BTreeMap::new(),
    };
    let body = parser.file()?;
    parser.define(Rc::clone(&name), body)?;
    Ok(File {
        name,
        text: text.into(),
        templates: parser.defined.into_values().collect(),
    })
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        const EOF: &Token<'static> = &Token {
            kind: Kind::Eof,
            at: 0,
            text: "",
        };
        self.tokens
            .get(self.next)
            .or(self.tokens.last())
            .unwrap_or(EOF)
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
    }

    fn peek_solid(&mut self) -> &Token<'a> {
        self.skip_space();
        self.peek()
    }

    fn take_solid(&mut self) -> Token<'a> {
        self.skip_space();
        self.take()
    }

    fn back(&mut self) {
        self.next = self.next.saturating_sub(1);
    }

    fn at(&mut self, offset: usize) -> At {
        self.nodes += 1;
        At {
            id: self.nodes,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        }
    }

    fn shared(&mut self, name: &'a str) -> Rc<str> {
        Rc::clone(self.names.entry(name).or_insert_with(|| name.into()))
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// An error at the token that was read last.
    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        let last = self
            .tokens
            .get(self.next.saturating_sub(1))
            .or(self.tokens.last());
        Err(ParseError {
            name: Rc::clone(&self.name),
            line: self.line(last.map_or(0, |token| token.at)),
            message: message.into(),
        })
    }

    fn unexpected<T>(&self, token: &Token<'_>, context: &str) -> Parsed<T> {
        if let Kind::Error(message) = &token.kind {
            let mut message = message.clone();
            if self.action_line != 0 && self.action_line != self.line(token.at) {
                let place = format!(" started at {}:{}", self.name, self.action_line);
                if !message.ends_with(" action") {
                    message.push_str(" in action");
                }
                message.push_str(&place);
            }
            return self.error(message);
        }
        self.error(format!("unexpected {} in {context}", token.said()))
    }

    fn expect(&mut self, kind: &Kind, context: &str) -> Parsed<Token<'a>> {
        let token = self.take_solid();
        if token.kind == *kind {
            return Ok(token);
        }
        self.unexpected(&token, context)
    }

    /// Goes one level deeper, for as long as `inner` runs.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn define(&mut self, name: Rc<str>, body: Vec<Node>) -> Parsed<()> {
        let empty = body.iter().all(|node| match node {
            Node::Text(_, text) => text.chars().all(|c| is_space(c) || c.is_whitespace()),
            _ => false,
        });
        let old = self.defined.get(&name);
        if old.is_some_and(|old| !old.empty) {
            if empty {
                return Ok(());
            }
            return self.error(format!(
                "template: multiple definition of template {}",
                crate::value::quote(&name)
            ));
        }
        let template = Template {
            name: Rc::clone(&name),
            body,
            empty,
        };
        self.defined.insert(name, Rc::new(template));
        Ok(())
    }

    /// The top level: statements and definitions up to the end.
    fn file(&mut self) -> Parsed<Vec<Node>> {
        let mut body = Vec::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let back = self.next;
                self.next += 1;
                if self.take_solid().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.next = back;
            }
            match self.statement()? {
                Ok(node) => body.push(node),
                Err(Ended::End) => return self.error("unexpected {{end}}"),
                Err(_) => return self.error("unexpected {{else}}"),
            }
        }
        Ok(body)
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.take_solid();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(&Kind::RightDelim, CONTEXT)?;
        let vars = std::mem::replace(&mut self.vars, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, ended) = self.deeper(Self::list)?;
        self.vars = vars;
        self.ranges = ranges;
        if ended != Ended::End {
            return self.error(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        self.define(name, body)
    }

    fn template_name(&mut self, token: &Token<'a>, context: &str) -> Parsed<Rc<str>> {
        match token.kind {
            Kind::Str | Kind::RawStr => match constant::unquote(token.text) {
                Some(name) => Ok(name.into()),
                None => self.error("invalid syntax"),
            },
            _ => self.unexpected(token, context),
        }
    }

    /// Statements up to `end`, `else` or the end of the text, which is an error.
    fn list(&mut self) -> Parsed<(Vec<Node>, Ended)> {
        let mut body = Vec::new();
        while self.peek_solid().kind != Kind::Eof {
            match self.statement()? {
                Ok(node) => body.push(node),
                Err(ended) => return Ok((body, ended)),
            }
        }
        self.next += 1;
        self.error("unexpected EOF")
    }

    /// A text or an action; the inner error is an `end` or `else`.
    fn statement(&mut self) -> Parsed<Result<Node, Ended>> {
        let token = self.take_solid();
        match token.kind {
            Kind::Text => {
                let at = self.at(token.at);
                Ok(Ok(Node::Text(at, Text::from(token.text))))
            }
            Kind::LeftDelim => {
                self.action_line = self.line_of_action(token.at);
                let action = self.deeper(Self::action);
                self.action_line = 0;
                action
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    /// The line of an action: only counted when the text ends in an error, which alone shows it.
    fn line_of_action(&self, offset: usize) -> usize {
        match self.tokens.last().map(|token| &token.kind) {
            Some(Kind::Error(_)) => self.line(offset),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
