//! Rendering: walks through the operations of a template, keeps its variables and scopes, and collects the text.

use std::sync::Arc;

use super::error::{Error, ErrorKind, ExecPlace};
use super::format::Printer;
use super::funcs::printable;
use super::helpers::Funcs;
use super::map::{Output, Source, SourceMap};
use super::node::{At, Call};
use super::parse;
use super::program::{Op, Program};
use super::ranges::Range;
use super::runtime::Val;
use super::value::Value;

/// A parsed set of templates: the one it is named for and those that it defines. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Template(Arc<Parsed>);

/// A parsed set with all it needs for rendering.
#[derive(Debug)]
pub(super) struct Parsed {
    name: Box<str>,
    source: Arc<Source>,
    pub(super) funcs: Funcs,
    program: Program,
}

/// Bounds of one rendering, so that a template always ends.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most bytes of the rendered text, and of any text on the way.
    pub output: usize,
    /// Most steps: actions, commands of pipelines, rounds of ranges. Text that a function reads or makes counts too, one
    /// step for every 32 bytes: it takes time, and variables may keep it.
    pub steps: usize,
    /// Most templates that wait for one another's end. They may have ten times as many scopes and variables.
    pub depth: usize,
}

/// More than any file that is rendered needs, little enough for a second's work. The depth is Go's.
impl Default for Limits {
    fn default() -> Limits {
        Limits { output: 64 << 20, steps: 5_000_000, depth: 100_000 }
    }
}

/// Rendered text and where its bytes come from.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Leads from offsets in the text to places in the template.
    pub map: SourceMap,
}

impl Template {
    /// Parses a template and all templates that it defines.
    ///
    /// # Errors
    /// When the text isn't a template; only the first mistake is told, as Go does it.
    pub fn parse(name: &str, text: &str, funcs: &Funcs) -> Result<Template, Error> {
        let source = Arc::new(Source::new(text));
        let program = parse::parse(name, &source, funcs)?;
        Ok(Template(Arc::new(Parsed { name: Box::from(name), source, funcs: funcs.clone(), program })))
    }

    /// Renders the template with the given data as its dot.
    ///
    /// # Errors
    /// When an action can't be carried out, or a limit is reached.
    pub fn render(&self, data: &Value, limits: &Limits) -> Result<Rendered, Error> {
        let template = &*self.0;
        let mut run = Run {
            template,
            limits,
            out: Output::new(template.source.text.len() * 5 / 4),
            vars: Vec::new(),
            base: 0,
            frames: Vec::new(),
            calls: 0,
            body: template.program.main,
            // Replaced before the first action; a template without actions has no errors.
            at: At::Template(NOWHERE),
            steps: 0,
        };
        let dot = Val::new(data);
        run.vars.push(("$", dot.clone()));
        run.run(dot)?;
        let (text, map) = run.out.finish(&template.source);
        Ok(Rendered { text, map })
    }

    /// The name of the template.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The text the template was parsed from.
    pub fn source(&self) -> &str {
        &self.0.source.text
    }
}

/// How many bytes of text that a function reads or makes count as a step.
const BYTES_A_STEP: usize = 32;

/// How many scopes and variables there may be for each template that waits for another's end.
const SCOPES_A_CALL: usize = 10;

static NOWHERE: &Call = &Call { pos: 0, name: Vec::new(), pipe: None };

/// A rendering under way.
pub(super) struct Run<'a> {
    pub(super) template: &'a Parsed,
    pub(super) limits: &'a Limits,
    out: Output,
    pub(super) vars: Vec<(&'a str, Val<'a>)>,
    /// Where the variables of the running template start.
    base: usize,
    pub(super) frames: Vec<Frame<'a>>,
    calls: usize,
    /// The running template.
    body: usize,
    /// The node that errors point to.
    pub(super) at: At<'a>,
    steps: usize,
}

/// A scope to come back to.
pub(super) struct Frame<'a> {
    pub(super) kind: FrameKind<'a>,
    /// How many variables there were.
    vars: usize,
    pub(super) dot: Val<'a>,
}

/// Why there is a scope.
pub(super) enum FrameKind<'a> {
    Scope,
    /// The else part of a range, which a break leaves for the scope's end. In Go it is left by a panic that the
    /// range catches wherever it comes from; a continue goes through to the range around it.
    RangeElse {
        end: usize,
    },
    Range(Box<Range<'a>>),
    /// A template was called: where from, and what its caller's variables start at.
    Call {
        body: usize,
        next: usize,
        base: usize,
    },
}

impl<'a> Run<'a> {
    fn run(&mut self, dot: Val<'a>) -> Result<(), Error> {
        let mut dot = dot;
        let mut next = 0;
        loop {
            let Some(op) = self.template.program.bodies[self.body].ops.get(next) else {
                let Some(frame) = self.frames.pop() else { return Ok(()) };
                self.vars.truncate(frame.vars);
                dot = frame.dot;
                if let FrameKind::Call { body, next: back, base } = frame.kind {
                    self.body = body;
                    self.base = base;
                    self.calls -= 1;
                    next = back;
                }
                continue;
            };
            next += 1;
            match op {
                Op::Text { from, to } => {
                    self.out.copy(&self.template.source.text[*from..*to], *from);
                    self.check_output()?;
                }
                Op::Action { pipe, from } => {
                    let value = self.pipeline(&dot, pipe)?;
                    if pipe.decl.is_empty() {
                        self.print(&value, *from)?;
                    }
                }
                Op::If { pipe, otherwise, sets_dot } => {
                    self.open(FrameKind::Scope, &dot)?;
                    let value = self.pipeline(&dot, pipe)?;
                    if !value.truth() {
                        next = *otherwise;
                    } else if *sets_dot {
                        dot = value;
                    }
                }
                Op::Range { pipe, otherwise, end } => {
                    self.open(FrameKind::RangeElse { end: *end }, &dot)?;
                    next = match self.start_range(&dot, pipe, next, *end)? {
                        Some(element) => {
                            dot = element;
                            next
                        }
                        None => *otherwise,
                    };
                }
                Op::Next | Op::Continue | Op::Break => {
                    self.step()?;
                    (next, dot) = self.next_round(matches!(op, Op::Break))?;
                }
                Op::Jump(to) => next = *to,
                Op::End => {
                    if let Some(frame) = self.frames.pop() {
                        self.vars.truncate(frame.vars);
                        dot = frame.dot;
                    }
                }
                Op::Call(call) => {
                    let inner = self.call(&dot, call, next)?;
                    dot = inner;
                    next = 0;
                }
            }
        }
    }

    fn open(&mut self, kind: FrameKind<'a>, dot: &Val<'a>) -> Result<(), Error> {
        let most = self.limits.depth.saturating_mul(SCOPES_A_CALL);
        if self.frames.len() + self.vars.len() > most {
            return Err(self.limit(format!("more than {most} scopes and variables: does a template call itself?")));
        }
        self.frames.push(Frame { kind, vars: self.vars.len(), dot: dot.clone() });
        Ok(())
    }

    fn print(&mut self, value: &Val<'a>, from: usize) -> Result<(), Error> {
        self.out.action(from);
        match value.as_bytes() {
            Some(text) => self.out.bytes.extend_from_slice(text),
            None => {
                let limit = self.limits.output;
                let mut printer = Printer::new(&mut self.out.bytes, limit);
                printer.value(&printable(value), 'v');
            }
        }
        self.check_output()
    }

    fn check_output(&self) -> Result<(), Error> {
        let limit = self.limits.output;
        if self.out.bytes.len() > limit {
            return Err(self.limit(format!("output is longer than {limit} bytes")));
        }
        Ok(())
    }

    /// Counts a step.
    pub(super) fn step(&mut self) -> Result<(), Error> {
        self.count(1)
    }

    /// Counts the text of values that a function reads or made.
    pub(super) fn count_text(&mut self, values: &[Val<'a>]) -> Result<(), Error> {
        let bytes = |value: &Val<'_>| value.as_bytes().map_or(0, <[u8]>::len);
        self.count(values.iter().map(|value| bytes(value) / BYTES_A_STEP).sum())
    }

    fn count(&mut self, steps: usize) -> Result<(), Error> {
        self.steps += steps;
        if self.steps > self.limits.steps {
            return Err(self.limit(format!("more than {} steps: is there a loop without end?", self.limits.steps)));
        }
        Ok(())
    }

    /// Enters a template: its dot.
    fn call(&mut self, dot: &Val<'a>, call: &'a Call, next: usize) -> Result<Val<'a>, Error> {
        self.at = At::Template(call);
        self.step()?;
        let Some(body) = self.template.program.find(&call.name) else {
            let name = super::quote::quote(&call.name);
            return Err(self.error(format!("template {name} not defined")));
        };
        if self.calls == self.limits.depth {
            return Err(self.limit(format!("exceeded maximum template depth ({})", self.limits.depth)));
        }
        let inner = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Val::INVALID,
        };
        // The frame comes after the pipeline: variables that it declares stay known behind the call.
        self.open(FrameKind::Call { body: self.body, next, base: self.base }, dot)?;
        self.calls += 1;
        self.base = self.vars.len();
        self.vars.push(("$", inner.clone()));
        self.body = body;
        Ok(inner)
    }

    pub(super) fn var(&self, name: &str) -> Result<Val<'a>, Error> {
        match self.vars[self.base..].iter().rev().find(|(known, _)| *known == name) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    pub(super) fn set_var(&mut self, name: &str, value: Val<'a>) -> Result<(), Error> {
        match self.vars[self.base..].iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                *known = value;
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    pub(super) fn error(&self, message: String) -> Error {
        self.fail(ErrorKind::Exec, message)
    }

    fn limit(&self, message: String) -> Error {
        self.fail(ErrorKind::Limit, message)
    }

    fn fail(&self, kind: ErrorKind, message: String) -> Error {
        let place = self.template.source.place(self.at.pos());
        let before = &self.template.source.text[..place.offset];
        let column = place.offset - before.rfind('\n').map_or(0, |newline| newline + 1);
        let running = self.template.program.bodies[self.body].name.clone();
        let at = ExecPlace { place, column, running, context: self.at.show() };
        Error::exec(kind, &self.template.name, at, message)
    }
}
