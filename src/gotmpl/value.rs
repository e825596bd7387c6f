//! Values that templates are given: what Go programs would pass as structs, maps, slices and scalars.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Error;
use super::time::Time;
use super::types::{StructType, Type};

/// A Go value; each variant stands for the Go type named in its line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Untyped nil, or a nil `interface {}`.
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `int64`
    Int64(i64),
    /// `uint`
    Uint(u64),
    /// `float64`
    Float(f64),
    /// `string`
    Str(Arc<str>),
    /// `[]interface {}`
    List(Vec<Value>),
    /// `map[string]interface {}`
    Map(BTreeMap<String, Value>),
    /// A struct held by value.
    Struct(Struct),
    /// A pointer that isn't nil, to a struct.
    Pointer(Arc<Value>),
    /// A slice whose elements have one static type: `[]string`, `[]config.Link`.
    Slice(Slice),
    /// A map from strings to values of one static type: `map[string]string`.
    Dict(Dict),
    /// A nil pointer, slice or map of the given type.
    NilOf(Type),
    /// `time.Time` in UTC.
    Time(Time),
}

/// A slice whose elements have one static type.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    pub(super) elem: Type,
    pub(super) items: Vec<Value>,
}

impl Slice {
    /// A slice `[]elem`.
    ///
    /// # Errors
    /// When an item isn't of that type.
    pub fn new(elem: Type, items: Vec<Value>) -> Result<Slice, Error> {
        for item in &items {
            item.check(&elem, "element of a slice")?;
        }
        Ok(Slice { elem, items })
    }

    /// The elements.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

/// A map from strings to values of one static type.
#[derive(Debug, Clone, PartialEq)]
pub struct Dict {
    pub(super) name: Option<Arc<str>>,
    pub(super) elem: Type,
    pub(super) entries: BTreeMap<String, Value>,
}

impl Dict {
    /// A map `map[string]elem`, or of a named type made of it.
    ///
    /// # Errors
    /// When a value isn't of that type.
    pub fn new(name: Option<&str>, elem: Type, entries: BTreeMap<String, Value>) -> Result<Dict, Error> {
        for (key, value) in &entries {
            value.check(&elem, key)?;
        }
        Ok(Dict { name: name.map(Arc::from), elem, entries })
    }

    /// The entries.
    pub fn entries(&self) -> &BTreeMap<String, Value> {
        &self.entries
    }
}

/// A struct value: a type and one value for each of its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    pub(super) ty: Arc<StructType>,
    pub(super) values: Vec<Value>,
}

impl Struct {
    /// A struct of a declared type, its values in the order of declaration.
    ///
    /// # Errors
    /// When the number of values or the type of one of them isn't the declared one.
    pub fn new(ty: &Arc<StructType>, values: Vec<Value>) -> Result<Struct, Error> {
        if values.len() != ty.fields.len() {
            return Err(Error::data(format!(
                "{} has {} fields, but {} values were given",
                ty.name,
                ty.fields.len(),
                values.len()
            )));
        }
        for ((name, field), value) in ty.fields.iter().zip(&values) {
            value.check(field, name)?;
        }
        Ok(Struct { ty: Arc::clone(ty), values })
    }

    /// Starts a struct whose type follows from the values of its fields.
    pub fn build(type_name: &str) -> StructBuilder {
        StructBuilder { name: Box::from(type_name), fields: Vec::new(), values: Vec::new() }
    }

    /// The value of a field; `None` when the type has no such field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.ty.position(field).and_then(|at| self.values.get(at))
    }

    /// Replaces the value of a field. False, and nothing done, when there is no such field or the value isn't of its
    /// type.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) -> bool {
        let value = value.into();
        let Some(at) = self.ty.position(field) else { return false };
        if value.check(&self.ty.fields[at].1, field).is_err() {
            return false;
        }
        self.values[at] = value;
        true
    }
}

/// Builds a struct field by field; see [`Struct::build`].
#[derive(Debug)]
pub struct StructBuilder {
    name: Box<str>,
    fields: Vec<(Box<str>, Type)>,
    values: Vec<Value>,
}

impl StructBuilder {
    /// Adds a field of the value's own type; of type `interface {}` for [`Value::Nil`].
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> StructBuilder {
        let value = value.into();
        self.fields.push((Box::from(name), value.type_of()));
        self.values.push(value);
        self
    }

    /// Adds a field of type `interface {}`.
    pub fn any(mut self, name: &str, value: impl Into<Value>) -> StructBuilder {
        self.fields.push((Box::from(name), Type::Any));
        self.values.push(value.into());
        self
    }

    /// The struct.
    pub fn finish(self) -> Struct {
        Struct { ty: Arc::new(StructType { name: self.name, fields: self.fields }), values: self.values }
    }

    /// The struct as a value.
    pub fn value(self) -> Value {
        Value::Struct(self.finish())
    }
}

impl Value {
    /// The value's type; [`Type::Any`] for nil.
    pub fn type_of(&self) -> Type {
        match self {
            Value::Nil => Type::Any,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Int64(_) => Type::Int64,
            Value::Uint(_) => Type::Uint,
            Value::Float(_) => Type::Float,
            Value::Str(_) => Type::String,
            Value::List(_) => Type::slice_of(Type::Any),
            Value::Map(_) => Type::dict_of(Type::Any),
            Value::Struct(value) => Type::Struct(Arc::clone(&value.ty)),
            Value::Pointer(target) => Type::Pointer(Box::new(target.type_of())),
            Value::Slice(slice) => Type::slice_of(slice.elem.clone()),
            Value::Dict(dict) => Type::Dict { name: dict.name.clone(), elem: Box::new(dict.elem.clone()) },
            Value::NilOf(ty) => ty.clone(),
            Value::Time(_) => Type::Time,
        }
    }

    /// `[]string`
    pub fn strings<I, S>(items: I) -> Value
    where
        I: IntoIterator<Item = S>,
        S: Into<Arc<str>>,
    {
        let items = items.into_iter().map(|item| Value::Str(item.into())).collect();
        Value::Slice(Slice { elem: Type::String, items })
    }

    /// `map[string]string`
    pub fn string_map<I, K, V>(entries: I) -> Value
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<String>,
        V: Into<Arc<str>>,
    {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), Value::Str(value.into()))).collect();
        Value::Dict(Dict { name: None, elem: Type::String, entries })
    }

    /// A named map of strings: `type_name` is how Go prints it, as `env.Vars`.
    pub fn named_string_map<I, K, V>(type_name: &str, entries: I) -> Value
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<String>,
        V: Into<Arc<str>>,
    {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), Value::Str(value.into()))).collect();
        Value::Dict(Dict { name: Some(Arc::from(type_name)), elem: Type::String, entries })
    }

    /// `[]T` for a struct T.
    ///
    /// # Errors
    /// When one of the structs is of another type.
    pub fn structs(ty: &Arc<StructType>, items: Vec<Struct>) -> Result<Value, Error> {
        let items = items.into_iter().map(Value::Struct).collect();
        Ok(Value::Slice(Slice::new(Type::Struct(Arc::clone(ty)), items)?))
    }

    /// A pointer to a struct.
    pub fn pointer(to: Struct) -> Value {
        Value::Pointer(Arc::new(Value::Struct(to)))
    }

    /// A nil pointer to a struct: a field of it is an error, as in Go.
    pub fn nil_pointer(ty: &Arc<StructType>) -> Value {
        Value::NilOf(Type::pointer_to(ty))
    }

    fn check(&self, ty: &Type, what: &str) -> Result<(), Error> {
        let own = match (ty, self) {
            (Type::Any, _) => return Ok(()),
            _ => self.type_of(),
        };
        if own == *ty { Ok(()) } else { Err(Error::data(format!("{what}: expected {ty}, got {own}"))) }
    }
}

macro_rules! from {
    ($($from:ty, $value:ident => $into:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Value {
                $into
            }
        }
    )*};
}

from! {
    bool, v => Value::Bool(v);
    i32, v => Value::Int(i64::from(v));
    i64, v => Value::Int(v);
    u32, v => Value::Int(i64::from(v));
    u64, v => Value::Uint(v);
    usize, v => i64::try_from(v).map_or(Value::Uint(v as u64), Value::Int);
    f64, v => Value::Float(v);
    &str, v => Value::Str(Arc::from(v));
    String, v => Value::Str(Arc::from(v));
    &String, v => Value::Str(Arc::from(v.as_str()));
    Arc<str>, v => Value::Str(v);
    Time, v => Value::Time(v);
    Struct, v => Value::Struct(v);
    Vec<Value>, v => Value::List(v);
    BTreeMap<String, Value>, v => Value::Map(v);
    Slice, v => Value::Slice(v);
    Dict, v => Value::Dict(v);
}
