//! The nodes of a parsed pipeline, and how Go writes them back in errors.

use super::number::Number;
use super::quote::quote;

/// A pipeline: declarations, and commands joined by `|`.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) pos: usize,
    pub(super) is_assign: bool,
    pub(super) decl: Vec<Variable>,
    pub(super) cmds: Vec<Command>,
}

/// A command: an operand and its arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) pos: usize,
    pub(super) args: Vec<Node>,
}

/// A variable, and the fields that follow it.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) pos: usize,
    pub(super) name: Box<str>,
    pub(super) fields: Vec<Box<str>>,
}

/// An operand.
#[derive(Debug)]
pub(super) enum Node {
    Bool(usize, bool),
    Dot(usize),
    Nil(usize),
    Field(usize, Vec<Box<str>>),
    /// Fields of what isn't itself a field or variable: `(pipeline).X`, `now.Year`.
    Chain(usize, Box<Node>, Vec<Box<str>>),
    /// A function.
    Ident(usize, super::funcs::Func),
    Number(usize, Number),
    Str(usize, StrNode),
    Variable(Variable),
    Pipe(Pipe),
}

/// A string constant: as written, and what it means.
#[derive(Debug)]
pub(super) struct StrNode {
    pub(super) quoted: Box<str>,
    pub(super) value: Vec<u8>,
}

/// A node an error can point to.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'t> {
    Node(&'t Node),
    Command(&'t Command),
    Pipe(&'t Pipe),
    Template(&'t Call),
}

/// A call of a template: `{{template "name" pipeline}}`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) pos: usize,
    pub(super) name: Vec<u8>,
    pub(super) pipe: Option<Pipe>,
}

impl Node {
    pub(super) fn pos(&self) -> usize {
        match self {
            Node::Bool(pos, _)
            | Node::Dot(pos)
            | Node::Nil(pos)
            | Node::Field(pos, _)
            | Node::Chain(pos, ..)
            | Node::Ident(pos, _)
            | Node::Number(pos, _)
            | Node::Str(pos, _) => *pos,
            Node::Variable(variable) => variable.pos,
            Node::Pipe(pipe) => pipe.pos,
        }
    }

    /// The node as Go's `Node.String` writes it.
    pub(super) fn write(&self, out: &mut String) {
        match self {
            Node::Bool(_, value) => out.push_str(if *value { "true" } else { "false" }),
            Node::Dot(_) => out.push('.'),
            Node::Nil(_) => out.push_str("nil"),
            Node::Field(_, fields) => write_fields(out, fields),
            Node::Chain(_, node, fields) => {
                node.write_operand(out);
                write_fields(out, fields);
            }
            Node::Ident(_, func) => out.push_str(func.name()),
            Node::Number(_, number) => out.push_str(&number.text),
            Node::Str(_, text) => out.push_str(&text.quoted),
            Node::Variable(variable) => variable.write(out),
            Node::Pipe(pipe) => pipe.write(out),
        }
    }

    fn write_operand(&self, out: &mut String) {
        if let Node::Pipe(pipe) = self {
            out.push('(');
            pipe.write(out);
            out.push(')');
        } else {
            self.write(out);
        }
    }

    /// The node written out.
    pub(super) fn show(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

fn write_fields(out: &mut String, fields: &[Box<str>]) {
    for field in fields {
        out.push('.');
        out.push_str(field);
    }
}

impl Variable {
    fn write(&self, out: &mut String) {
        out.push_str(&self.name);
        write_fields(out, &self.fields);
    }
}

impl Command {
    fn write(&self, out: &mut String) {
        for (index, arg) in self.args.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            arg.write_operand(out);
        }
    }
}

impl Pipe {
    fn write(&self, out: &mut String) {
        for (index, variable) in self.decl.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            variable.write(out);
        }
        if !self.decl.is_empty() {
            out.push_str(if self.is_assign { " = " } else { " := " });
        }
        for (index, command) in self.cmds.iter().enumerate() {
            if index > 0 {
                out.push_str(" | ");
            }
            command.write(out);
        }
    }
}

impl At<'_> {
    pub(super) fn pos(self) -> usize {
        match self {
            At::Node(node) => node.pos(),
            At::Command(command) => command.pos,
            At::Pipe(pipe) => pipe.pos,
            At::Template(call) => call.pos,
        }
    }

    pub(super) fn show(self) -> String {
        let mut out = String::new();
        match self {
            At::Node(node) => node.write(&mut out),
            At::Command(command) => command.write(&mut out),
            At::Pipe(pipe) => pipe.write(&mut out),
            At::Template(call) => {
                out.push_str("{{template ");
                out.push_str(&quote(&call.name));
                if let Some(pipe) = &call.pipe {
                    out.push(' ');
                    pipe.write(&mut out);
                }
                out.push_str("}}");
            }
        }
        out
    }
}
