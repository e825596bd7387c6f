//! What every object needs before anyone looks at its kind, and the mistakes that Kubernetes refuses whatever it is asked.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stack::yaml::{Node, Problem, Value};
use crate::stack::{Resolved, nearest};

use super::{group, groups, workload};

/// What names an object.
pub(super) struct Head {
    pub(super) api_version: Arc<str>,
    pub(super) kind: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) namespace: Option<Arc<str>>,
}

/// Takes out what names an object; none where one of it is missing, with everything that is wrong told.
pub(super) fn head(node: &Node, problems: &mut Vec<Problem>) -> Option<Head> {
    let kind = field(node, "kind", problems);
    let known = kind.as_ref().and_then(|kind| groups::home(kind));
    let api_version = match (node.get("apiVersion"), known) {
        // The kind tells what to write.
        (None, Some(home)) => {
            let add = format!("add `apiVersion: {}`", home.api_version());
            problems.push(missing(node, "apiVersion", Some(add)));
            None
        }
        _ => field(node, "apiVersion", problems),
    };
    if let (Some(api_version), Some((_, at))) = (&api_version, node.entry("apiVersion"))
        && (api_version.matches('/').count() > 1 || api_version.contains(char::is_whitespace))
    {
        let text = format!("`apiVersion` can't be `{api_version}`");
        problems.push(Problem::at(at, text).hint("it is a version (`v1`) or a group and a version (`apps/v1`)"));
        return None;
    }
    if let (Some(api_version), Some(kind), Some(at)) = (&api_version, &kind, node.get("kind")) {
        problems.extend(misplaced(api_version, kind, at));
    }
    let strict = api_version.as_deref().is_some_and(|version| PLAIN_NAMES.contains(&group(version)));
    let (name, namespace) = names(node, strict, problems);
    Some(Head { api_version: api_version?, kind: kind?, name: name?, namespace })
}

/// A text at the top of an object.
fn field(node: &Node, name: &str, problems: &mut Vec<Problem>) -> Option<Arc<str>> {
    let Some(value) = node.get(name) else {
        problems.push(missing(node, name, None));
        return None;
    };
    text(value, name, problems)
}

/// A text that must have something in it.
fn text(value: &Node, path: &str, problems: &mut Vec<Problem>) -> Option<Arc<str>> {
    match value.scalar() {
        Some(scalar) if scalar.resolved == Resolved::Null || scalar.text.is_empty() => {
            problems.push(Problem::at(value, format!("`{path}` is empty")));
            None
        }
        Some(scalar) if scalar.resolved == Resolved::Str => Some(Arc::clone(&scalar.text)),
        _ => {
            problems.push(not_text(value, path));
            None
        }
    }
}

fn not_text(value: &Node, path: &str) -> Problem {
    let problem = |text: String| Problem::at(value, text);
    match value.scalar() {
        Some(scalar) => problem(format!("`{path}` must be text, and `{}` is {}", scalar.text, value.kind()))
            .hint(format!("quote it: \"{}\"", scalar.text)),
        None => problem(format!("`{path}` must be text, not {}", value.kind())),
    }
}

fn missing(node: &Node, name: &str, hint: Option<String>) -> Problem {
    // Where the object starts, not all of it.
    let problem = Problem::here(node.place, format!("this object has no `{name}`"));
    let keys = node.entries().unwrap_or_default().iter().filter_map(|(key, _)| key.as_str());
    let near = nearest(name, keys.filter(|key| !["apiVersion", "kind", "metadata"].contains(key)));
    match near.map(|near| format!("`{near}` is written `{name}`")).or(hint) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// A kind that its group doesn't have, as far as that can be told.
fn misplaced(api_version: &str, kind: &str, at: &Node) -> Option<Problem> {
    let own = groups::own(group(api_version))?;
    if own.kinds().any(|known| known == kind) || kind.ends_with("List") {
        return None;
    }
    if let Some(home) = groups::home(kind) {
        let problem = Problem::at(at, format!("`{api_version}` has no kind `{kind}`")).warning();
        return Some(problem.hint(format!("`{kind}` is in `{}`", home.api_version())));
    }
    let near = nearest(kind, groups::kinds())?;
    Some(
        Problem::at(at, format!("`{api_version}` has no kind `{kind}`"))
            .warning()
            .hint(format!("did you mean `{near}`?")),
    )
}

/// Name and namespace. `strict`: the group wants names of hosts.
fn names(node: &Node, strict: bool, problems: &mut Vec<Problem>) -> (Option<Arc<str>>, Option<Arc<str>>) {
    let Some((key, metadata)) = node.entry("metadata") else {
        problems.push(missing(node, "metadata", Some("add `metadata:` with a `name:` below it".to_owned())));
        return (None, None);
    };
    if metadata.entries().is_none() {
        let text = format!("`metadata` must be a mapping, not {}", metadata.kind());
        problems
            .push(Problem::at(if metadata.is_null() { key } else { metadata }, text).hint("write `name: …` below it"));
        return (None, None);
    }
    let name = match metadata.get("name") {
        Some(name) => text(name, "metadata.name", problems).filter(|text| {
            let wrong = bad_name(text, strict);
            if let Some(why) = wrong {
                problems.push(Problem::at(name, format!("`metadata.name` can't be `{text}`: {why}")));
            }
            wrong.is_none()
        }),
        None => {
            let problem = Problem::here(key.place, "`metadata.name` is missing");
            problems.push(match metadata.get("generateName") {
                Some(_) => problem.hint(
                    "`generateName` makes a new object each time; what is applied again and again needs a `name`",
                ),
                None => problem,
            });
            None
        }
    };
    let namespace = metadata.get("namespace").filter(|node| !node.is_null()).and_then(|node| match node.scalar() {
        // Kubernetes takes an empty one for none.
        Some(scalar) if scalar.text.is_empty() => None,
        _ => text(node, "metadata.namespace", problems),
    });
    (name, namespace)
}

/// The groups in which every kind's name is at least a name of a host, as `NameIsDNSSubdomain` of Kubernetes has it. Roles, for
/// example, may be called nearly anything.
const PLAIN_NAMES: [&str; 6] = ["", "apps", "autoscaling", "batch", "networking.k8s.io", "policy"];

/// What is wrong with a name. No name of any kind can be just anything: it is part of a path (`IsValidPathSegmentName`).
fn bad_name(name: &str, strict: bool) -> Option<&'static str> {
    if name == "." || name == ".." {
        return Some("it is a path of its own");
    }
    if name.contains(['/', '%']) {
        return Some("`/` and `%` are not allowed");
    }
    if name.contains(char::is_whitespace) {
        return Some("it has blanks in it");
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = name.len() <= 253
        && name.split('.').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().copied().is_some_and(plain)
                && bytes.last().copied().is_some_and(plain)
                && bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
        });
    (strict && !fits)
        .then_some("it has lower-case letters, digits, `-` and `.`, and starts and ends with a letter or digit")
}

/// Whether Kubernetes takes a text as the value of a label (`IsValidLabelValue`).
fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// The mistakes inside an object.
pub(super) fn object(node: &Node, head: &Head, problems: &mut Vec<Problem>) {
    labels(node, "", problems);
    match (group(&head.api_version), &*head.kind) {
        ("", "ConfigMap") => {
            texts(node, "data", Show::Value, problems);
            texts(node, "binaryData", Show::Value, problems);
            base64(node, "binaryData", "data", problems);
        }
        ("", "Secret") => {
            texts(node, "data", Show::Kind, problems);
            texts(node, "stringData", Show::Kind, problems);
            base64(node, "data", "stringData", problems);
        }
        _ => {}
    }
    if let Some(path) = workload::template_path(&head.api_version, &head.kind)
        && let Some(template) = node.at(path)
    {
        if !path.is_empty() {
            labels(template, &format!("{}.", path.join(".")), problems);
        }
        if let Some(spec) = template.get("spec") {
            environment(spec, problems);
        }
    }
    let secret = &*head.kind == "Secret";
    for (key, value) in node.entries().unwrap_or_default() {
        let hidden = secret && matches!(key.as_str(), Some("data" | "stringData"));
        scalars(value, if hidden { Show::Kind } else { Show::Value }, problems);
    }
}

/// Labels and annotations. `path` leads to the metadata, with a point at its end.
fn labels(node: &Node, path: &str, problems: &mut Vec<Problem>) {
    let Some(metadata) = node.get("metadata") else { return };
    for name in ["labels", "annotations"] {
        let Some(values) = metadata.get(name) else { continue };
        let path = format!("{path}metadata.{name}");
        all_text(values, &path, Show::Value, problems);
        if name == "annotations" {
            continue;
        }
        for (key, value) in values.entries().unwrap_or_default() {
            let Some(scalar) = value.scalar().filter(|scalar| scalar.resolved == Resolved::Str) else { continue };
            if !is_label(&scalar.text) {
                let text = format!("`{path}.{}` can't be `{}`", key.key().unwrap_or_default(), scalar.text);
                problems.push(Problem::at(value, text).hint(
                    "a label has up to 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit",
                ));
            }
        }
    }
}

/// Whether a message may show a value.
#[derive(Clone, Copy, PartialEq)]
enum Show {
    Value,
    Kind,
}

fn texts(node: &Node, name: &str, show: Show, problems: &mut Vec<Problem>) {
    if let Some(values) = node.get(name) {
        all_text(values, name, show, problems);
    }
}

/// A mapping of texts.
fn all_text(values: &Node, path: &str, show: Show, problems: &mut Vec<Problem>) {
    if values.is_null() {
        return;
    }
    let Some(entries) = values.entries() else {
        problems.push(Problem::at(values, format!("`{path}` must be a mapping, not {}", values.kind())));
        return;
    };
    for (key, value) in entries {
        let name = key.key().unwrap_or_default();
        not_a_text(value, &name, &format!("`{path}.{name}`"), show, problems);
    }
}

/// Tells a value that Kubernetes wants as text and that YAML reads as something else. Null is empty text for it.
fn not_a_text(value: &Node, key: &str, what: &str, show: Show, problems: &mut Vec<Problem>) {
    let Some(scalar) = value.scalar() else {
        let problem = Problem::at(value, format!("{what} must be text, not {}", value.kind()));
        problems.push(problem.hint("write it as a block of text, after `|`"));
        return;
    };
    if matches!(scalar.resolved, Resolved::Str | Resolved::Null | Resolved::Timestamp(_)) {
        return;
    }
    let (read, quoted) = match show {
        Show::Value => (format!(", and `{}` is {}", scalar.text, value.kind()), scalar.text.to_string()),
        Show::Kind => (format!(", not {}", value.kind()), "…".to_owned()),
    };
    problems
        .push(Problem::at(value, format!("{what} must be text{read}")).hint(format!("quote it: {key}: \"{quoted}\"")));
}

/// Values that must be base64. The message never shows one.
fn base64(node: &Node, name: &str, plain: &str, problems: &mut Vec<Problem>) {
    let values = node.get(name).and_then(Node::entries).unwrap_or_default();
    for (key, value) in values {
        let Some(scalar) = value.scalar().filter(|scalar| scalar.resolved == Resolved::Str) else { continue };
        // Go's decoder passes over line breaks.
        let compact: String = scalar.text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
        if STANDARD.decode(compact).is_err() {
            let text = format!("`{name}.{}` is not base64", key.key().unwrap_or_default());
            problems.push(Problem::at(value, text).hint(format!("plain text belongs under `{plain}`")));
        }
    }
}

/// Values of environment variables.
fn environment(spec: &Node, problems: &mut Vec<Problem>) {
    let lists = ["initContainers", "containers"].iter().filter_map(|name| spec.get(name)?.items());
    for container in lists.flatten() {
        for variable in container.get("env").and_then(Node::items).unwrap_or_default() {
            let Some(value) = variable.get("value") else { continue };
            let name = variable.get("name").and_then(Node::as_str).unwrap_or_default();
            let show = if crate::secrets::is_secret_name(name) { Show::Kind } else { Show::Value };
            not_a_text(value, "value", &format!("the value of `{name}`"), show, problems);
        }
    }
}

/// Numbers that JSON, which Kubernetes speaks, doesn't have, and dates that it gets in another form.
fn scalars(node: &Node, show: Show, problems: &mut Vec<Problem>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|(_, value)| scalars(value, show, problems)),
        Value::Seq(items) => items.iter().for_each(|item| scalars(item, show, problems)),
        Value::Scalar(scalar) => match &scalar.resolved {
            Resolved::Float(number) if !number.is_finite() && problems.iter().all(|told| told.place != node.place) => {
                let text = format!("`{}` is not a number that Kubernetes can take", scalar.text);
                problems.push(Problem::at(node, text).hint("quote it if it is text"));
            }
            Resolved::Timestamp(time) if *time != scalar.text && show == Show::Kind => {
                let text = "this is a date for YAML and is written otherwise";
                problems.push(Problem::at(node, text).warning().hint("quote it to keep it"));
            }
            Resolved::Timestamp(time) if *time != scalar.text => {
                let text = format!("`{}` is a date for YAML and becomes `{time}`", scalar.text);
                problems
                    .push(Problem::at(node, text).warning().hint(format!("quote it to keep it: \"{}\"", scalar.text)));
            }
            _ => {}
        },
    }
}
