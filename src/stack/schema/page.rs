//! Makes docs/services-yaml.md: the words and examples of `page.md`, the tables from the schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::super::decode::either;
use super::super::hooks::BUILTINS;
use super::{DURATION, SCHEMA_ID, SIZE};

/// The page without its tables. A line `<!-- fields: Name field… -->` becomes the table of a definition or of some of its
/// fields, `<!-- steps -->` that of the built-in steps; `<!-- about: Name -->` says that the text here is about a definition.
const TEMPLATE: &str = include_str!("page.md");

/// Stands at the top of the page.
const NOTE: &str = "<!-- Made from src/stack/schema/page.md and the comments of the types; `CODEXCTL_RENEW_DOCS=1 cargo test --lib \
                    stack::schema` makes it anew. -->";

/// The page, and the fields that its tables have, each as `Definition.field`.
pub(super) fn page(schema: &Value) -> (String, Vec<String>) {
    let mut maker = Maker { schema, places: places(), heading: "", fields: Vec::new() };
    let mut out = format!("{NOTE}\n\n");
    for line in TEMPLATE.lines() {
        if line.starts_with('#') {
            maker.heading = heading(line);
        }
        match directive(line) {
            Some(("fields", names)) => {
                let (name, only) = names.split_first().unwrap();
                out.push_str(&maker.table(name, only));
            }
            Some(("steps", _)) => out.push_str(&maker.steps()),
            Some(("about", _)) => {}
            _ => {
                out.push_str(&line.replace("SCHEMA_ID", SCHEMA_ID));
                out.push('\n');
            }
        }
    }
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    (out, maker.fields)
}

fn directive(line: &str) -> Option<(&str, Vec<&str>)> {
    let body = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    let (name, rest) = body.split_once(": ").unwrap_or((body, ""));
    Some((name, rest.split(' ').collect()))
}

/// The heading under which each definition is described.
fn places() -> BTreeMap<&'static str, &'static str> {
    let mut found = BTreeMap::new();
    let mut heading = "";
    for line in TEMPLATE.lines() {
        if line.starts_with('#') {
            heading = self::heading(line);
        }
        if let Some(("fields" | "about", names)) = directive(line) {
            found.entry(names[0]).or_insert(heading);
        }
    }
    found
}

fn heading(line: &str) -> &str {
    line.trim_start_matches(['#', ' '])
}

struct Maker<'a> {
    schema: &'a Value,
    places: BTreeMap<&'static str, &'static str>,
    /// The one that the page has come to.
    heading: &'static str,
    fields: Vec<String>,
}

impl Maker<'_> {
    /// The table of a definition, or of some of its fields.
    fn table(&mut self, name: &str, only: &[&str]) -> String {
        let mut rows = String::new();
        self.rows(name, only, "", &mut rows);
        format!("| field | value | default | meaning |\n| --- | --- | --- | --- |\n{rows}")
    }

    fn rows(&mut self, name: &str, only: &[&str], prefix: &str, out: &mut String) {
        let definition = if name == "Stack" { self.schema } else { &self.schema["$defs"][name] };
        let none = Map::new();
        let properties = definition["properties"].as_object().unwrap_or(&none);
        for (field, value) in properties.iter().filter(|(field, _)| only.is_empty() || only.contains(&field.as_str())) {
            self.fields.push(format!("{name}.{field}"));
            let below = below(value);
            let own = below.filter(|(target, _)| !self.places.contains_key(target));
            // A mapping with a single field needs no line of its own.
            let single = own
                .is_some_and(|(target, _)| self.schema["$defs"][target]["properties"].as_object().unwrap().len() == 1);
            if !single {
                let required = super::tests::list(&definition["required"]).any(|name| name == field.as_str());
                out.push_str(&format!(
                    "| `{prefix}{field}` | {} | {} | {} |\n",
                    self.value(field, value),
                    if required || value.get("const").is_some() { "required".to_owned() } else { default(value) },
                    meaning(value)
                ));
            }
            if let Some((target, step)) = own {
                self.rows(target, &[], &format!("{prefix}{field}{step}."), out);
            }
        }
    }

    /// What may stand there.
    fn value(&self, name: &str, value: &Value) -> String {
        if name == "use" {
            return "a [built-in step](#built-in-steps)".to_owned();
        }
        if let Some(word) = value["const"].as_str() {
            return format!("`{word}`");
        }
        let words = words(value);
        if !words.is_empty() {
            return either(&words.iter().map(|(word, _)| *word).collect::<Vec<_>>());
        }
        let link = below(value).and_then(|(target, _)| self.places.get(target));
        let see = match link {
            None => String::new(),
            Some(place) if *place == self.heading => ", see below".to_owned(),
            Some(place) => format!(", see [{place}](#{})", slug(place)),
        };
        let text = |value: &Value| value["type"].to_string().contains("string");
        let pattern = value["pattern"].as_str().unwrap_or_default();
        match value["type"].get(0).or_else(|| value.get("type")).and_then(Value::as_str) {
            Some("array") if text(&value["items"]) => "list of texts".to_owned(),
            Some("array") => format!("list{see}"),
            Some("object") if text(&value["additionalProperties"]) => "text by name".to_owned(),
            Some("object") if value.get("additionalProperties").is_some() => format!("mapping by name{see}"),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => match value["maximum"].as_u64() {
                Some(65_535) => "number from 1 to 65535".to_owned(),
                _ => "whole number".to_owned(),
            },
            Some("string") if pattern.starts_with(DURATION) => "[duration](#values)".to_owned(),
            Some("string") if pattern.starts_with(SIZE) => "[size](#values)".to_owned(),
            Some("string") => "text".to_owned(),
            _ => format!("mapping{see}"),
        }
    }

    /// The built-in steps, each with the table of its settings.
    fn steps(&mut self) -> String {
        let mut out = String::new();
        for name in BUILTINS {
            let meaning = self.schema["$defs"][name]["description"].as_str().unwrap();
            out.push_str(&format!("#### `{name}`\n\n{meaning}\n\n"));
            if self.schema["$defs"][name]["properties"].as_object().is_some_and(|fields| !fields.is_empty()) {
                out.push_str(&self.table(name, &[]));
                out.push('\n');
            }
        }
        out
    }
}

/// The definition that a value leads to, and the step into it.
fn below(value: &Value) -> Option<(&str, &'static str)> {
    let ways =
        [(value, ""), (&value["anyOf"][0], ""), (&value["items"], "[]"), (&value["additionalProperties"], ".NAME")];
    ways.into_iter().find_map(|(value, step)| Some((value["$ref"].as_str()?.strip_prefix("#/$defs/")?, step)))
}

/// The words that a value may be, with what they mean.
fn words(value: &Value) -> Vec<(&str, Option<&str>)> {
    super::tests::list(&value["anyOf"])
        .filter_map(|option| Some((option["const"].as_str()?, option["description"].as_str())))
        .collect()
}

fn default(value: &Value) -> String {
    match value.get("default") {
        None => String::new(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| format!("`{}`", item.as_str().unwrap())).collect();
            items.join(", ")
        }
        Some(Value::String(text)) => format!("`{text}`"),
        Some(other) => format!("`{other}`"),
    }
}

/// What a value means, and its words where they have meanings of their own.
fn meaning(value: &Value) -> String {
    let mut out = value["description"].as_str().unwrap_or_default().to_owned();
    let words = words(value);
    // Of the built-in steps each has a chapter of its own.
    if words.len() < 8 {
        // A word's description starts with that of the field.
        out.extend(
            words.iter().filter_map(|(_, about)| Some(format!("\n\n{}", about.as_ref()?.rsplit("\n\n").next()?))),
        );
    }
    out.replace('|', "\\|").replace("\n\n", "<br>")
}

/// The anchor that GitHub gives a heading.
pub(super) fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|found| found.is_alphanumeric() || matches!(found, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
