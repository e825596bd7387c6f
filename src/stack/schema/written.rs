//! From the types' schema to that of the file as its author writes it: before templates are rendered, with what YAML and the
//! decoder let pass.

use serde_json::{Map, Value, json};

use super::{Keywords, TEMPLATE, object};

/// Where a value stands, which says whether it may be empty.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A field that has to be there.
    Required,
    /// A field that may be missing or null.
    Optional,
    /// A list's item or the value of a name that the author chose.
    Item,
}

/// Texts that someone may well write as a boolean. The decoder takes one for any text, but an editor that completes `name:` with
/// `true` is a nuisance.
const BOOLEANS: [&str; 4] = ["when", "run", "command", "value"];

/// Describes a mapping with fields: other fields are mistakes, but for `x-…`, where authors keep notes and anchors.
pub(super) fn fields(schema: &mut Keywords) {
    tidy(schema);
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect())
        .unwrap_or_default();
    let properties = object(schema.entry("properties").or_insert_with(|| json!({})));
    for (name, value) in properties.iter_mut() {
        let role = if required.contains(name) { Role::Required } else { Role::Optional };
        field(object(value), role);
        if BOOLEANS.contains(&name.as_str())
            && let Some(Value::Array(types)) = value.get_mut("type")
        {
            types.insert(2, json!("boolean"));
        }
    }
    // Null is a mapping without fields.
    schema.insert("type".to_owned(), if required.is_empty() { json!(["object", "null"]) } else { json!("object") });
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    schema.insert("patternProperties".to_owned(), json!({"^x-": true}));
}

/// Describes a value.
fn field(schema: &mut Keywords, role: Role) {
    tidy(schema);
    if let Some(words) = words(schema) {
        return choice(schema, words, role);
    }
    if let Some(target) = reference(schema) {
        schema.shift_remove("anyOf");
        schema.shift_remove("default");
        schema.insert("$ref".to_owned(), target);
        return;
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str())).map(str::to_owned);
    let types: &[&str] = match kind.as_deref() {
        Some("array") => {
            if let Some(items) = schema.get_mut("items") {
                field(object(items), Role::Item);
            }
            &["array"]
        }
        Some("object") => {
            if schema.contains_key("properties") {
                return fields(schema);
            }
            if let Some(values) = schema.get_mut("additionalProperties") {
                field(object(values), Role::Item);
            }
            &["object"]
        }
        Some("integer") => {
            let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(0);
            schema.insert("minimum".to_owned(), least.into());
            // In quotes a template stands, or what one gave.
            pattern(schema, NUMBER, role);
            &["integer", "string"]
        }
        Some("boolean") => {
            pattern(schema, TRUTH, role);
            &["boolean", "string"]
        }
        _ => match schema.get("pattern").and_then(Value::as_str).map(str::to_owned) {
            Some(form) => {
                pattern(schema, &form, role);
                match form.as_str() {
                    super::DURATION => &["string"],
                    super::SIZE => &["string", "integer"],
                    _ => &["string", "number"],
                }
            }
            None => {
                if role == Role::Required {
                    schema.insert("minLength".to_owned(), json!(1));
                }
                // A number or a boolean is its text.
                if role == Role::Item { &["string", "number", "boolean"] } else { &["string", "number"] }
            }
        },
    };
    let mut types = types.to_vec();
    if role != Role::Required {
        types.push("null");
    }
    schema.insert("type".to_owned(), json!(types));
}

/// A whole number in quotes.
const NUMBER: &str = r"^\s*\+?[0-9][0-9_]*\s*$";

/// A boolean in quotes.
const TRUTH: &str = "^(true|false)$";

/// What editors say of a text of the wrong form, where they know VS Code's keyword for it; they would show the pattern else.
const FORMS: [(&str, &str); 6] = [
    (NUMBER, "write a whole number"),
    (TRUTH, "write true or false"),
    (super::DURATION, "write a duration as Go does: 90s, 45m, 1h30m"),
    (super::SIZE, "write an amount of bytes as Kubernetes does: 512Ki, 4Mi, 1Gi"),
    (super::LABEL_VALUE, "up to 63 letters, digits, `-`, `_` and `.`, a letter or digit first and last"),
    (super::MODEL, "a model's name has lower-case letters, digits, `.`, `_` and `-`"),
];

/// The form of a text, or a template that will give it.
fn pattern(schema: &mut Keywords, form: &str, role: Role) {
    if let Some((_, text)) = FORMS.iter().find(|(known, _)| *known == form) {
        schema.insert("patternErrorMessage".to_owned(), (*text).into());
    }
    let empty = if role == Role::Required { "" } else { r"|^\s*$" };
    schema.insert("pattern".to_owned(), format!("{form}|{TEMPLATE}{empty}").into());
}

/// One of a few words, or a template that will give one.
fn choice(schema: &mut Keywords, mut words: Vec<Value>, role: Role) {
    for keyword in ["type", "enum", "oneOf", "anyOf"] {
        schema.shift_remove(keyword);
    }
    let template = if role == Role::Required { TEMPLATE.to_owned() } else { format!("{TEMPLATE}|^$") };
    // Editors show a word's description in place of the field's, so it says both.
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    for word in words.iter_mut().map(object) {
        if let (Some(Value::String(meaning)), Some(Value::String(name))) = (word.get("description"), word.get("const"))
        {
            let text = format!("{about}\n\n`{name}`: {meaning}");
            word.insert("description".to_owned(), text.into());
        }
    }
    words.push(json!({"type": "string", "pattern": template}));
    if role != Role::Required {
        words.push(json!({"type": "null"}));
    }
    schema.insert("anyOf".to_owned(), words.into());
}

/// The words that a value may be, each as a schema of its own; none where it isn't one of a few words.
fn words(schema: &Keywords) -> Option<Vec<Value>> {
    if let Some(Value::Array(words)) = schema.get("enum") {
        return Some(words.iter().filter(|word| !word.is_null()).map(|word| json!({"const": word})).collect());
    }
    let options = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let mut found = Vec::new();
    for option in options.iter().filter_map(Value::as_object) {
        if let Some(word) = option.get("const") {
            let mut made = Map::from_iter([("const".to_owned(), word.clone())]);
            made.extend(option.get("description").map(|text| ("description".to_owned(), text.clone())));
            found.push(Value::Object(made));
        } else if let Some(deeper) = words(option) {
            found.extend(deeper);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// What a value refers to, also where it may be null.
fn reference(schema: &Keywords) -> Option<Value> {
    let of = |schema: &Keywords| schema.get("$ref").cloned();
    let options = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    of(schema).or_else(|| options.filter_map(Value::as_object).find_map(of))
}

/// Takes away what tells an author nothing: Rust's number formats, defaults that mean "nothing", line ends of comments.
fn tidy(schema: &mut Keywords) {
    if let Some(format) = schema.shift_remove("format")
        && format == "uint32"
    {
        schema.insert("maximum".to_owned(), u32::MAX.into());
    }
    let nothing = |value: &Value| match value {
        Value::Null | Value::Object(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if schema.get("default").is_some_and(nothing) {
        schema.shift_remove("default");
    }
    // What it is stands first, on lines as long as the reader's window.
    if let Some(Value::String(text)) = schema.shift_remove("description") {
        let text = text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
        let rest = std::mem::take(schema);
        schema.insert("description".to_owned(), text.into());
        schema.extend(rest);
    }
}
