//! The parser of a template: text, actions and control structures, made into a [`Program`]. It keeps the open
//! structures on a stack of its own, where Go's recurses; errors come in the same order and words.

use super::error::Error;
use super::helpers::Funcs;
use super::map::Source;
use super::node::{Call, Pipe};
use super::pipeline::Pipelines;
use super::program::{Body, Op, Program};
use super::quote::quote;
use super::token::{Kind, Token};

/// Parses the template `name`.
pub(super) fn parse(name: &str, source: &Source, funcs: &Funcs) -> Result<Program, Error> {
    let mut parser = Parser {
        input: Pipelines::new(name, source, funcs),
        open: Vec::new(),
        ops: Vec::new(),
        is_empty: true,
        range_depth: 0,
        program: Program::default(),
    };
    parser.run()?;
    let Parser { ops, is_empty, .. } = &mut parser;
    let body = Body { name: name.as_bytes().to_vec(), ops: std::mem::take(ops), is_empty: *is_empty };
    parser.add(body)?;
    let mut program = parser.program;
    program.main = program.find(name.as_bytes()).unwrap_or(0);
    Ok(program)
}

/// A structure whose `{{end}}` is still to come.
#[derive(Debug)]
enum Open<'t> {
    Control(Control),
    /// `{{define}}` or `{{block}}`.
    Definition(Box<Definition<'t>>),
}

#[derive(Debug)]
struct Control {
    word: Word,
    /// The operation that opened it.
    head: usize,
    /// The jump over the else part; there is one as soon as there is an else part.
    jump: Option<usize>,
    /// How many variables were defined outside.
    vars: usize,
    /// Whether it continues an else (`{{else if}}`) and ends with that.
    chained: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Word {
    If,
    With,
    Range,
}

impl Word {
    fn text(self) -> &'static str {
        match self {
            Word::If => "if",
            Word::With => "with",
            Word::Range => "range",
        }
    }
}

/// A template inside another, and what to go back to behind it.
#[derive(Debug)]
struct Definition<'t> {
    name: Vec<u8>,
    context: &'static str,
    /// Where it stands, for a block.
    call: Option<Call>,
    ops: Vec<Op>,
    is_empty: bool,
    vars: Vec<&'t str>,
    range_depth: usize,
    line_token: Token<'t>,
}

struct Parser<'t> {
    input: Pipelines<'t>,
    open: Vec<Open<'t>>,
    /// Of the template being read.
    ops: Vec<Op>,
    is_empty: bool,
    range_depth: usize,
    program: Program,
}

impl<'t> Parser<'t> {
    fn run(&mut self) -> Result<(), Error> {
        loop {
            if self.open.is_empty() {
                match self.input.peek().kind {
                    Kind::Eof => return Ok(()),
                    Kind::LeftDelim => {
                        let delim = self.input.next();
                        if self.input.next_non_space().kind == Kind::Define {
                            self.define()?;
                            continue;
                        }
                        self.input.backup2(delim);
                    }
                    _ => {}
                }
            } else if self.input.peek_non_space().kind == Kind::Eof {
                return Err(self.input.error("unexpected EOF".to_owned()));
            }
            self.text_or_action()?;
        }
    }

    fn text_or_action(&mut self) -> Result<(), Error> {
        let token = self.input.next_non_space();
        match token.kind {
            Kind::Text => {
                self.is_empty &= token.value.trim().is_empty();
                self.ops.push(Op::Text { from: token.pos, to: token.pos + token.value.len() });
                Ok(())
            }
            Kind::LeftDelim => {
                self.input.action_line = token.line;
                self.action(token.pos)
            }
            _ => Err(self.input.unexpected(token, "input")),
        }
    }

    fn action(&mut self, from: usize) -> Result<(), Error> {
        let token = self.input.next_non_space();
        match token.kind {
            Kind::If => return self.control(Word::If, false),
            Kind::With => return self.control(Word::With, false),
            Kind::Range => return self.control(Word::Range, false),
            Kind::Block => return self.block(),
            Kind::Else => self.else_control()?,
            Kind::End => {
                self.input.expect(Kind::RightDelim, "end")?;
                self.end()?;
            }
            Kind::Break => self.leave("{{break}}", Op::Break)?,
            Kind::Continue => self.leave("{{continue}}", Op::Continue)?,
            Kind::Template => self.template()?,
            _ => {
                self.input.backup();
                let pipe = self.input.pipeline("command", Kind::RightDelim)?;
                self.emit(Op::Action { pipe, from });
            }
        }
        self.input.action_line = 0;
        Ok(())
    }

    fn emit(&mut self, op: Op) {
        self.is_empty = false;
        self.ops.push(op);
    }

    fn leave(&mut self, written: &str, op: Op) -> Result<(), Error> {
        self.input.expect(Kind::RightDelim, written)?;
        if self.range_depth == 0 {
            return Err(self.input.error(format!("{written} outside {{{{range}}}}")));
        }
        self.emit(op);
        Ok(())
    }

    fn control(&mut self, word: Word, chained: bool) -> Result<(), Error> {
        let vars = self.input.vars.len();
        let pipe = self.input.pipeline(word.text(), Kind::RightDelim)?;
        let head = self.ops.len();
        self.emit(match word {
            Word::If => Op::If { pipe, otherwise: 0, sets_dot: false },
            Word::With => Op::If { pipe, otherwise: 0, sets_dot: true },
            Word::Range => Op::Range { pipe, otherwise: 0, end: 0 },
        });
        self.range_depth += usize::from(word == Word::Range);
        self.open.push(Open::Control(Control { word, head, jump: None, vars, chained }));
        Ok(())
    }

    /// Ends the body of a control structure: what is false or empty continues behind it.
    fn close_body(&mut self, word: Word, head: usize, with_jump: bool) -> Option<usize> {
        if word == Word::Range {
            self.range_depth -= 1;
            self.ops.push(Op::Next);
        }
        let jump = with_jump.then(|| {
            self.ops.push(Op::Jump(0));
            self.ops.len() - 1
        });
        let here = self.ops.len();
        if let Op::If { otherwise, .. } | Op::Range { otherwise, .. } = &mut self.ops[head] {
            *otherwise = here;
        }
        jump
    }

    fn else_control(&mut self) -> Result<(), Error> {
        let next = self.input.peek_non_space();
        if !matches!(next.kind, Kind::If | Kind::With) {
            self.input.expect(Kind::RightDelim, "else")?;
        }
        self.input.action_line = 0;
        let (word, head) = match self.open.last() {
            None => return Err(self.input.error("unexpected {{else}}".to_owned())),
            Some(Open::Definition(definition)) => return Err(self.unexpected_in_definition(definition, "{{else}}")),
            Some(Open::Control(Control { jump: Some(_), .. })) => {
                return Err(self.input.error("expected end; found {{else}}".to_owned()));
            }
            Some(Open::Control(Control { word, head, .. })) => (*word, *head),
        };
        let jump = self.close_body(word, head, true);
        if let Some(Open::Control(control)) = self.open.last_mut() {
            control.jump = jump;
        }
        match (word, next.kind) {
            (Word::If, Kind::If) | (Word::With, Kind::With) => {
                self.input.next();
                self.control(word, true)
            }
            _ => Ok(()),
        }
    }

    /// For a block, Go gives the line where the block's own clause ends, not that of what is unexpected.
    fn unexpected_in_definition(&self, definition: &Definition<'t>, found: &str) -> Error {
        let message = format!("unexpected {found} in {}", definition.context);
        if definition.call.is_none() {
            return self.input.error(message);
        }
        let line = definition.line_token.line;
        let mut place = self.input.source.place(definition.line_token.pos);
        if place.line != line {
            place = self.input.source.line_start(line);
        }
        Error::parse(self.input.name, place, message)
    }

    fn end(&mut self) -> Result<(), Error> {
        loop {
            match self.open.pop() {
                None => return Err(self.input.error("unexpected {{end}}".to_owned())),
                Some(Open::Definition(definition)) => return self.end_definition(*definition),
                Some(Open::Control(control)) => {
                    if control.jump.is_none() {
                        self.close_body(control.word, control.head, false);
                    }
                    let here = self.ops.len();
                    if let Some(Op::Jump(to)) = control.jump.and_then(|at| self.ops.get_mut(at)) {
                        *to = here;
                    }
                    if let Op::Range { end, .. } = &mut self.ops[control.head] {
                        *end = here;
                    }
                    self.ops.push(Op::End);
                    self.input.vars.truncate(control.vars);
                    if !control.chained {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn define(&mut self) -> Result<(), Error> {
        let context = "define clause";
        let token = self.input.next_non_space();
        if !matches!(token.kind, Kind::Str | Kind::RawString) {
            return Err(self.input.unexpected(token, context));
        }
        let name = self.input.unquoted(token)?;
        self.input.expect(Kind::RightDelim, context)?;
        self.open_definition(name, context, None);
        Ok(())
    }

    fn template_name(&mut self, token: Token<'t>, context: &str) -> Result<Vec<u8>, Error> {
        match token.kind {
            Kind::Str | Kind::RawString => self.input.unquoted(token),
            _ => Err(self.input.unexpected(token, context)),
        }
    }

    fn block(&mut self) -> Result<(), Error> {
        let context = "block clause";
        let token = self.input.next_non_space();
        let name = self.template_name(token, context)?;
        let pipe = self.input.pipeline(context, Kind::RightDelim)?;
        let call = Call { pos: token.pos, name: name.clone(), pipe: Some(pipe) };
        self.open_definition(name, context, Some(call));
        self.input.action_line = 0;
        Ok(())
    }

    fn template(&mut self) -> Result<(), Error> {
        let context = "template clause";
        let token = self.input.next_non_space();
        let name = self.template_name(token, context)?;
        let mut pipe: Option<Pipe> = None;
        if self.input.next_non_space().kind != Kind::RightDelim {
            self.input.backup();
            pipe = Some(self.input.pipeline(context, Kind::RightDelim)?);
        }
        self.emit(Op::Call(Call { pos: token.pos, name, pipe }));
        Ok(())
    }

    fn open_definition(&mut self, name: Vec<u8>, context: &'static str, call: Option<Call>) {
        let definition = Definition {
            name,
            context,
            call,
            ops: std::mem::take(&mut self.ops),
            is_empty: std::mem::replace(&mut self.is_empty, true),
            vars: std::mem::replace(&mut self.input.vars, vec!["$"]),
            range_depth: std::mem::take(&mut self.range_depth),
            line_token: self.input.line_token(),
        };
        self.open.push(Open::Definition(Box::new(definition)));
    }

    fn end_definition(&mut self, definition: Definition<'t>) -> Result<(), Error> {
        let Definition { name, call, ops, is_empty, vars, range_depth, line_token, .. } = definition;
        let body = Body {
            name,
            ops: std::mem::replace(&mut self.ops, ops),
            is_empty: std::mem::replace(&mut self.is_empty, is_empty),
        };
        self.add(body)?;
        self.input.vars = vars;
        self.range_depth = range_depth;
        if let Some(call) = call {
            self.input.set_line_token(line_token);
            self.emit(Op::Call(call));
        }
        Ok(())
    }

    /// Adds a template to the set; two of a name are an error, unless one of them is empty.
    fn add(&mut self, body: Body) -> Result<(), Error> {
        let name = quote(&body.name);
        if self.program.add(body) {
            return Ok(());
        }
        Err(self.input.error(format!("template: multiple definition of template {name}")))
    }
}
