//! How Go writes nodes in its messages, and finding a node by its number.

use std::fmt::{Display, Formatter, Result};

use super::{Command, Expr, Node, NodeId, Pipe, Template};

impl Display for Pipe {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        for (index, name) in self.declares.iter().enumerate() {
            out.write_str(if index > 0 { ", " } else { "" })?;
            out.write_str(name)?;
        }
        if !self.declares.is_empty() {
            out.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            out.write_str(if index > 0 { " | " } else { "" })?;
            command.fmt(out)?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        for (index, arg) in self.args.iter().enumerate() {
            out.write_str(if index > 0 { " " } else { "" })?;
            if let Expr::Pipe(pipe) = arg {
                write!(out, "({pipe})")?;
            } else {
                arg.fmt(out)?;
            }
        }
        Ok(())
    }
}

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Dot(_) => out.write_str("."),
            Self::Nil(_) => out.write_str("nil"),
            Self::Bool(_, flag) => flag.fmt(out),
            Self::Number(_, number) => out.write_str(&number.text),
            Self::Str(_, _, written) => out.write_str(written),
            Self::Field(_, names) => names.iter().try_for_each(|name| write!(out, ".{name}")),
            Self::Variable(_, names) => out.write_str(&names.join(".")),
            Self::Chain(_, inner, names) => {
                if let Self::Pipe(pipe) = &**inner {
                    write!(out, "({pipe})")?;
                } else {
                    inner.fmt(out)?;
                }
                names.iter().try_for_each(|name| write!(out, ".{name}"))
            }
            Self::Identifier(_, name, _) => out.write_str(name),
            Self::Pipe(pipe) => pipe.fmt(out),
        }
    }
}

impl Template {
    /// What Go writes between `<` and `>` for a node: long ones are cut.
    pub fn show(&self, id: NodeId) -> Option<String> {
        nodes(&self.body, id)
    }
}

fn nodes(body: &[Node], id: NodeId) -> Option<String> {
    body.iter().find_map(|node| match node {
        Node::Text(..) => None,
        Node::Break(at) => (at.id == id).then(|| "{{break}}".to_owned()),
        Node::Continue(at) => (at.id == id).then(|| "{{continue}}".to_owned()),
        Node::Action(at, pipe) if at.id == id => Some(format!("{{{{{pipe}}}}}")),
        Node::Action(_, found) => pipe(found, id),
        Node::Template(call) if call.at.id == id => Some(match &call.pipe {
            Some(pipe) => format!(
                "{{{{template {} {pipe}}}}}",
                crate::value::quote(&call.name)
            ),
            None => format!("{{{{template {}}}}}", crate::value::quote(&call.name)),
        }),
        Node::Template(call) => call.pipe.as_ref().and_then(|found| pipe(found, id)),
        Node::If(branch) | Node::With(branch) | Node::Range(branch) => pipe(&branch.pipe, id)
            .or_else(|| nodes(&branch.body, id))
            .or_else(|| nodes(branch.otherwise.as_deref()?, id)),
    })
}

fn pipe(found: &Pipe, id: NodeId) -> Option<String> {
    if found.at.id == id {
        return Some(found.to_string());
    }
    found.commands.iter().find_map(|command| {
        if command.at.id == id {
            return Some(command.to_string());
        }
        command.args.iter().find_map(|arg| expr(arg, id))
    })
}

fn expr(found: &Expr, id: NodeId) -> Option<String> {
    match found {
        Expr::Pipe(inner) => pipe(inner, id),
        _ if found.at().id == id => Some(found.to_string()),
        Expr::Chain(_, inner, _) => expr(inner, id),
        _ => None,
    }
}
