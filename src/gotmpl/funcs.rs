//! The functions and methods a template can call: names, parameters, and Go's built-ins.

use super::compare::{self, Comparison};
use super::escape;
use super::format::Printer;
use super::helpers::Funcs;
use super::quote::lossy;
use super::runtime::{Data, Kind, List, Val};
use super::types::Type;

/// A function or a method of a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Func {
    And,
    Or,
    Not,
    Compare(Comparison),
    Len,
    Index,
    Slice,
    Print,
    Printf,
    Println,
    Html,
    Js,
    Urlquery,
    Call,
    EnvOr,
    Default,
    Ternary,
    Join,
    Indent,
    TrimPrefix,
    ToLower,
    Slug,
    TruncSha,
    Now,
}

/// Type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Param {
    /// `reflect.Value`: the value as it is, nil and missing ones too.
    Value,
    /// `interface {}`
    Any,
    String,
    Int,
    Bool,
    Time,
}

impl Param {
    pub(super) fn name(self) -> &'static str {
        match self {
            Param::Value => "reflect.Value",
            Param::Any => "interface {}",
            Param::String => "string",
            Param::Int => "int",
            Param::Bool => "bool",
            Param::Time => "time.Time",
        }
    }

    /// Whether a value is of the type as it stands.
    pub(super) fn takes(self, value: &Val<'_>) -> bool {
        match self {
            Param::Value | Param::Any => true,
            Param::String => value.kind() == Kind::String,
            Param::Int => matches!(value.data, Data::Int(_)),
            Param::Bool => value.kind() == Kind::Bool,
            Param::Time => matches!(value.data, Data::Time(_)),
        }
    }

    /// Whether it is this type.
    pub(super) fn is_type(self, ty: &Type) -> bool {
        match self {
            Param::Value | Param::Any => false,
            Param::String => *ty == Type::String,
            Param::Int => *ty == Type::Int,
            Param::Bool => *ty == Type::Bool,
            Param::Time => *ty == Type::Time,
        }
    }

    pub(super) fn can_be_nil(self) -> bool {
        matches!(self, Param::Value | Param::Any)
    }
}

/// Parameters: the fixed ones, and the type of any number of further ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    pub(super) fixed: &'static [Param],
    pub(super) variadic: Option<Param>,
}

impl Signature {
    pub(super) const fn fixed(fixed: &'static [Param]) -> Signature {
        Signature { fixed, variadic: None }
    }

    const fn variadic(fixed: &'static [Param], rest: Param) -> Signature {
        Signature { fixed, variadic: Some(rest) }
    }
}

/// What a call gives: a value, or what is wrong.
pub(super) type Answer<'a> = Result<Val<'a>, String>;

impl Func {
    /// Go's own function of that name.
    pub(super) fn builtin(name: &str) -> Option<Func> {
        Some(match name {
            "and" => Func::And,
            "or" => Func::Or,
            "not" => Func::Not,
            "eq" => Func::Compare(Comparison::Eq),
            "ne" => Func::Compare(Comparison::Ne),
            "lt" => Func::Compare(Comparison::Lt),
            "le" => Func::Compare(Comparison::Le),
            "gt" => Func::Compare(Comparison::Gt),
            "ge" => Func::Compare(Comparison::Ge),
            "len" => Func::Len,
            "index" => Func::Index,
            "slice" => Func::Slice,
            "print" => Func::Print,
            "printf" => Func::Printf,
            "println" => Func::Println,
            "html" => Func::Html,
            "js" => Func::Js,
            "urlquery" => Func::Urlquery,
            "call" => Func::Call,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Func::And => "and",
            Func::Or => "or",
            Func::Not => "not",
            Func::Compare(comparison) => comparison.name(),
            Func::Len => "len",
            Func::Index => "index",
            Func::Slice => "slice",
            Func::Print => "print",
            Func::Printf => "printf",
            Func::Println => "println",
            Func::Html => "html",
            Func::Js => "js",
            Func::Urlquery => "urlquery",
            Func::Call => "call",
            Func::EnvOr => "envOr",
            Func::Default => "default",
            Func::Ternary => "ternary",
            Func::Join => "join",
            Func::Indent => "indent",
            Func::TrimPrefix => "trimPrefix",
            Func::ToLower => "toLower",
            Func::Slug => "slug",
            Func::TruncSha => "truncSHA",
            Func::Now => "now",
        }
    }

    pub(super) fn signature(self) -> Signature {
        use Param as P;
        match self {
            Func::And | Func::Or | Func::Index | Func::Slice | Func::Call => Signature::variadic(&[P::Value], P::Value),
            Func::Compare(Comparison::Eq) => Signature::variadic(&[P::Value], P::Value),
            Func::Compare(_) => Signature::fixed(&[P::Value, P::Value]),
            Func::Not | Func::Len => Signature::fixed(&[P::Value]),
            Func::Print | Func::Println | Func::Html | Func::Js | Func::Urlquery => Signature::variadic(&[], P::Any),
            Func::Printf => Signature::variadic(&[P::String], P::Any),
            Func::EnvOr | Func::TrimPrefix => Signature::fixed(&[P::String, P::String]),
            Func::Default | Func::Join => Signature::fixed(&[P::Value, P::String]),
            Func::Ternary => Signature::fixed(&[P::Bool, P::Any, P::Any]),
            Func::Indent => Signature::fixed(&[P::Int, P::String]),
            Func::ToLower | Func::Slug | Func::TruncSha => Signature::fixed(&[P::String]),
            Func::Now => Signature::fixed(&[]),
        }
    }

    /// Calls the function. The arguments fit its signature; `limit` is the most bytes a text may have.
    pub(super) fn call<'a>(self, args: &[Val<'a>], funcs: &'a Funcs, limit: usize) -> Answer<'a> {
        match self {
            Func::Not => Ok(Val::from(Data::Bool(!args[0].truth()))),
            Func::Compare(comparison) => Ok(Val::from(Data::Bool(comparison.apply(&args[0], &args[1..])?))),
            Func::Len => length(&args[0]),
            Func::Index => index(args[0].clone(), &args[1..]),
            Func::Slice => slice(args[0].clone(), &args[1..]),
            Func::Print => text(limit, |printer| printer.print(args)),
            Func::Printf => text(limit, |printer| printer.printf(args[0].as_bytes().unwrap_or_default(), &args[1..])),
            Func::Println => text(limit, |printer| printer.println(args)),
            Func::Html => escaped(args, limit, escape::html),
            Func::Js => escaped(args, limit, escape::js),
            Func::Urlquery => escaped(args, limit, escape::query),
            // Evaluated where they stand: they stop at the argument that decides, or need its spelling.
            Func::And | Func::Or | Func::Call => Err(format!("{} is evaluated in place", self.name())),
            _ => funcs.call(self, args, limit),
        }
    }
}

/// The message when a function's text would be longer than the limit.
pub(super) fn too_long(limit: usize) -> String {
    format!("text is longer than {limit} bytes")
}

fn text<'a>(limit: usize, write: impl FnOnce(&mut Printer<'_>)) -> Answer<'a> {
    let mut bytes = Vec::new();
    let mut printer = Printer::new(&mut bytes, limit);
    write(&mut printer);
    if printer.is_over_limit() { Err(too_long(limit)) } else { Ok(Val::made(bytes)) }
}

fn escaped<'a>(args: &[Val<'_>], limit: usize, escape: fn(&[u8]) -> Vec<u8>) -> Answer<'a> {
    let bytes = escape(&joined(args, limit)?);
    if bytes.len() > limit { Err(too_long(limit)) } else { Ok(Val::made(bytes)) }
}

/// The arguments as one text, each as it would be printed alone.
fn joined(args: &[Val<'_>], limit: usize) -> Result<Vec<u8>, String> {
    if let [arg] = args
        && let Some(text) = arg.as_bytes()
    {
        return Ok(text.to_vec());
    }
    let shown: Vec<Val<'_>> = args.iter().map(printable).collect();
    let mut bytes = Vec::new();
    let mut printer = Printer::new(&mut bytes, limit);
    printer.print(&shown);
    if printer.is_over_limit() { Err(too_long(limit)) } else { Ok(bytes) }
}

/// What an action prints for a value: what a pointer points to, and words for nothing at all.
pub(super) fn printable<'a>(value: &Val<'a>) -> Val<'a> {
    match value.data {
        Data::Pointer(_) => value.clone().indirect().0,
        Data::Invalid => Val::from(Data::Str(b"<no value>")),
        _ => value.clone(),
    }
}

fn length<'a>(item: &Val<'a>) -> Answer<'a> {
    let (item, is_nil) = item.clone().indirect();
    if is_nil {
        return Err("len of nil pointer".to_owned());
    }
    match item.length() {
        Some(length) => Ok(Val::from(Data::Int(length as i64))),
        None if !item.is_valid() => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        None => Err(format!("len of type {}", item.type_name())),
    }
}

/// An index into a slice or string of the given capacity.
fn position(index: &Val<'_>, capacity: usize) -> Result<usize, String> {
    // `index` takes an index out of its interface beforehand, `slice` doesn't.
    if index.in_interface {
        return Err(format!("cannot index slice/array with type {}", index.type_name()));
    }
    let at = match (index.as_int(), index.as_uint()) {
        (Some(at), _) => at,
        // Go converts without a check, and then finds the number negative.
        (_, Some(at)) => at as i64,
        _ if !index.is_valid() => return Err("cannot index slice/array with nil".to_owned()),
        _ => return Err(format!("cannot index slice/array with type {}", index.type_name())),
    };
    match usize::try_from(at) {
        Ok(position) if position <= capacity => Ok(position),
        _ => Err(format!("index out of range: {at}")),
    }
}

fn index<'a>(item: Val<'a>, indexes: &[Val<'a>]) -> Answer<'a> {
    let mut item = item.unwrapped();
    if !item.is_valid() {
        return Err("index of untyped nil".to_owned());
    }
    for index in indexes {
        let index = index.clone().unwrapped();
        let (found, is_nil) = item.indirect();
        if is_nil {
            return Err("index of nil pointer".to_owned());
        }
        item = match (&found.data, found.kind()) {
            (Data::List(list), _) => {
                let at = position(&index, list.len)?;
                list.get(at).ok_or("reflect: slice index out of range")?
            }
            (Data::ZeroOf(_), Kind::Slice) => {
                position(&index, 0)?;
                return Err("reflect: slice index out of range".to_owned());
            }
            (_, Kind::String) => {
                let text = found.as_bytes().unwrap_or_default();
                let at = position(&index, text.len())?;
                Val::from(Data::Uint8(*text.get(at).ok_or("reflect: string index out of range")?))
            }
            (Data::Map(map), _) => {
                let entry = lossy_key(&index)?.and_then(|key| map.entries.get(key));
                entry.map_or_else(|| Val::zero(map.elem), |entry| Val::element(entry, map.elem))
            }
            (Data::ZeroOf(Type::Dict { elem, .. }), _) => {
                lossy_key(&index)?;
                Val::zero(elem)
            }
            _ => return Err(format!("can't index item of type {}", found.type_name())),
        };
    }
    Ok(item)
}

/// A map's key; `None` for one that isn't UTF-8, which no map here has.
fn lossy_key<'k>(index: &'k Val<'_>) -> Result<Option<&'k str>, String> {
    match index.as_bytes() {
        Some(key) => Ok(std::str::from_utf8(key).ok()),
        None if !index.is_valid() => Err("value is nil; should be of type string".to_owned()),
        None => Err(format!("value has type {}; should be string", index.type_name())),
    }
}

fn slice<'a>(item: Val<'a>, indexes: &[Val<'a>]) -> Answer<'a> {
    let item = item.unwrapped();
    if !item.is_valid() {
        return Err("slice of untyped nil".to_owned());
    }
    let (item, is_nil) = item.indirect();
    if is_nil {
        return Err("slice of nil pointer".to_owned());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()));
    }
    let capacity = match (&item.data, item.kind()) {
        (_, Kind::String) if indexes.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        (Data::List(list), _) => list.items.len(),
        (_, Kind::String | Kind::Slice) => item.length().unwrap_or(0),
        _ => return Err(format!("can't slice item of type {}", item.type_name())),
    };
    let mut bounds = [0, item.length().unwrap_or(0), 0];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, capacity)?;
    }
    let [from, to, end] = bounds;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    if indexes.len() == 3 && to > end {
        return Err(format!("invalid slice index: {to} > {end}"));
    }
    match &item.data {
        Data::List(list) => {
            let end = if indexes.len() == 3 { end } else { list.items.len() };
            let items = &list.items[from..end];
            Ok(Val::from(Data::List(List { elem: list.elem, items, len: to - from })))
        }
        Data::Str(text) => {
            Ok(Val::from(Data::Str(text.get(from..to).ok_or("reflect.Value.Slice: string slice index out of bounds")?)))
        }
        Data::Made(text) => Ok(Val::made(text.get(from..to).unwrap_or_default().to_vec())),
        _ => Ok(item),
    }
}

/// Text for a message.
pub(super) fn show(value: &Val<'_>, verb: char) -> String {
    let mut bytes = Vec::new();
    Printer::new(&mut bytes, compare::SHOWN).value(value, verb);
    lossy(&bytes)
}
