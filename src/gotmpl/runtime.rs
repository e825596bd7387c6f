//! Values while a template runs: what Go keeps in a `reflect.Value`. They borrow from the data and the template.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::time::Time;
use super::types::{StructType, Type};
use super::value::{Struct, Value};

/// A value, and whether it is held in an `interface {}`. Go's rules and messages depend on the latter.
#[derive(Debug, Clone)]
pub(super) struct Val<'a> {
    pub(super) data: Data<'a>,
    pub(super) in_interface: bool,
}

/// The data of a value.
#[derive(Debug, Clone)]
pub(super) enum Data<'a> {
    /// Go's zero `reflect.Value`; inside an interface: a nil interface.
    Invalid,
    Bool(bool),
    Int(i64),
    Int64(i64),
    Uint(u64),
    Uint8(u8),
    Uint64(u64),
    Month(i64),
    Weekday(i64),
    Float(f64),
    /// A string that stands in the data or the template.
    Str(&'a [u8]),
    /// A string made while running.
    Made(Rc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Struct(&'a Struct),
    /// A pointer that isn't nil, and what it points to.
    Pointer(&'a Value),
    /// The zero value of a pointer, slice, map or struct type: nil, but for the struct.
    ZeroOf(&'a Type),
    /// The location of a time in UTC, a nil pointer inside Go's `time.Time`.
    NilLocation,
    Time(Time),
}

/// A slice: `items` reach to its capacity.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) elem: &'a Type,
    pub(super) items: &'a [Value],
    pub(super) len: usize,
}

impl<'a> List<'a> {
    pub(super) fn get(&self, index: usize) -> Option<Val<'a>> {
        self.items[..self.len].get(index).map(|item| Val::element(item, self.elem))
    }
}

/// A map from strings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) elem: &'a Type,
    pub(super) entries: &'a BTreeMap<String, Value>,
}

/// Go's `reflect.Kind`, as coarse as the rules need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Invalid,
    Bool,
    Int,
    Uint,
    Float,
    String,
    Slice,
    Map,
    Struct,
    Pointer,
}

const ANY: &Type = &Type::Any;

impl<'a> From<Data<'a>> for Val<'a> {
    fn from(data: Data<'a>) -> Val<'a> {
        Val { data, in_interface: false }
    }
}

impl<'a> Val<'a> {
    /// Go's zero `reflect.Value`: the value of a map's missing key.
    pub(super) const INVALID: Val<'static> = Val { data: Data::Invalid, in_interface: false };

    /// A nil `interface {}`.
    pub(super) const NIL: Val<'static> = Val { data: Data::Invalid, in_interface: true };

    /// A value passed to a template as its data.
    pub(super) fn new(value: &'a Value) -> Val<'a> {
        Val::from(match value {
            Value::Nil => Data::Invalid,
            Value::Bool(value) => Data::Bool(*value),
            Value::Int(value) => Data::Int(*value),
            Value::Int64(value) => Data::Int64(*value),
            Value::Uint(value) => Data::Uint(*value),
            Value::Float(value) => Data::Float(*value),
            Value::Str(text) => Data::Str(text.as_bytes()),
            Value::List(items) => Data::List(List { elem: ANY, items, len: items.len() }),
            Value::Map(entries) => Data::Map(Map { name: None, elem: ANY, entries }),
            Value::Struct(value) => Data::Struct(value),
            Value::Pointer(target) => Data::Pointer(target),
            Value::Slice(slice) => Data::List(List { elem: &slice.elem, items: &slice.items, len: slice.items.len() }),
            Value::Dict(dict) => {
                Data::Map(Map { name: dict.name.as_deref(), elem: &dict.elem, entries: &dict.entries })
            }
            Value::NilOf(ty) => Data::ZeroOf(ty),
            Value::Time(time) => Data::Time(*time),
        })
    }

    /// A value held where the static type is `ty`: in a field, a slice or a map.
    pub(super) fn element(value: &'a Value, ty: &Type) -> Val<'a> {
        Val { in_interface: matches!(ty, Type::Any), ..Val::new(value) }
    }

    /// The zero value of a type, what `index` gives for a missing key.
    pub(super) fn zero(ty: &'a Type) -> Val<'a> {
        Val::from(match ty {
            Type::Any => return Val::NIL,
            Type::Bool => Data::Bool(false),
            Type::Int => Data::Int(0),
            Type::Int64 => Data::Int64(0),
            Type::Uint => Data::Uint(0),
            Type::Float => Data::Float(0.0),
            Type::String => Data::Str(b""),
            Type::Time => Data::Time(Time::from_unix(-62_135_596_800, 0)),
            Type::Struct(_) | Type::Pointer(_) | Type::Slice(_) | Type::Dict { .. } => Data::ZeroOf(ty),
        })
    }

    pub(super) fn made(text: Vec<u8>) -> Val<'a> {
        Val::from(Data::Made(Rc::from(text)))
    }

    /// Go's `reflect.Value.IsValid`.
    pub(super) fn is_valid(&self) -> bool {
        self.in_interface || !matches!(self.data, Data::Invalid)
    }

    /// The value inside an interface; the zero `reflect.Value` for a nil one.
    pub(super) fn unwrapped(mut self) -> Val<'a> {
        self.in_interface = false;
        self
    }

    pub(super) fn kind(&self) -> Kind {
        match &self.data {
            Data::Invalid => Kind::Invalid,
            Data::Bool(_) => Kind::Bool,
            Data::Int(_) | Data::Int64(_) | Data::Month(_) | Data::Weekday(_) => Kind::Int,
            Data::Uint(_) | Data::Uint8(_) | Data::Uint64(_) => Kind::Uint,
            Data::Float(_) => Kind::Float,
            Data::Str(_) | Data::Made(_) => Kind::String,
            Data::List(_) => Kind::Slice,
            Data::Map(_) => Kind::Map,
            Data::Struct(_) | Data::Time(_) => Kind::Struct,
            Data::Pointer(_) | Data::NilLocation => Kind::Pointer,
            Data::ZeroOf(ty) => match ty {
                Type::Slice(_) => Kind::Slice,
                Type::Dict { .. } => Kind::Map,
                Type::Struct(_) => Kind::Struct,
                _ => Kind::Pointer,
            },
        }
    }

    /// Whether the value holds others: a pointer to such a one is printed as `&` and what it points to.
    pub(super) fn has_parts(&self) -> bool {
        matches!(self.kind(), Kind::Slice | Kind::Map | Kind::Struct)
    }

    /// Whether the value is a nil pointer to a time.
    pub(super) fn is_nil_time(&self) -> bool {
        matches!(self.data, Data::ZeroOf(Type::Pointer(target)) if **target == Type::Time)
    }

    /// Whether the value is nil: a nil interface, pointer, slice or map.
    pub(super) fn is_nil(&self) -> bool {
        match self.data {
            Data::Invalid | Data::NilLocation => true,
            Data::ZeroOf(ty) => !matches!(ty, Type::Struct(_)),
            _ => false,
        }
    }

    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.data {
            Data::Str(text) => Some(text),
            Data::Made(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a signed integer kind.
    pub(super) fn as_int(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) | Data::Int64(value) | Data::Month(value) | Data::Weekday(value) => Some(value),
            _ => None,
        }
    }

    /// The number of an unsigned integer kind.
    pub(super) fn as_uint(&self) -> Option<u64> {
        match self.data {
            Data::Uint(value) | Data::Uint64(value) => Some(value),
            Data::Uint8(value) => Some(u64::from(value)),
            _ => None,
        }
    }

    /// `len`, where it is defined.
    pub(super) fn length(&self) -> Option<usize> {
        match &self.data {
            Data::Str(text) => Some(text.len()),
            Data::Made(text) => Some(text.len()),
            Data::List(list) => Some(list.len),
            Data::Map(map) => Some(map.entries.len()),
            Data::ZeroOf(Type::Slice(_) | Type::Dict { .. }) => Some(0),
            _ => None,
        }
    }

    /// Go's truth: not the zero of its type; a struct is always true.
    pub(super) fn truth(&self) -> bool {
        match &self.data {
            Data::Invalid => false,
            Data::Bool(value) => *value,
            Data::Float(value) => *value != 0.0,
            Data::Struct(_) | Data::Time(_) | Data::Pointer(_) => true,
            Data::ZeroOf(ty) => matches!(ty, Type::Struct(_)),
            _ => match (self.as_int(), self.as_uint(), self.length()) {
                (Some(value), ..) => value != 0,
                (_, Some(value), _) => value != 0,
                (.., length) => length.unwrap_or(0) > 0,
            },
        }
    }

    /// Follows pointers, as Go's `indirect` does; a nil one stays, and the flag says so.
    pub(super) fn indirect(self) -> (Val<'a>, bool) {
        let mut value = self;
        loop {
            match value.data {
                Data::Pointer(target) => value = Val::new(target),
                Data::Invalid => {
                    let nil = value.in_interface;
                    return (value, nil);
                }
                Data::ZeroOf(Type::Pointer(_)) => return (value.unwrapped(), true),
                _ => return (value.unwrapped(), false),
            }
        }
    }

    /// The name of the value's type; of the value in an interface, `interface {}`.
    pub(super) fn type_name(&self) -> String {
        if self.in_interface { "interface {}".to_owned() } else { self.concrete_type_name() }
    }

    /// The name of the type of the data, in an interface or not.
    pub(super) fn concrete_type_name(&self) -> String {
        let name = match &self.data {
            Data::Invalid => "<nil>",
            Data::NilLocation => "*time.Location",
            Data::Bool(_) => "bool",
            Data::Int(_) => "int",
            Data::Int64(_) => "int64",
            Data::Uint(_) => "uint",
            Data::Uint8(_) => "uint8",
            Data::Uint64(_) => "uint64",
            Data::Month(_) => "time.Month",
            Data::Weekday(_) => "time.Weekday",
            Data::Float(_) => "float64",
            Data::Str(_) | Data::Made(_) => "string",
            Data::Time(_) => "time.Time",
            Data::List(list) => return format!("[]{}", list.elem),
            Data::Map(Map { name: Some(name), .. }) => name,
            Data::Map(map) => return format!("map[string]{}", map.elem),
            Data::Struct(value) => value.ty.name(),
            Data::Pointer(target) => return format!("*{}", target.type_of()),
            Data::ZeroOf(ty) => return ty.to_string(),
        };
        name.to_owned()
    }

    /// The struct type that a nil pointer would point to.
    pub(super) fn pointed_struct(&self) -> Option<&'a StructType> {
        match self.data {
            Data::ZeroOf(Type::Pointer(target)) => match &**target {
                Type::Struct(ty) => Some(ty),
                _ => None,
            },
            _ => None,
        }
    }
}
