//! Pipelines, commands and operands.

use super::{Parsed, Parser, constant};
use crate::ast::{Command, Expr, Names, Pipe};
use crate::lex::Kind;
use crate::value::Text;

impl Parser<'_> {
    /// A pipeline up to `end`, which is read too.
    pub(super) fn pipeline(&mut self, context: &str, end: &Kind) -> Parsed<Pipe> {
        let offset = self.peek_solid().at;
        let mut pipe = Pipe {
            at: self.at(offset),
            assigns: false,
            declares: Vec::new(),
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.take_solid();
            match token.kind {
                _ if token.kind == *end => break,
                Kind::Bool
                | Kind::Char
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawStr
                | Kind::Str
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
        self.check(&pipe, context)?;
        Ok(pipe)
    }

    /// `$x :=`, `$x =` or, for `range`, `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<()> {
        loop {
            let back = self.next;
            let variable = self.peek_solid().clone();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            let before = self.next;
            self.next += 1;
            let sign = self.take_solid();
            match sign.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = sign.kind == Kind::Assign;
                    self.vars.push(variable.text);
                    let name = self.shared(variable.text);
                    pipe.declares.push(name);
                    return Ok(());
                }
                Kind::Other if sign.text == "," => {
                    self.vars.push(variable.text);
                    let name = self.shared(variable.text);
                    pipe.declares.push(name);
                    if context != "range" || pipe.declares.len() >= 2 {
                        return self.error(format!("too many declarations in {context}"));
                    }
                    let next = &self.peek_solid().kind;
                    if !matches!(next, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return self.error("range can only initialize variables");
                    }
                }
                _ => {
                    self.next = before.max(back);
                    return Ok(());
                }
            }
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Parsed<()> {
        if pipe.commands.is_empty() {
            return self.error(format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            if let Some(
                Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::Str(..),
            ) = command.args.first()
            {
                return self.error(format!(
                    "non executable command in pipeline stage {}",
                    index + 1
                ));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<Command> {
        let offset = self.peek_solid().at;
        let at = self.at(offset);
        let mut args = Vec::new();
        loop {
            self.skip_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.take();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(),
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        if args.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { at, args })
    }

    /// A term and the fields behind it.
    fn operand(&mut self) -> Parsed<Option<Expr>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        let offset = self.peek().at;
        let at = self.at(offset);
        let mut names = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.take();
            names.push(self.shared(token.text.strip_prefix('.').unwrap_or(token.text)));
        }
        let longer = |first: Names, names: Vec<_>| first.into_iter().chain(names).collect();
        Ok(Some(match term {
            Expr::Field(_, first) => Expr::Field(at, longer(first, names)),
            Expr::Variable(_, first) => Expr::Variable(at, longer(first, names)),
            Expr::Bool(..) | Expr::Str(..) | Expr::Number(..) | Expr::Nil(_) | Expr::Dot(_) => {
                let said = crate::value::quote(&term.to_string());
                return self.error(format!("unexpected . after term {said}"));
            }
            term => Expr::Chain(at, Box::new(term), names.into()),
        }))
    }

    fn term(&mut self) -> Parsed<Option<Expr>> {
        let token = self.take_solid();
        let at = match token.kind {
            Kind::LeftParen => {
                let context = "parenthesized pipeline";
                let pipe = self.deeper(|parser| parser.pipeline(context, &Kind::RightParen))?;
                return Ok(Some(Expr::Pipe(Box::new(pipe))));
            }
            _ => self.at(token.at),
        };
        Ok(Some(match token.kind {
            Kind::Identifier => {
                let function = crate::func::find(token.text);
                Expr::Identifier(at, self.shared(token.text), function)
            }
            Kind::Dot => Expr::Dot(at),
            Kind::Nil => Expr::Nil(at),
            Kind::Variable => {
                if !self.vars.contains(&token.text) {
                    let said = crate::value::quote(token.text);
                    return self.error(format!("undefined variable {said}"));
                }
                Expr::Variable(at, [self.shared(token.text)].into())
            }
            Kind::Field => {
                let name = token.text.strip_prefix('.').unwrap_or(token.text);
                Expr::Field(at, [self.shared(name)].into())
            }
            Kind::Bool => Expr::Bool(at, token.text == "true"),
            Kind::Number | Kind::Char => match constant::number(token.text) {
                Ok(number) => Expr::Number(at, number),
                Err(message) => return self.error(message),
            },
            Kind::Str | Kind::RawStr => match constant::unquote(token.text) {
                Some(text) => Expr::Str(at, Text::from(text), token.text.into()),
                None => return self.error("invalid syntax"),
            },
            _ => {
                self.back();
                return Ok(None);
            }
        }))
    }
}
