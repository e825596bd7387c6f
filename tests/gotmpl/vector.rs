//! Reads the vectors that `vectors/main.go` writes, and compares what Go did with what we do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use codexctl_action::gotmpl::{Dict, Funcs, Limits, Slice, Struct, StructType, Template, Time, Type, Value};
use serde_json::Value as Json;

/// What a run over vectors found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Vectors that were compared.
    pub(crate) compared: usize,
    /// Of these, where Go gave an error.
    pub(crate) errors: usize,
    /// Vectors with constants that we refuse on purpose.
    pub(crate) complex: usize,
    /// What differs, written out.
    pub(crate) differences: Vec<String>,
}

/// Runs every vector of the given JSON lines.
pub(crate) fn compare(lines: &str) -> Report {
    let mut report = Report::default();
    let mut data: BTreeMap<String, Value> = BTreeMap::new();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let json: Json = serde_json::from_str(line).expect("a line of JSON");
        if let Some(name) = json["data"].as_str() {
            data.insert(name.to_owned(), value(&json["value"]));
            continue;
        }
        let data = &data[json["d"].as_str().unwrap_or("ctx")];
        let text = json["t"].as_str().expect("a template");
        let ours = run(json["n"].as_str().unwrap_or("t"), text, data);
        if matches!(&ours, Err(message) if message.contains("complex constants are not supported")) {
            report.complex += 1;
            continue;
        }
        let theirs = match (json["o"].as_str(), json["e"].as_str()) {
            (Some(output), None) => Ok(output.to_owned()),
            (None, Some(error)) => Err(error.to_owned()),
            _ => panic!("neither output nor error: {line}"),
        };
        report.compared += 1;
        report.errors += usize::from(theirs.is_err());
        if ours != theirs {
            let mut shown = String::new();
            let _ = write!(shown, "template {text:?} with {}\n  Go:   {theirs:?}\n  ours: {ours:?}", json["d"]);
            report.differences.push(shown);
        }
    }
    report
}

fn run(name: &str, text: &str, data: &Value) -> Result<String, String> {
    let env = [("A", "env-a"), ("EMPTY", ""), ("BLANK", " "), ("Ключ", "значение")];
    let env = env.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let funcs = Funcs::with_helpers(Arc::new(env), Time::from_unix(1_767_323_045, 0));
    let template = Template::parse(name, text, &funcs).map_err(|error| error.to_string())?;
    let rendered = template.render(data, &Limits::default()).map_err(|error| error.to_string())?;
    Ok(rendered.text)
}

fn value(json: &Json) -> Value {
    let object = match json {
        Json::Null => return Value::Nil,
        Json::Bool(value) => return Value::Bool(*value),
        Json::String(value) => return Value::from(value.as_str()),
        Json::Object(object) => object,
        other => panic!("not a described value: {other}"),
    };
    let list = |key: &str| object[key].as_array().expect("a list").iter().map(value).collect::<Vec<_>>();
    let (kind, inner) = object.iter().next().expect("a described value");
    match kind.as_str() {
        "int" => Value::Int(inner.as_i64().expect("an int")),
        "int64" => Value::Int64(inner.as_i64().expect("an int64")),
        "uint" => Value::Uint(inner.as_u64().expect("a uint")),
        "float" => Value::Float(inner.as_str().and_then(|text| text.parse().ok()).expect("a float")),
        "time" => {
            Value::Time(Time::from_unix(inner[0].as_i64().expect("seconds"), inner[1].as_u64().expect("nanos") as u32))
        }
        "nil" => Value::NilOf(type_of(inner)),
        "pointer" => Value::Pointer(Arc::new(value(inner))),
        "items" | "slice" => match type_of(&object["slice"]) {
            Type::Any => Value::List(list("items")),
            elem => Value::Slice(Slice::new(elem, list("items")).expect("items of their type")),
        },
        "dict" | "entries" => {
            let entries = object["entries"].as_object().expect("entries");
            let entries = entries.iter().map(|(key, entry)| (key.clone(), value(entry))).collect();
            match type_of(&object["dict"]) {
                Type::Dict { name: None, elem } if *elem == Type::Any => Value::Map(entries),
                Type::Dict { name, elem } => {
                    Value::Dict(Dict::new(name.as_deref(), *elem, entries).expect("entries of their type"))
                }
                other => panic!("not a map: {other}"),
            }
        }
        "struct" | "values" => match type_of(&object["struct"]) {
            Type::Struct(ty) => Value::Struct(Struct::new(&ty, list("values")).expect("fields of their type")),
            other => panic!("not a struct: {other}"),
        },
        other => panic!("unknown kind of value {other}"),
    }
}

fn type_of(json: &Json) -> Type {
    let Some(object) = json.as_object() else {
        return match json.as_str().expect("a type") {
            "any" => Type::Any,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "int64" => Type::Int64,
            "uint" => Type::Uint,
            "float64" => Type::Float,
            "string" => Type::String,
            "time" => Type::Time,
            other => panic!("unknown type {other}"),
        };
    };
    if let Some(fields) = object.get("fields").and_then(Json::as_array) {
        let fields: Vec<_> =
            fields.iter().map(|field| (field[0].as_str().expect("a field's name"), type_of(&field[1]))).collect();
        return Type::Struct(StructType::new(object["struct"].as_str().expect("a type's name"), &fields));
    }
    if let Some(target) = object.get("pointer") {
        return Type::Pointer(Box::new(type_of(target)));
    }
    if let Some(elem) = object.get("dict") {
        let name = (object["name"] != "").then(|| Arc::from(object["full"].as_str().expect("a name")));
        return Type::Dict { name, elem: Box::new(type_of(elem)) };
    }
    Type::slice_of(type_of(&object["slice"]))
}
