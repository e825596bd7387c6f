//! Go types of the values a template works on, as `%T`, `%#v` and Go's error messages name them.

use std::fmt;
use std::sync::Arc;

/// A Go type. `Display` writes it the way Go's `reflect.Type` does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// `interface {}`: holds a value of any type, or nil.
    Any,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint`
    Uint,
    /// `float64`
    Float,
    /// `string`
    String,
    /// `time.Time`
    Time,
    /// A named struct.
    Struct(Arc<StructType>),
    /// `*T`
    Pointer(Box<Type>),
    /// `[]T`
    Slice(Box<Type>),
    /// `map[string]T`, or a named type made of it (`type Vars map[string]string`).
    Dict {
        /// The name, for a named map type: `env.Vars`.
        name: Option<Arc<str>>,
        /// The type of the map's values.
        elem: Box<Type>,
    },
}

impl Type {
    /// `[]T`
    pub fn slice_of(elem: Type) -> Type {
        Type::Slice(Box::new(elem))
    }

    /// `map[string]T`
    pub fn dict_of(elem: Type) -> Type {
        Type::Dict { name: None, elem: Box::new(elem) }
    }

    /// `*T` for a struct T.
    pub fn pointer_to(target: &Arc<StructType>) -> Type {
        Type::Pointer(Box::new(Type::Struct(Arc::clone(target))))
    }

    /// Go's `reflect.Type.Comparable`: whether `==` is defined on the type.
    pub(super) fn is_comparable(&self) -> bool {
        match self {
            Type::Slice(_) | Type::Dict { .. } => false,
            Type::Struct(ty) => ty.fields.iter().all(|(_, field)| field.is_comparable()),
            _ => true,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("interface {}"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Int64 => f.write_str("int64"),
            Type::Uint => f.write_str("uint"),
            Type::Float => f.write_str("float64"),
            Type::String => f.write_str("string"),
            Type::Time => f.write_str("time.Time"),
            Type::Struct(ty) => f.write_str(&ty.name),
            Type::Pointer(target) => write!(f, "*{target}"),
            Type::Slice(elem) => write!(f, "[]{elem}"),
            Type::Dict { name: Some(name), .. } => f.write_str(name),
            Type::Dict { name: None, elem } => write!(f, "map[string]{elem}"),
        }
    }
}

/// A Go struct type: its name and its fields in the order of their declaration.
#[derive(Debug, PartialEq)]
pub struct StructType {
    pub(super) name: Box<str>,
    pub(super) fields: Vec<(Box<str>, Type)>,
}

impl StructType {
    /// A struct type by its name as Go prints it (`config.Stack`) and its fields.
    pub fn new(name: &str, fields: &[(&str, Type)]) -> Arc<StructType> {
        let fields = fields.iter().map(|(name, ty)| (Box::from(*name), ty.clone())).collect();
        Arc::new(StructType { name: Box::from(name), fields })
    }

    /// The type's name with its package, as `%T` prints it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The place of a field among the type's fields.
    pub(super) fn position(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|(name, _)| **name == *field)
    }
}
