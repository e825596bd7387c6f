//! The parser of what stands between the delimiters: pipelines, commands, operands; Go's three tokens of lookahead.

use super::error::Error;
use super::helpers::Funcs;
use super::lex::Lexer;
use super::map::Source;
use super::node::{Command, Node, Pipe, StrNode, Variable};
use super::number::{self, Number};
use super::quote::{quote, unquote};
use super::token::{Kind, Token};

/// How deep parentheses may be nested. Go allows 10000 of them on a stack that grows; here each takes some of the
/// thread's stack, and no template that a person wrote comes near.
pub const MAX_PARENTHESES: usize = 100;

/// Reads tokens and builds pipelines of them.
#[derive(Debug)]
pub(super) struct Pipelines<'t> {
    pub(super) name: &'t str,
    pub(super) source: &'t Source,
    pub(super) funcs: &'t Funcs,
    lexer: Lexer<'t>,
    /// Tokens that were read and put back; the first is also the one that errors take their line from.
    tokens: [Token<'t>; 3],
    peeked: usize,
    /// Variables that are defined here.
    pub(super) vars: Vec<&'t str>,
    /// Line of the `{{` of the action being read; 0 outside of one.
    pub(super) action_line: usize,
    depth: usize,
}

impl<'t> Pipelines<'t> {
    pub(super) fn new(name: &'t str, source: &'t Source, funcs: &'t Funcs) -> Pipelines<'t> {
        Pipelines {
            name,
            source,
            funcs,
            lexer: Lexer::new(&source.text),
            tokens: [Token::none(), Token::none(), Token::none()],
            peeked: 0,
            vars: vec!["$"],
            action_line: 0,
            depth: 0,
        }
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        if self.peeked > 0 {
            self.peeked -= 1;
        } else {
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens[self.peeked]
    }

    pub(super) fn backup(&mut self) {
        self.peeked += 1;
    }

    /// Puts back two tokens, the last one read and `before`.
    pub(super) fn backup2(&mut self, before: Token<'t>) {
        self.tokens[1] = before;
        self.peeked = 2;
    }

    fn backup3(&mut self, first: Token<'t>, second: Token<'t>) {
        self.tokens[1] = second;
        self.tokens[2] = first;
        self.peeked = 3;
    }

    pub(super) fn peek(&mut self) -> Token<'t> {
        if self.peeked == 0 {
            self.peeked = 1;
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens[self.peeked - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token<'t> {
        let token = self.next_non_space();
        self.backup();
        token
    }

    /// The token that errors take their line from, to be put back by [`Pipelines::set_line_token`].
    pub(super) fn line_token(&self) -> Token<'t> {
        self.tokens[0]
    }

    pub(super) fn set_line_token(&mut self, token: Token<'t>) {
        self.tokens[0] = token;
    }

    /// An error at the line of the last token.
    pub(super) fn error(&self, message: String) -> Error {
        self.error_at(self.tokens[0], message)
    }

    /// An error about a token; its line is that of the last token all the same, as Go has it.
    pub(super) fn error_at(&self, token: Token<'t>, message: String) -> Error {
        let line = self.tokens[0].line;
        let place = [token.pos, self.tokens[0].pos].map(|pos| self.source.place(pos));
        let found = place.into_iter().find(|place| place.line == line);
        Error::parse(self.name, found.unwrap_or_else(|| self.source.line_start(line)), message)
    }

    pub(super) fn unexpected(&self, token: Token<'t>, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error_at(token, format!("unexpected {} in {context}", token.show()));
        }
        let mut message = self.lexer.problem().to_owned();
        if self.action_line != 0 && self.action_line != token.line {
            let started = format!(" in action started at {}:{}", self.name, self.action_line);
            // Go avoids "action in action".
            let skip = if message.ends_with(" action") { " in action".len() } else { 0 };
            message.push_str(&started[skip..]);
        }
        self.error_at(token, message)
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'t>, Error> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    /// The meaning of a string token.
    pub(super) fn unquoted(&self, token: Token<'t>) -> Result<Vec<u8>, Error> {
        unquote(token.value).ok_or_else(|| self.error("invalid syntax".to_owned()))
    }

    /// A pipeline up to `end`. What is not on the way to a pipeline inside this one stands in functions of its own, so
    /// that nesting costs little of the stack.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe { pos, is_assign: false, decl: Vec::new(), cmds: Vec::with_capacity(1) };
        self.declarations(&mut pipe, context)?;
        while self.command_follows(context, end)? {
            self.command(&mut pipe)?;
        }
        self.check(&pipe, context)?;
        Ok(pipe)
    }

    /// Whether a command follows, or the end, which is read.
    fn command_follows(&mut self, context: &str, end: Kind) -> Result<bool, Error> {
        let token = self.next_non_space();
        match token.kind {
            kind if kind == end => Ok(false),
            Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::Str
            | Kind::Variable
            | Kind::LeftParen => {
                self.backup();
                Ok(true)
            }
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Result<(), Error> {
        if pipe.cmds.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (stage, command) in pipe.cmds.iter().enumerate().skip(1) {
            if let Some(Node::Bool(..) | Node::Dot(_) | Node::Nil(_) | Node::Number(..) | Node::Str(..)) =
                command.args.first()
            {
                return Err(self.error(format!("non executable command in pipeline stage {}", stage + 1)));
            }
        }
        Ok(())
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<(), Error> {
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            // In "$x foo", foo must be seen to know that $x isn't declared here; then all three go back.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.is_assign = next.kind == Kind::Assign;
                    self.next_non_space();
                    self.declare(pipe, variable);
                    return Ok(());
                }
                Kind::Char if next.value == "," => {
                    self.next_non_space();
                    self.declare(pipe, variable);
                    if context == "range" && pipe.decl.len() < 2 {
                        match self.peek_non_space().kind {
                            Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                            _ => return Err(self.error("range can only initialize variables".to_owned())),
                        }
                    }
                    return Err(self.error(format!("too many declarations in {context}")));
                }
                _ if after.kind == Kind::Space => self.backup3(variable, after),
                _ => self.backup2(variable),
            }
            return Ok(());
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, token: Token<'t>) {
        pipe.decl.push(Variable { pos: token.pos, name: Box::from(token.value), fields: Vec::new() });
        self.vars.push(token.value);
    }

    fn command(&mut self, pipe: &mut Pipe) -> Result<(), Error> {
        let pos = self.peek_non_space().pos;
        // Most actions are one word: a list that grows by itself begins with room for four.
        let mut command = Command { pos, args: Vec::with_capacity(1) };
        while self.operand(&mut command.args)? {}
        if command.args.is_empty() {
            return Err(self.error("empty command".to_owned()));
        }
        pipe.cmds.push(command);
        Ok(())
    }

    /// A term and the fields behind it, where one follows; whether another may follow.
    fn operand(&mut self, args: &mut Vec<Node>) -> Result<bool, Error> {
        self.peek_non_space();
        if self.term(args)? {
            self.chain(args)?;
        }
        let token = self.next();
        match token.kind {
            Kind::Space => return Ok(true),
            Kind::RightDelim | Kind::RightParen => self.backup(),
            Kind::Pipe => {}
            _ => return Err(self.unexpected(token, "operand")),
        }
        Ok(false)
    }

    /// Fields behind the last operand.
    fn chain(&mut self, args: &mut Vec<Node>) -> Result<(), Error> {
        if self.peek().kind != Kind::Field {
            return Ok(());
        }
        let Some(node) = args.pop() else { return Ok(()) };
        let pos = self.peek().pos;
        let mut fields: Vec<Box<str>> = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(Box::from(&self.next().value[1..]));
        }
        args.push(match node {
            Node::Field(_, mut own) => {
                own.append(&mut fields);
                Node::Field(pos, own)
            }
            Node::Variable(mut variable) => {
                variable.fields.append(&mut fields);
                Node::Variable(Variable { pos, ..variable })
            }
            Node::Bool(..) | Node::Str(..) | Node::Number(..) | Node::Nil(_) | Node::Dot(_) => {
                let term = quote(node.show().as_bytes());
                return Err(self.error(format!("unexpected . after term {term}")));
            }
            node => Node::Chain(pos, Box::new(node), fields),
        });
        Ok(())
    }

    /// Reads a term, if what follows is one.
    fn term(&mut self, args: &mut Vec<Node>) -> Result<bool, Error> {
        let token = self.next_non_space();
        if token.kind != Kind::LeftParen {
            let node = self.simple_term(token)?;
            let found = node.is_some();
            args.extend(node);
            return Ok(found);
        }
        self.enter()?;
        let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
        self.depth -= 1;
        args.push(Node::Pipe(pipe));
        Ok(true)
    }

    fn enter(&mut self) -> Result<(), Error> {
        if self.depth >= MAX_PARENTHESES {
            return Err(self.error("max expression depth exceeded".to_owned()));
        }
        self.depth += 1;
        Ok(())
    }

    fn simple_term(&mut self, token: Token<'t>) -> Result<Option<Node>, Error> {
        let pos = token.pos;
        let value = token.value;
        Ok(Some(match token.kind {
            Kind::Identifier => match self.funcs.find(value) {
                Some(func) => Node::Ident(pos, func),
                None => return Err(self.error_at(token, format!("function {} not defined", quote(value.as_bytes())))),
            },
            Kind::Dot => Node::Dot(pos),
            Kind::Nil => Node::Nil(pos),
            Kind::Variable => {
                if !self.vars.contains(&value) {
                    return Err(self.error_at(token, format!("undefined variable {}", quote(value.as_bytes()))));
                }
                Node::Variable(Variable { pos, name: Box::from(value), fields: Vec::new() })
            }
            Kind::Field => Node::Field(pos, vec![Box::from(&value[1..])]),
            Kind::Bool => Node::Bool(pos, value == "true"),
            Kind::CharConstant => {
                Node::Number(pos, Number::from_char(value).map_err(|message| self.error_at(token, message))?)
            }
            Kind::Complex => return Err(self.error_at(token, number::complex(value))),
            Kind::Number => Node::Number(pos, Number::parse(value).map_err(|message| self.error_at(token, message))?),
            Kind::Str | Kind::RawString => {
                let unquoted = self.unquoted(token)?;
                Node::Str(pos, StrNode { quoted: Box::from(value), value: unquoted })
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }
}
