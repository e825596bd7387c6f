//! The schema says what the decoder takes: the same fields, each of the same kind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::super::decode::{Reader, either, range};
use super::super::tests::request;
use super::super::{BUILTINS, Extras, GoDuration, IssueComment, RawStack, ReviewComment, Size, Stack, types, yaml};
use super::{DURATION, LABEL_VALUE, MODEL, SIZE, page, schema, schema_text};

/// Every field once.
const EVERY_FIELD: &str = include_str!("every-field.yaml");

/// What may stand at each path.
type Fields = BTreeMap<String, BTreeSet<String>>;

#[test]
fn the_schema_has_the_fields_that_the_decoder_asks_for_and_no_other() {
    let (schema, mut decoder) = (told(), asked());
    // What the decoder takes by hand it takes by name alone.
    for (path, kinds) in decoder.iter_mut().filter(|(_, kinds)| kinds.iter().eq(["any"])) {
        if let Some(told) = schema.get(path) {
            kinds.clone_from(told);
        }
    }
    let lines = |fields: &Fields| -> BTreeSet<String> {
        fields.iter().map(|(path, kinds)| format!("{path}: {}", Vec::from_iter(kinds.clone()).join(", "))).collect()
    };
    let (schema, decoder) = (lines(&schema), lines(&decoder));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(
        only(&decoder, &schema),
        Vec::<String>::new(),
        "only the decoder has these: change the types, then every-field.yaml"
    );
    assert_eq!(
        only(&schema, &decoder),
        Vec::<String>::new(),
        "only the schema has these, or every-field.yaml lacks them"
    );
    assert!(schema.len() > 300, "{} fields", schema.len());
}

#[test]
fn the_file_with_every_field_loads_without_a_word() {
    let raw = RawStack::from_text(EVERY_FIELD, PathBuf::from("/srv/shop"), Path::new("every-field.yaml")).unwrap();
    let loaded = raw.load(&request("any")).unwrap();
    assert_eq!(loaded.warnings, []);
}

#[test]
fn page_and_schema_in_the_docs_are_those_of_the_types() {
    let schema = schema();
    let files = [("services-yaml.md", page::page(&schema).0), ("services.schema.json", schema_text())];
    for (name, made) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        if std::env::var_os("CODEXCTL_RENEW_DOCS").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "docs/{name} is stale; renew it: CODEXCTL_RENEW_DOCS=1 cargo test --lib stack::schema");
    }
}

#[test]
fn forms_of_the_schema_are_what_the_parsers_take() {
    let agree = |form: &str, texts: &[&str], takes: &dyn Fn(&str) -> bool| {
        let form = regex::Regex::new(form).unwrap();
        let (some, none): (Vec<&str>, Vec<&str>) = texts.iter().partition(|text| takes(text));
        assert!(!some.is_empty() && !none.is_empty());
        assert!(some.iter().all(|text| form.is_match(text)), "{form} refuses one of {some:?}");
        assert!(!none.iter().any(|text| form.is_match(text)), "{form} takes one of {none:?}");
    };
    let durations = [
        "90s", "1h30m", " 5m ", "+5s", "0", ".5s", "1.h", "250ms", "3µs", "90", "1d", "-5s", "1h30", "s", ".s",
        "1..5s", "5 s", "00",
    ];
    agree(DURATION, &durations, &|text| GoDuration::parse(text).is_some());
    let sizes = ["4Mi", "1.5Gi", ".5Ki", "500k", "1048576", " 1T ", "Mi", "4MB", "4 Mi", "-1", "1e3", ".", "4Pi"];
    agree(SIZE, &sizes, &|text| Size::parse(text).is_some());
    let models = ["gpt-5.3-codex", "o3", "5", "GPT", "gpt 5", "-x", "_x", "gpt/5"];
    agree(MODEL, &models, &crate::policy::models::is_model);
    let long = "x".repeat(64);
    let projects = ["shop", "Shop_1.2", "a", &long, &long[1..], "-shop", "shop.", "my shop", "läden"];
    agree(LABEL_VALUE, &projects, &|text| {
        let raw = RawStack::from_text(
            format!("project: '{text}'\nnamespace: {{patterns: {{ai: a}}}}\n"),
            PathBuf::new(),
            Path::new("a"),
        );
        raw.unwrap().load(&request("ai")).is_ok()
    });
}

#[test]
fn the_default_time_of_a_run_is_the_one_that_runs_get() {
    let schema = schema();
    let told = schema["$defs"]["Timeouts"]["properties"]["exec"]["default"].as_str().unwrap();
    assert_eq!(GoDuration::parse(told).unwrap().value(), crate::flows::EXEC);
}

#[test]
fn the_page_has_every_field_once() {
    let schema = schema();
    let (text, mut shown) = page::page(&schema);
    let mut fields: Vec<String> = Vec::new();
    let definitions = schema["$defs"].as_object().unwrap().iter().map(|(name, definition)| (name.as_str(), definition));
    for (name, definition) in definitions.chain([("Stack", &schema)]).filter(|(name, _)| *name != "Image") {
        let names = definition["properties"].as_object().unwrap().keys();
        fields.extend(names.map(|field| format!("{name}.{field}")));
    }
    // What stands under a heading of its own is described there.
    let told = ["state", "storage", "dataPaths", "images", "infrastructure", "services", "hooks", "codex", "publish"];
    fields.retain(|field| !field.strip_prefix("Stack.").is_some_and(|field| told.contains(&field)));
    fields.sort();
    shown.sort();
    shown.dedup();
    assert_eq!(shown, fields);
    for link in text.split("](#").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
        let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
        let mut anchors = headings.map(|line| page::slug(line.trim_start_matches(['#', ' '])));
        assert!(anchors.any(|anchor| anchor == link), "no heading has the anchor #{link}");
    }
}

#[test]
fn every_example_of_the_page_loads_without_a_word() {
    let text = page::page(&schema()).0;
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(examples.len() > 10, "{}", examples.len());
    for example in examples {
        let project = if example.contains("project:") { "" } else { "project: shop\n" };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
        let raw = RawStack::from_text(format!("{project}{example}"), root, Path::new("example.yaml")).unwrap();
        let mut request = request("ai");
        request.decided.slot = Some(3);
        let loaded = raw.load(&request).unwrap_or_else(|error| panic!("{error}\n{example}"));
        assert_eq!(loaded.warnings, [], "{example}");
        assert_ne!(format!("{:?}", loaded.stack), format!("{:?}", Stack::default()), "it says nothing: {example}");
    }
}

#[test]
fn templates_of_the_page_give_what_it_says() {
    let raw = RawStack::from_text(EVERY_FIELD, PathBuf::from("/srv/shop"), Path::new("every-field.yaml")).unwrap();
    let loaded = raw.load(&request("any")).unwrap();
    let extras = Extras {
        issue_comments: vec![IssueComment::default()],
        review_comments: vec![ReviewComment::default()],
        ..Extras::default()
    };
    let text = page::page(&schema()).0;
    let codes = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(|code| code.replace("\\|", "|")).collect()
    };
    let (mut functions, mut names) = (0, 0);
    for line in text.lines() {
        if line.starts_with("| `{{") {
            let codes = codes(line);
            let given = loaded.render("page", &codes[0], &extras).unwrap().text;
            assert_eq!(given, codes[1], "{line}");
            functions += 1;
        } else if line.starts_with("| `.") {
            let cells: Vec<Vec<String>> = line.split(" | ").map(codes).collect();
            let fields = if cells[1].is_empty() { vec![String::new()] } else { cells[1].clone() };
            for name in cells[0].iter().flat_map(|name| fields.iter().map(move |field| format!("{name}{field}"))) {
                let parts: Vec<&str> = name.split("[]").collect();
                let (last, lists) = parts.split_last().unwrap();
                let open: String = lists.iter().map(|list| format!("{{{{ range {list} }}}}")).collect();
                // Of servers only those of the type `cluster` have a service.
                let (holder, field) = last.rsplit_once('.').unwrap();
                let holder = if holder.is_empty() { "." } else { holder };
                let ask = format!("{{{{ with {holder} }}}}met{{{{ .{field} | printf \"\" }}}}{{{{ end }}}}");
                let template = format!("{open}{ask}{}", "{{ end }}".repeat(lists.len()));
                let given = loaded.render("page", &template, &extras).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(given.text.contains("met"), "{name}: the file with every field has none");
                names += 1;
            }
        }
    }
    assert!(functions == 10 && names > 40, "{functions} functions, {names} names");
}

/// What the decoder asked for while it read the file with every field.
fn asked() -> Fields {
    let parsed = yaml::parse(EVERY_FIELD, &yaml::Limits::default());
    assert_eq!(parsed.problems, []);
    let reader = Reader::default();
    types::read(&reader, &parsed.documents[0]).unwrap();
    let index = regex::Regex::new(r"\[\d+\]").unwrap();
    let name = regex::Regex::new(r"\.(any-built|any|base)(\.|$)").unwrap();
    let mut found = Fields::new();
    for (path, kind) in reader.asked.take() {
        let path = name.replace_all(&index.replace_all(&path, "[]"), ".*$2").into_owned();
        found.entry(path).or_default().insert(kind);
    }
    for kinds in found.values_mut().filter(|kinds| kinds.len() > 1) {
        kinds.remove("any");
        if kinds.contains("texts by name") {
            kinds.remove("by name");
        }
    }
    for (path, kinds) in &mut found {
        // Words and needs that the decoder checks by hand, as it has more to say about them.
        let words: Option<Vec<&str>> = match path.rsplit('.').next() {
            Some("promptLang") => Some(vec!["en", "ru"]),
            Some("modelReasoningEffort") => Some(vec!["low", "medium", "high", "extra-high", "xhigh"]),
            Some("use") => Some(BUILTINS.into_iter().chain(["run"]).collect()),
            _ => None,
        };
        if let Some(words) = words {
            *kinds = [either(&words)].into();
        }
        let needed = ["images.*.type", "codex.mcp.servers[].type", "codex.mcp.servers[].service"];
        if needed.contains(&path.as_str()) || path.ends_with("with.duration") {
            kinds.insert("required".to_owned());
        }
    }
    found
}

/// What the schema tells.
fn told() -> Fields {
    let schema = schema();
    let mut found = Fields::new();
    walk(&schema, &schema, "", &mut found);
    found
}

fn walk(root: &Value, schema: &Value, path: &str, found: &mut Fields) {
    let schema = resolve(root, schema);
    let required: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
    for (name, value) in schema["properties"].as_object().unwrap_or(&Map::new()) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let kinds = found.entry(path.clone()).or_default();
        kinds.extend(kind(root, value));
        if required.contains(&name.as_str()) {
            kinds.insert("required".to_owned());
        }
        let below = resolve(root, value);
        walk(root, below, &path, found);
        walk(root, &below["items"], &format!("{path}[]"), found);
        walk(root, &below["additionalProperties"], &format!("{path}.*"), found);
    }
    for case in list(&schema["allOf"]) {
        walk(root, &case["then"], path, found);
    }
    for name in required {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        found.entry(path).or_default().insert("required".to_owned());
    }
}

/// What a field of the schema may be, in the decoder's words; none where it only adds to what another place says.
fn kind(root: &Value, schema: &Value) -> Option<String> {
    let words: Vec<&str> = list(&schema["anyOf"]).filter_map(|option| option["const"].as_str()).collect();
    if !words.is_empty() {
        return Some(either(&words));
    }
    let schema = resolve(root, schema);
    let types: Vec<&str> = list(&schema["type"]).chain([&schema["type"]]).filter_map(Value::as_str).collect();
    let text = |schema: &Value| schema["type"].to_string().contains("string");
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    Some(match types[..] {
        [] => return None,
        ["array", ..] if text(&schema["items"]) => "texts".to_owned(),
        ["array", ..] => "list".to_owned(),
        ["object", ..] if schema.get("properties").is_some() => "mapping".to_owned(),
        ["object", ..] if text(&schema["additionalProperties"]) => "texts by name".to_owned(),
        ["object", ..] if schema.get("additionalProperties").is_some() => "by name".to_owned(),
        ["object", ..] => return None,
        ["boolean", ..] => "boolean".to_owned(),
        ["integer", ..] => {
            let most = schema["maximum"].as_u64().unwrap_or(u64::MAX);
            format!("number {}", range(schema["minimum"].as_u64().unwrap(), most))
        }
        _ if pattern.starts_with(DURATION) => "duration".to_owned(),
        _ if pattern.starts_with(SIZE) => "size".to_owned(),
        _ => "text".to_owned(),
    })
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let to = |schema: &Value| schema["$ref"].as_str().map(|target| target.trim_start_matches('#').to_owned());
    let target = to(schema).or_else(|| list(&schema["anyOf"]).find_map(to));
    target.map_or(schema, |target| root.pointer(&target).unwrap())
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
