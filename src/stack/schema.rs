//! The JSON Schema of services.yaml, made from the types: what editors complete and check while someone writes the file.
//!
//! It describes the file as written, before templates are rendered. A test keeps it equal to what the decoder asks for.

mod shapes;
mod written;

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::hooks::Builtin;
use super::images::Build;
use super::types::Stack;

pub(super) use shapes::{
    Action, Budget, Comment, Image, Ingress, ManifestFile, Mcp, Namespace, PlainPath, ReasoningEffort, Reference,
};

/// The schema's `$id`: where that of the default branch can be had.
pub const SCHEMA_ID: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/docs/services.schema.json");

/// A text that holds a template.
const TEMPLATE: &str = r"\{\{";

/// The value of a Kubernetes label, and not an empty one:
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
pub(super) const LABEL_VALUE: &str = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";

/// A model's name, as [`crate::policy::models::is_model`] takes it.
pub(super) const MODEL: &str = "^[a-z0-9][a-z0-9._-]*$";

/// A duration, as [`super::GoDuration::parse`] takes it.
pub(super) const DURATION: &str = r"^\s*\+?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)\s*$";

/// An amount of bytes, as [`super::Size::parse`] takes it.
pub(super) const SIZE: &str = r"^\s*([0-9]+\.?[0-9]*|\.[0-9]+)([kMGT]|[KMGT]i)?\s*$";

/// [`schema`] as people and editors read it, with a line end.
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// The JSON Schema (draft 2020-12) of services.yaml as its author writes it.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut stack = keywords(Stack::json_schema(&mut generator));
    let steps = builtins(&mut generator);
    let images = [
        ("external", "CopiedImage", keywords(shapes::CopiedImage::json_schema(&mut generator))),
        ("build", "BuiltImage", keywords(Build::json_schema(&mut generator))),
    ];
    let mut definitions = generator.take_definitions(false);
    for value in definitions.values_mut() {
        written::fields(object(value));
    }
    written::fields(&mut stack);
    image(&mut definitions, images);
    hook_step(child(&mut definitions, "HookStep"), &steps);
    definitions.extend(steps.into_iter().map(|(name, step)| (name, Value::Object(step))));
    relations(&mut definitions);
    definitions.sort_keys();
    let mut root = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("$id".to_owned(), json!(SCHEMA_ID)),
        ("title".to_owned(), json!("services.yaml of codexctl")),
    ]);
    root.extend(stack);
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

/// The settings of each built-in step, by the step's name.
fn builtins(generator: &mut SchemaGenerator) -> Vec<(String, Keywords)> {
    let mut found = Vec::new();
    let mut variants = keywords(Builtin::json_schema(generator));
    for variant in list(&mut variants, "oneOf").iter_mut().map(object) {
        let description = variant.get("description").cloned();
        // A step without settings is a word, one with settings a mapping from its name to them.
        let word = variant.get("const").and_then(Value::as_str).map(str::to_owned);
        let (name, mut settings) = match (word, child(variant, "properties").iter_mut().next()) {
            (Some(name), _) => (name, Map::new()),
            (None, Some((name, settings))) => (name.clone(), std::mem::take(object(settings))),
            (None, None) => continue,
        };
        settings.extend(description.map(|text| ("description".to_owned(), text)));
        written::fields(&mut settings);
        if name == "github.comment" {
            settings.insert("anyOf".to_owned(), json!([{"required": ["pr"]}, {"required": ["issue"]}]));
        }
        found.push((name, settings));
    }
    found
}

/// A step is a script or a built-in step, whose name says what `with` holds.
fn hook_step(step: &mut Keywords, builtins: &[(String, Keywords)]) {
    step.insert("type".to_owned(), json!("object"));
    step.insert("anyOf".to_owned(), json!([{"required": ["run"]}, {"required": ["use"]}]));
    step.insert(
        "dependentSchemas".to_owned(),
        json!({"run": {"properties": {"use": {"const": "run"}, "with": false}}}),
    );
    let cases = builtins.iter().map(|(name, settings)| {
        let mut then = json!({"properties": {"with": {"$ref": format!("#/$defs/{name}")}}});
        if settings.contains_key("required") {
            then["required"] = json!(["with"]);
        }
        case("use", name, then)
    });
    step.insert("allOf".to_owned(), cases.collect());
    // The names get their descriptions here: the steps have them.
    let uses = child(child(step, "properties"), "use");
    for word in list(uses, "anyOf").iter_mut().map(object) {
        let text = builtins.iter().find(|(name, _)| word.get("const").is_some_and(|word| word == name));
        let text = text.and_then(|(_, settings)| settings.get("description")).cloned();
        word.extend(text.map(|text| ("description".to_owned(), text)));
    }
}

/// An image is copied or built; its `type` says which fields it has.
fn image(definitions: &mut Keywords, kinds: [(&str, &str, Keywords); 2]) {
    const TYPE: &str = "Whether it is copied or built.";
    let mut words = Vec::new();
    let mut cases = Vec::new();
    for (kind, name, mut fields) in kinds {
        written::fields(&mut fields);
        words.push(json!({"const": kind, "description": fields.get("description")}));
        let mut properties = Map::from_iter([("type".to_owned(), json!({"description": TYPE, "const": kind}))]);
        properties.append(child(&mut fields, "properties"));
        fields.insert("properties".to_owned(), Value::Object(properties));
        definitions.insert(name.to_owned(), Value::Object(fields));
        cases.push(case("type", kind, json!({"$ref": format!("#/$defs/{name}")})));
    }
    words.push(json!({"type": "string", "pattern": TEMPLATE}));
    let image = json!({
        "description": "An image that the stack needs: copied from another registry, or built.",
        "type": "object",
        "properties": {"type": {"description": TYPE, "anyOf": words}},
        "required": ["type"],
        "allOf": cases,
    });
    definitions.insert("Image".to_owned(), image);
}

/// What holds between the fields of one mapping.
fn relations(definitions: &mut Keywords) {
    let needs = |kind: &str, name: &str| {
        let mut then = json!({"required": [name]});
        if name != "service" {
            then["properties"] = json!({name: {"minLength": 1}});
        }
        case("type", kind, then)
    };
    let one_of = |names: &[&str]| names.iter().map(|name| json!({"required": [name]})).collect::<Value>();
    let mut add = |name: &str, keyword: &str, value: Value| {
        if let Some(definition) = definitions.get_mut(name) {
            definition[keyword] = value;
        }
    };
    add(
        "McpServer",
        "allOf",
        json!([
            needs("stdio", "command"),
            needs("http", "endpoint"),
            needs("https", "endpoint"),
            needs("cluster", "service")
        ]),
    );
    // Unlike other mappings without a required field, these can't be empty.
    add("Reference", "type", json!("object"));
    add("ConfigBlock", "type", json!("object"));
    add("Reference", "oneOf", one_of(&["value", "envRef", "varRef"]));
    add("ConfigBlock", "oneOf", one_of(&["toml", "file"]));
    add("DataPaths", "dependentRequired", json!({"envDir": ["root"], "dirs": ["root"]}));
    // These need fields themselves, but the mapping around them does without them.
    for (holder, name) in [("Service", "image"), ("McpServer", "service")] {
        let field = child(child(child(definitions, holder), "properties"), name);
        let target = json!({"$ref": field.shift_remove("$ref")});
        field.insert("anyOf".to_owned(), json!([target, {"type": "null"}]));
    }
}

/// What holds where a field is a certain word.
fn case(field: &str, word: &str, then: Value) -> Value {
    let mut case = json!({"if": {"properties": {field: {"const": word}}, "required": [field]}});
    case["then"] = then;
    case
}

/// A schema's keywords.
type Keywords = Map<String, Value>;

fn keywords(schema: schemars::Schema) -> Keywords {
    match schema.to_value() {
        Value::Object(keywords) => keywords,
        _ => Map::new(),
    }
}

/// The keywords below a keyword.
fn child<'a>(keywords: &'a mut Keywords, name: &str) -> &'a mut Keywords {
    object(keywords.entry(name).or_insert(Value::Null))
}

/// The schemas in the list of a keyword; none where there is no list.
fn list<'a>(keywords: &'a mut Keywords, name: &str) -> &'a mut [Value] {
    keywords.get_mut(name).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// The keywords of a schema; `true` has none.
fn object(value: &mut Value) -> &mut Keywords {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(keywords) => keywords,
        _ => unreachable!("it was made one above"),
    }
}
