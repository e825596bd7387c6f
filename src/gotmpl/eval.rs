//! Evaluation of pipelines: commands, operands, fields, methods and calls, with Go's checks in Go's order.

use super::error::Error;
use super::exec::Run;
use super::funcs::{Func, Param, Signature};
use super::methods::Method;
use super::node::{At, Command, Node, Pipe, Variable};
use super::number::Number;
use super::runtime::{Data, Kind, Val};
use super::types::Type;

/// What a command is called with.
#[derive(Debug, Clone, Copy)]
struct Args<'a, 'v> {
    /// The operands behind the first one.
    nodes: &'a [Node],
    /// The value of the command before it in the pipeline.
    last: Option<&'v Val<'a>>,
}

impl Args<'_, '_> {
    const NONE: Args<'static, 'static> = Args { nodes: &[], last: None };

    fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.last.is_none()
    }
}

/// The fields of Go's `time.Time`, none of which a template may read.
const TIME_FIELDS: [&str; 3] = ["wall", "ext", "loc"];

type Result<'a> = std::result::Result<Val<'a>, Error>;

impl<'a> Run<'a> {
    /// The value of a pipeline; declares or sets its variables.
    pub(super) fn pipeline(&mut self, dot: &Val<'a>, pipe: &'a Pipe) -> Result<'a> {
        self.at = At::Pipe(pipe);
        let mut value: Option<Val<'a>> = None;
        for command in &pipe.cmds {
            self.step()?;
            // Only the data inside an interface goes on.
            value = Some(self.command(dot, command, value.as_ref())?.unwrapped());
        }
        let value = value.unwrap_or(Val::INVALID);
        for variable in &pipe.decl {
            if pipe.is_assign {
                self.set_var(&variable.name, value.clone())?;
            } else {
                self.vars.push((&variable.name, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Val<'a>, command: &'a Command, last: Option<&Val<'a>>) -> Result<'a> {
        // The parser makes no command without an operand.
        let Some((first, nodes)) = command.args.split_first() else { return Ok(Val::INVALID) };
        let args = Args { nodes, last };
        match first {
            Node::Field(_, fields) => {
                self.at = At::Node(first);
                self.fields(dot, dot.clone(), fields, args, first)
            }
            Node::Chain(..) => self.chain(dot, first, args),
            Node::Ident(_, func) => {
                self.at = At::Node(first);
                self.function(dot, *func, At::Command(command), args)
            }
            Node::Pipe(pipe) => {
                self.not_a_function(first, args)?;
                self.pipeline(dot, pipe)
            }
            Node::Variable(variable) => self.variable(dot, variable, args, first),
            _ => {
                self.at = At::Node(first);
                self.not_a_function(first, args)?;
                match first {
                    Node::Dot(_) => Ok(dot.clone()),
                    Node::Nil(_) => Err(self.error("nil is not a command".to_owned())),
                    literal => self.literal(literal),
                }
            }
        }
    }

    fn not_a_function(&self, first: &Node, args: Args<'a, '_>) -> std::result::Result<(), Error> {
        if args.is_empty() {
            Ok(())
        } else {
            Err(self.error(format!("can't give argument to non-function {}", first.show())))
        }
    }

    /// The value of a constant where no type is asked for.
    fn literal(&self, node: &'a Node) -> Result<'a> {
        match node {
            Node::Bool(_, value) => Ok(Val::from(Data::Bool(*value))),
            Node::Str(_, text) => Ok(Val::from(Data::Str(&text.value))),
            Node::Number(_, number) => self.number(number),
            _ => Ok(Val::INVALID),
        }
    }

    fn number(&self, number: &Number) -> Result<'a> {
        match (number.float, number.int) {
            (Some(float), _) if number.looks_like_float() => Ok(Val::from(Data::Float(float))),
            (_, Some(int)) => Ok(Val::from(Data::Int(int))),
            _ => Err(self.error(format!("{} overflows int", number.text))),
        }
    }

    fn chain(&mut self, dot: &Val<'a>, node: &'a Node, args: Args<'a, '_>) -> Result<'a> {
        self.at = At::Node(node);
        let Node::Chain(_, inner, fields) = node else { return Ok(Val::INVALID) };
        let receiver = self.argument(dot, None, inner)?;
        self.fields(dot, receiver, fields, args, node)
    }

    fn variable(&mut self, dot: &Val<'a>, variable: &'a Variable, args: Args<'a, '_>, node: &'a Node) -> Result<'a> {
        self.at = At::Node(node);
        let value = self.var(&variable.name)?;
        if variable.fields.is_empty() {
            self.not_a_function(node, args)?;
            return Ok(value);
        }
        self.fields(dot, value, &variable.fields, args, node)
    }

    /// `.X.Y.Z` of a receiver; the last may be a method, and takes the arguments.
    fn fields(
        &mut self,
        dot: &Val<'a>,
        receiver: Val<'a>,
        fields: &'a [Box<str>],
        args: Args<'a, '_>,
        node: &'a Node,
    ) -> Result<'a> {
        let Some((last, before)) = fields.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for field in before {
            receiver = self.field(dot, field, Args::NONE, receiver, node)?;
        }
        self.field(dot, last, args, receiver, node)
    }

    fn field(
        &mut self,
        dot: &Val<'a>,
        name: &'a str,
        args: Args<'a, '_>,
        receiver: Val<'a>,
        node: &'a Node,
    ) -> Result<'a> {
        if !receiver.is_valid() {
            return Ok(Val::INVALID);
        }
        let original = receiver.clone();
        let (receiver, is_nil) = receiver.indirect();
        if is_nil && receiver.in_interface {
            return Err(self.error(format!("nil pointer evaluating {}.{name}", original.type_name())));
        }
        // A nil pointer to a time knows the methods too, but they can't be called.
        let asked = if receiver.is_nil_time() { Val::zero(&Type::Time) } else { receiver.clone() };
        if let Some(method) = Method::of(&asked, name) {
            let values = self.arguments(dot, name, method.signature(), args)?;
            if is_nil {
                self.at = At::Node(node);
                let why = format!("value method time.Time.{name} called using nil *Time pointer");
                return Err(self.error(format!("error calling {name}: {why}")));
            }
            return Ok(method.call(&receiver, &values));
        }
        match (&receiver.data, receiver.kind()) {
            (Data::Struct(value), _) => {
                if let Some(position) = value.ty.position(name) {
                    self.check_field(name, &original, args)?;
                    return Ok(Val::element(&value.values[position], &value.ty.fields[position].1));
                }
            }
            (Data::ZeroOf(Type::Struct(ty)), _) => {
                if let Some(position) = ty.position(name) {
                    self.check_field(name, &original, args)?;
                    return Ok(Val::zero(&ty.fields[position].1));
                }
            }
            (Data::Time(_), _) if TIME_FIELDS.contains(&name) => {
                self.check_field(name, &original, args)?;
            }
            (_, Kind::Map) => {
                if !args.is_empty() {
                    return Err(self.error(format!("{name} is not a method but has arguments")));
                }
                let Data::Map(map) = &receiver.data else { return Ok(Val::INVALID) };
                let entry = map.entries.get(name);
                return Ok(entry.map_or(Val::INVALID, |entry| Val::element(entry, map.elem)));
            }
            _ if receiver.is_nil_time() && !TIME_FIELDS.contains(&name) => {}
            _ if is_nil && receiver.pointed_struct().is_none_or(|ty| ty.position(name).is_some()) => {
                return Err(self.error(format!("nil pointer evaluating {}.{name}", original.type_name())));
            }
            _ => {}
        }
        Err(self.error(format!("can't evaluate field {name} in type {}", original.type_name())))
    }

    fn check_field(&self, name: &str, owner: &Val<'a>, args: Args<'a, '_>) -> std::result::Result<(), Error> {
        if !name.chars().next().is_some_and(char::is_uppercase) {
            let owner = owner.type_name();
            return Err(self.error(format!("{name} is an unexported field of struct type {owner}")));
        }
        if !args.is_empty() {
            return Err(self.error(format!("{name} has arguments but cannot be invoked as function")));
        }
        Ok(())
    }

    fn function(&mut self, dot: &Val<'a>, func: Func, at: At<'a>, args: Args<'a, '_>) -> Result<'a> {
        if matches!(func, Func::And | Func::Or) {
            return self.and_or(dot, func, args);
        }
        let values = self.arguments(dot, func.name(), func.signature(), args)?;
        self.count_text(&values)?;
        let answer = match func {
            Func::Call => Err(self.call_message(&values, args)),
            func => func.call(&values, &self.template.funcs, self.limits.output),
        };
        let made = answer.map_err(|message| {
            self.at = at;
            self.error(format!("error calling {}: {message}", func.name()))
        })?;
        self.count_text(std::slice::from_ref(&made))?;
        Ok(made)
    }

    /// `call` calls a function held by a value, and no value holds one.
    fn call_message(&self, values: &[Val<'a>], args: Args<'a, '_>) -> String {
        let Some(callee) = values.first().filter(|callee| !matches!(callee.data, Data::Invalid)) else {
            return "call of nil".to_owned();
        };
        let name = match (args.nodes.first(), args.last) {
            (Some(node), _) => match node {
                Node::Pipe(pipe) => At::Pipe(pipe).show(),
                node => node.show(),
            },
            (None, Some(Val { data: Data::Invalid, .. }) | None) => "<invalid Value>".to_owned(),
            (None, Some(last)) => match last.as_bytes() {
                Some(text) => super::quote::lossy(text),
                None => format!("<{} Value>", last.type_name()),
            },
        };
        format!("non-function {name} of type {}", callee.concrete_type_name())
    }

    /// `and` and `or` stop at the argument that decides.
    fn and_or(&mut self, dot: &Val<'a>, func: Func, args: Args<'a, '_>) -> Result<'a> {
        self.check_count(func.name(), func.signature(), args)?;
        let mut value = Val::INVALID;
        for node in args.nodes {
            value = self.argument(dot, Some(Param::Value), node)?;
            if value.truth() == (func == Func::Or) {
                return Ok(value);
            }
        }
        Ok(args.last.cloned().unwrap_or(value))
    }

    fn check_count(&self, name: &str, signature: Signature, args: Args<'a, '_>) -> std::result::Result<(), Error> {
        let given = args.nodes.len() + usize::from(args.last.is_some());
        let wanted = signature.fixed.len();
        if signature.variadic.is_some() {
            if given < wanted {
                let got = args.nodes.len();
                return Err(self.error(format!("wrong number of args for {name}: want at least {wanted} got {got}")));
            }
        } else if given != wanted {
            return Err(self.error(format!("wrong number of args for {name}: want {wanted} got {given}")));
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        dot: &Val<'a>,
        name: &str,
        signature: Signature,
        args: Args<'a, '_>,
    ) -> std::result::Result<Vec<Val<'a>>, Error> {
        self.check_count(name, signature, args)?;
        let mut values = Vec::with_capacity(args.nodes.len() + 1);
        // The count fits, so behind the fixed parameters there is a type for all others.
        let param = |at: usize| signature.fixed.get(at).copied().or(signature.variadic).unwrap_or(Param::Value);
        for node in args.nodes {
            values.push(self.argument(dot, Some(param(values.len())), node)?);
        }
        if let Some(last) = args.last {
            values.push(self.validate(last.clone(), Some(param(values.len())))?);
        }
        Ok(values)
    }

    /// The value of an argument for a parameter; `None` where no type is asked for.
    fn argument(&mut self, dot: &Val<'a>, param: Option<Param>, node: &'a Node) -> Result<'a> {
        self.at = At::Node(node);
        let value = match node {
            Node::Dot(_) => dot.clone(),
            Node::Nil(_) => match param {
                Some(param) if !param.can_be_nil() => {
                    return Err(self.error(format!("cannot assign nil to {}", param.name())));
                }
                _ => return Ok(Val::INVALID),
            },
            Node::Field(_, fields) => self.fields(dot, dot.clone(), fields, Args::NONE, node)?,
            Node::Variable(variable) => self.variable(dot, variable, Args::NONE, node)?,
            Node::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Node::Ident(_, func) => self.function(dot, *func, At::Node(node), Args::NONE)?,
            Node::Chain(..) => self.chain(dot, node, Args::NONE)?,
            Node::Bool(..) | Node::Number(..) | Node::Str(..) => return self.constant(param, node),
        };
        self.validate(value, param)
    }

    /// The value of a constant for a parameter: its spelling may fit several types.
    fn constant(&self, param: Option<Param>, node: &'a Node) -> Result<'a> {
        let expected = |what: &str| Err(self.error(format!("expected {what}; found {}", node.show())));
        match (param, node) {
            (None | Some(Param::Any | Param::Value), _) | (Some(Param::String), Node::Str(..)) => self.literal(node),
            (Some(Param::Bool), Node::Bool(..)) => self.literal(node),
            (Some(Param::Int), Node::Number(_, Number { int: Some(int), .. })) => Ok(Val::from(Data::Int(*int))),
            (Some(Param::String), _) => expected("string"),
            (Some(Param::Bool), _) => expected("bool"),
            (Some(Param::Int), _) => expected("integer"),
            (Some(param @ Param::Time), _) => {
                Err(self.error(format!("can't handle {} for arg of type {}", node.show(), param.name())))
            }
        }
    }

    /// Checks that a value can be passed for a parameter.
    fn validate(&self, value: Val<'a>, param: Option<Param>) -> Result<'a> {
        let Some(param) = param else { return Ok(value) };
        if !value.is_valid() {
            if param.can_be_nil() {
                return Ok(Val::INVALID);
            }
            return Err(self.error(format!("invalid value; expected {}", param.name())));
        }
        if param == Param::Value {
            return Ok(value);
        }
        if param.takes(&value) {
            return Ok(value.unwrapped());
        }
        // One step through a pointer is allowed.
        match value.data {
            Data::Pointer(target) if param.takes(&Val::new(target)) => return Ok(Val::new(target)),
            Data::ZeroOf(Type::Pointer(target)) if param.is_type(target) => {
                return Err(self.error(format!("dereference of nil pointer of type {}", param.name())));
            }
            _ => {}
        }
        let got = if matches!(value.data, Data::Invalid) { value.type_name() } else { value.concrete_type_name() };
        Err(self.error(format!("wrong type for value; expected {}; got {got}", param.name())))
    }
}
