//! The tree of a parsed template.

mod show;

use std::rc::Rc;

use crate::func::Func;
use crate::value::Text;

/// A number that names a node within its file, in the order of parsing.
pub(crate) type NodeId = u32;

/// A parsed text: a template file, or what was given to `tpl`.
#[derive(Debug)]
pub(crate) struct File {
    /// The name in messages: the path within the chart, or `gotpl`.
    pub name: Rc<str>,
    /// The text.
    pub text: Rc<str>,
    /// The file itself as a template, and all that it defines.
    pub templates: Vec<Rc<Template>>,
}

/// A template: a name and what it writes.
#[derive(Debug)]
pub(crate) struct Template {
    pub name: Rc<str>,
    pub body: Vec<Node>,
    /// Whether it writes nothing but white space and does nothing: such a one does not replace
    /// another of the same name.
    pub empty: bool,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub id: NodeId,
    /// The byte offset that messages give for the node.
    pub offset: u32,
}

/// A statement.
#[derive(Debug)]
pub(crate) enum Node {
    Text(At, Text),
    Action(At, Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Invocation),
    Break(At),
    Continue(At),
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub at: At,
    pub pipe: Pipe,
    pub body: Vec<Node>,
    pub otherwise: Option<Vec<Node>>,
}

/// `{{ template "name" pipeline }}`.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub at: At,
    pub name: Rc<str>,
    pub pipe: Option<Pipe>,
}

/// Commands, each given the value of the one before, and the variables that take the last value.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub at: At,
    /// `=` instead of `:=`.
    pub assigns: bool,
    pub declares: Vec<Rc<str>>,
    pub commands: Vec<Command>,
}

/// Operands beside each other: a function and its arguments, or one operand alone.
#[derive(Debug)]
pub(crate) struct Command {
    pub at: At,
    pub args: Vec<Expr>,
}

/// A chain of field names with a shared text for each.
pub(crate) type Names = Box<[Rc<str>]>;

/// An operand.
#[derive(Debug)]
pub(crate) enum Expr {
    Dot(At),
    Nil(At),
    Bool(At, bool),
    Number(At, Number),
    /// A string constant: its value and how it was written.
    Str(At, Text, Rc<str>),
    /// `.A.B`.
    Field(At, Names),
    /// `$x.A`: the variable's name with its sign, then fields.
    Variable(At, Names),
    /// `(pipeline).A.B`, or fields behind a function's name.
    Chain(At, Box<Expr>, Names),
    /// A function's name, and the function if there is one.
    Identifier(At, Rc<str>, Option<&'static Func>),
    /// `(pipeline)`.
    Pipe(Box<Pipe>),
}

/// A constant number: which Go types it fits.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    pub text: Rc<str>,
    pub int: Option<i64>,
    pub float: Option<f64>,
    /// Whether it is written as a float.
    pub is_float: bool,
}

impl Expr {
    /// Where it stands.
    pub fn at(&self) -> At {
        match self {
            Self::Dot(at)
            | Self::Nil(at)
            | Self::Bool(at, _)
            | Self::Number(at, _)
            | Self::Str(at, ..)
            | Self::Field(at, _)
            | Self::Variable(at, _)
            | Self::Chain(at, ..)
            | Self::Identifier(at, ..) => *at,
            Self::Pipe(pipe) => pipe.at,
        }
    }
}
