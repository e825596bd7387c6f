//! `eq ne lt le gt ge`: Go's rules for which values can be compared, and how.

use super::funcs::show;
use super::runtime::{Data, Kind, Val};
use super::types::Type;
use super::value::Value;

/// How many bytes of a value a message shows before it is cut.
pub(super) const SHOWN: usize = 1 << 16;

/// A comparing function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Kinds that have an order or at least equality by value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Basic {
    None,
    Bool,
    Int,
    Uint,
    Float,
    String,
}

fn basic(value: &Val<'_>) -> Basic {
    match value.kind() {
        Kind::Bool => Basic::Bool,
        Kind::Int => Basic::Int,
        Kind::Uint => Basic::Uint,
        Kind::Float => Basic::Float,
        Kind::String => Basic::String,
        _ => Basic::None,
    }
}

const BAD_TYPE: &str = "invalid type for comparison";

impl Comparison {
    pub(super) fn name(self) -> &'static str {
        match self {
            Comparison::Eq => "eq",
            Comparison::Ne => "ne",
            Comparison::Lt => "lt",
            Comparison::Le => "le",
            Comparison::Gt => "gt",
            Comparison::Ge => "ge",
        }
    }

    /// Compares the first value with the others; all but `eq` have one other.
    pub(super) fn apply(self, first: &Val<'_>, others: &[Val<'_>]) -> Result<bool, String> {
        let first = first.clone().unwrapped();
        let Some(second) = others.first() else {
            return Err("missing argument for comparison".to_owned());
        };
        let second = second.clone().unwrapped();
        let less_or_equal = || Ok::<bool, String>(less(&first, &second)? || equal(&first, &second)?);
        match self {
            Comparison::Eq => {
                for other in others {
                    if equal(&first, &other.clone().unwrapped())? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Comparison::Ne => Ok(!equal(&first, &second)?),
            Comparison::Lt => less(&first, &second),
            Comparison::Le => less_or_equal(),
            Comparison::Gt => Ok(!less_or_equal()?),
            Comparison::Ge => Ok(!less(&first, &second)?),
        }
    }
}

fn incompatible(first: &Val<'_>, second: &Val<'_>) -> String {
    format!("incompatible types for comparison: {} and {}", first.type_name(), second.type_name())
}

fn equal(first: &Val<'_>, second: &Val<'_>) -> Result<bool, String> {
    match (basic(first), basic(second)) {
        (Basic::None, Basic::None) => equal_other(first, second),
        (Basic::Bool, Basic::Bool) => Ok(first.truth() == second.truth()),
        (Basic::Int, Basic::Int) => Ok(first.as_int() == second.as_int()),
        (Basic::Uint, Basic::Uint) => Ok(first.as_uint() == second.as_uint()),
        (Basic::String, Basic::String) => Ok(first.as_bytes() == second.as_bytes()),
        (Basic::Float, Basic::Float) => {
            Ok(matches!((&first.data, &second.data), (Data::Float(a), Data::Float(b)) if a == b))
        }
        (Basic::Int, Basic::Uint) | (Basic::Uint, Basic::Int) => Ok(wide(first) == wide(second)),
        _ if first.is_valid() && second.is_valid() => Err(incompatible(first, second)),
        _ => Ok(false),
    }
}

/// An integer of any kind.
fn wide(value: &Val<'_>) -> Option<i128> {
    value.as_int().map(i128::from).or(value.as_uint().map(i128::from))
}

fn less(first: &Val<'_>, second: &Val<'_>) -> Result<bool, String> {
    let kinds = (basic(first), basic(second));
    if kinds.0 == Basic::None || kinds.1 == Basic::None {
        return Err(BAD_TYPE.to_owned());
    }
    match kinds {
        (Basic::Bool, Basic::Bool) => Err(BAD_TYPE.to_owned()),
        (Basic::String, Basic::String) => Ok(first.as_bytes() < second.as_bytes()),
        (Basic::Float, Basic::Float) => {
            Ok(matches!((&first.data, &second.data), (Data::Float(a), Data::Float(b)) if a < b))
        }
        (Basic::Int | Basic::Uint, Basic::Int | Basic::Uint) => Ok(wide(first) < wide(second)),
        _ => Err(incompatible(first, second)),
    }
}

/// Equality of what isn't basic: nil, or what Go's `==` can compare.
fn equal_other(first: &Val<'_>, second: &Val<'_>) -> Result<bool, String> {
    let (kind, other) = (first.kind(), second.kind());
    if kind != other && kind != Kind::Invalid && other != Kind::Invalid {
        return Err(format!(
            "non-comparable types {}: {}, {}: {}",
            show(first, 's'),
            first.type_name(),
            second.type_name(),
            show(second, 'v')
        ));
    }
    if first.is_nil() || second.is_nil() {
        return Ok(first.is_nil() == second.is_nil());
    }
    if !is_comparable(second) {
        return Err(format!("non-comparable type {}: {}", show(second, 's'), second.type_name()));
    }
    same(first, second)
}

fn is_comparable(value: &Val<'_>) -> bool {
    match &value.data {
        Data::List(_) | Data::Map(_) => false,
        Data::Struct(value) => value.ty.fields.iter().all(|(_, ty)| ty.is_comparable()),
        Data::ZeroOf(ty) => ty.is_comparable(),
        _ => true,
    }
}

/// Go's `==` on two values in interfaces.
fn same(first: &Val<'_>, second: &Val<'_>) -> Result<bool, String> {
    if first.concrete_type_name() != second.concrete_type_name() {
        return Ok(false);
    }
    match (&first.data, &second.data) {
        (Data::List(_), _) | (Data::Map(_), _) => {
            Err(format!("runtime error: comparing uncomparable type {}", first.concrete_type_name()))
        }
        (Data::Struct(a), Data::Struct(b)) => {
            for ((name, ty), (one, other)) in a.ty.fields.iter().zip(a.values.iter().zip(&b.values)) {
                if &**name != "_" && !same(&Val::element(one, ty).unwrapped(), &Val::element(other, ty).unwrapped())? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Data::Struct(value), Data::ZeroOf(_)) | (Data::ZeroOf(_), Data::Struct(value)) => {
            for ((_, ty), field) in value.ty.fields.iter().zip(&value.values) {
                if !same(&Val::element(field, ty).unwrapped(), &Val::zero(ty).unwrapped())? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Data::Pointer(a), Data::Pointer(b)) => Ok(std::ptr::eq::<Value>(*a, *b)),
        (Data::ZeroOf(Type::Slice(_) | Type::Dict { .. }), Data::ZeroOf(_)) => {
            Err(format!("runtime error: comparing uncomparable type {}", first.concrete_type_name()))
        }
        (Data::ZeroOf(_), Data::ZeroOf(_)) | (Data::Invalid, Data::Invalid) => Ok(true),
        (Data::Time(a), Data::Time(b)) => Ok(a == b),
        (Data::Pointer(_), _) | (_, Data::Pointer(_)) | (Data::ZeroOf(_), _) | (_, Data::ZeroOf(_)) => Ok(false),
        _ => equal(first, second),
    }
}
