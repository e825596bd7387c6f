//! What a mistake is called, and the way out of it.

use serde_json::Value;

use super::check::{Above, Walk};
use super::schema::{Additional, Found, Schema};
use crate::stack::yaml::{Node, Problem};
use crate::stack::{Resolved, nearest};

/// More names than these are not a help but a page.
const MOST_NAMES: usize = 12;

/// Adds a name to a path.
pub(super) fn push(path: &mut String, name: &str) {
    if name.contains(['.', '/']) {
        path.push_str(&format!("[\"{name}\"]"));
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    }
}

/// A JSON value without the quotes of a text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a schema wants, in the words of YAML's users.
pub(super) fn of_type(schema: &Schema) -> &'static str {
    match schema.kind.as_deref() {
        Some("object") => "a mapping",
        Some("array") => "a list",
        Some("string") => "text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        _ => "something",
    }
}

impl<'d> Walk<'d, '_> {
    /// A value of another type than `wanted`.
    pub(super) fn wrong(&mut self, node: &Node, wanted: &str) {
        let scalar = node.scalar().filter(|_| !node.is_null());
        let shown = scalar
            .filter(|scalar| !self.secret && is_short(&scalar.text))
            .map(|scalar| if scalar.quoted { format!("\"{}\"", scalar.text) } else { scalar.text.to_string() });
        let text = match shown {
            Some(shown) => format!("`{}` must be {wanted}, and `{shown}` is {}", self.path, node.kind()),
            None => format!("`{}` must be {wanted}, not {}", self.path, node.kind()),
        };
        let problem = Problem::at(node, text);
        self.problems.push(match self.way_out(node, wanted) {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    fn way_out(&self, node: &Node, wanted: &str) -> Option<String> {
        let text = node.scalar().map(|scalar| &*scalar.text).unwrap_or_default();
        let is_text = node.scalar().is_some_and(|scalar| scalar.resolved == Resolved::Str);
        match wanted {
            "text" if node.scalar().is_some() && !node.is_null() => {
                Some(if self.secret { "quote it".to_owned() } else { format!("quote it: \"{text}\"") })
            }
            "a list" if node.entries().is_some() => Some("write `- ` before each item".to_owned()),
            "a mapping" if node.items().is_some() => Some("write its fields below it, without `- `".to_owned()),
            "true or false" if is_text => match text.to_ascii_lowercase().as_str() {
                truth @ ("true" | "false") => Some(format!("write {truth} without quotes")),
                // YAML 1.1, which kubectl alone reads, has booleans that YAML 1.2 hasn't (spec 2.3).
                "y" | "yes" | "on" => Some("kubectl alone would read it as a boolean; write true".to_owned()),
                "n" | "no" | "off" => Some("kubectl alone would read it as a boolean; write false".to_owned()),
                _ => None,
            },
            "a whole number" | "a number" if is_text && text.trim().parse::<f64>().is_ok() && !self.secret => {
                Some(format!("write {} without quotes", text.trim()))
            }
            _ => None,
        }
    }

    /// A field that the schema doesn't know.
    pub(super) fn unknown(&mut self, key: &Node, name: &str, schema: &'d Schema) {
        let length = self.path.len();
        push(&mut self.path, name);
        let problem = Problem::at(key, format!("unknown field `{}`", self.path));
        self.path.truncate(length);
        let known = || schema.properties.keys().map(String::as_str);
        let hint = if let Some(near) = nearest(name, known()) {
            Some(format!("did you mean `{near}`?"))
        } else if let Some(home) = self.home(name) {
            Some(format!("it is a field of {home}: check how far it is indented"))
        } else if known().count() <= MOST_NAMES {
            let known: Vec<&str> = known().collect();
            (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
        } else {
            None
        };
        self.problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    /// Where a field that stands in the wrong place belongs: in an object further out, or in one beside or below it.
    fn home(&self, name: &str) -> Option<String> {
        for (depth, Above { length, found, node }) in self.above.iter().enumerate().rev() {
            let path = &self.path[..*length];
            if depth + 1 < self.above.len() && found.schema.properties.contains_key(name) {
                return Some(if path.is_empty() { "the object itself".to_owned() } else { format!("`{path}`") });
            }
            let parts = found.schema.properties.iter().filter(|(part, schema)| {
                !matches!(part.as_str(), "metadata" | "status") && self.holds(Found { schema, ..*found }, name)
            });
            let parts: Vec<&str> = parts.map(|(part, _)| part.as_str()).collect();
            // Of several, the one that is there.
            let there: Vec<&str> = parts.iter().copied().filter(|part| node.get(part).is_some()).collect();
            if let ([part], _) | ([_, _, ..], [part]) = (&*parts, &*there) {
                let mut path = path.to_owned();
                push(&mut path, part);
                return Some(format!("`{path}`"));
            }
        }
        None
    }

    fn holds(&self, found: Found<'d>, name: &str) -> bool {
        let found = self.document.follow(found);
        let found = match (&found.schema.items, &found.schema.additional) {
            (Some(items), _) => self.document.follow(Found { schema: items, ..found }),
            (None, Some(Additional::Of(_))) => return false,
            _ => found,
        };
        found.schema.properties.contains_key(name)
    }

    /// A text that is none of those allowed.
    pub(super) fn not_among(&mut self, node: &Node, text: &str, choices: &[Value]) {
        let known: Vec<&str> = choices.iter().filter_map(Value::as_str).filter(|known| !known.is_empty()).collect();
        let near = nearest(text, known.iter().copied());
        let list = || known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
        let what = if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") };
        let problem = Problem::at(node, format!("`{}` can't be {what}", self.path));
        self.problems.push(match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.len() <= MOST_NAMES => problem.hint(format!("it is one of {}", list())),
            None => problem,
        });
    }
}

fn is_short(text: &str) -> bool {
    text.chars().count() <= 60 && !text.contains('\n')
}
