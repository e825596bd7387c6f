//! Walks an object and its schema side by side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::schema::{Additional, Document, Found, Schema};
use super::words;
use crate::stack::Resolved;
use crate::stack::yaml::{Node, Problem};

/// Fields that the schema requires and the server doesn't, by kind. The test of the cluster's verdicts (tests/cluster/oracle.rs) found them.
const NOT_ENFORCED: [(&str, &str); 1] = [("LimitRange", "spec.limits")];

impl Document {
    /// What is wrong with an object's structure, each mistake at its place; none where the document has no schema of the kind.
    pub fn check(&self, api_version: &str, kind: &str, object: &Node) -> Option<Vec<Problem>> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let root = self.root(group, version, kind)?;
        let mut walk = Walk {
            document: self,
            path: String::new(),
            above: Vec::new(),
            secret: group.is_empty() && kind == "Secret",
            lenient: NOT_ENFORCED.iter().filter(|(of, _)| *of == kind).map(|(_, path)| *path).collect(),
            in_status: false,
            problems: Vec::new(),
        };
        walk.value(object, object, root);
        Some(walk.problems)
    }
}

/// An object on the way to where the walk is.
pub(super) struct Above<'d, 'n> {
    /// The length of its path.
    pub(super) length: usize,
    pub(super) found: Found<'d>,
    pub(super) node: &'n Node,
}

pub(super) struct Walk<'d, 'n> {
    pub(super) document: &'d Document,
    /// Where the walk is: `spec.template.spec.containers[0]`.
    pub(super) path: String,
    /// The objects that lead here, outermost first.
    pub(super) above: Vec<Above<'d, 'n>>,
    /// Whether values must not be shown.
    pub(super) secret: bool,
    /// What may be missing, whatever the schema says.
    lenient: Vec<&'static str>,
    /// The server sets an object's status itself, so nothing has to be in it.
    in_status: bool,
    pub(super) problems: Vec<Problem>,
}

impl<'d, 'n> Walk<'d, 'n> {
    /// A value that is there. `key` is the node that stands for it where it has no good place itself.
    fn value(&mut self, node: &'n Node, key: &Node, found: Found<'d>) {
        let found = self.document.follow(found);
        let Found { schema, custom } = found;
        if node.is_null() {
            // Only an item of a list comes here. Go makes an empty value of it; a custom resource's schema doesn't.
            if custom && !schema.nullable && schema.kind.is_some() {
                self.wrong(node, words::of_type(schema));
            }
            return;
        }
        if schema.int_or_string || schema.format.as_deref() == Some("int-or-string") {
            if !is_text(node) && whole(node).is_none() {
                self.wrong(node, "a whole number or text");
            }
            return;
        }
        match schema.kind.as_deref() {
            Some("object") => self.object(node, key, found),
            Some("array") => self.list(node, found),
            Some("string") => self.text(node, found),
            Some("integer") => self.integer(node, schema),
            Some("number") => {
                if !is_number(node) {
                    self.wrong(node, "a number");
                }
            }
            Some("boolean") => {
                if !matches!(resolved(node), Some(Resolved::Bool(_))) {
                    self.wrong(node, "true or false");
                }
            }
            _ if !schema.properties.is_empty() && node.entries().is_some() => self.object(node, key, found),
            _ => self.one_of(node, schema),
        }
    }

    fn object(&mut self, node: &'n Node, key: &Node, found: Found<'d>) {
        let Found { schema, custom } = found;
        let Some(entries) = node.entries() else { return self.wrong(node, "a mapping") };
        self.above.push(Above { length: self.path.len(), found, node });
        for (name_node, value) in entries {
            let Some(name) = name_node.key() else { continue };
            let property = schema.properties.get(&*name);
            let next = match (property, &schema.additional) {
                (Some(property), _) => Some(property),
                (None, Some(Additional::Of(additional))) => Some(&**additional),
                (None, Some(Additional::Any(true))) => None,
                (None, _) if is_open(found) || (schema.embedded && is_head(&name)) => None,
                (None, _) => {
                    self.unknown(name_node, &name, schema);
                    None
                }
            };
            // A field without a value is a field that isn't there; a custom resource's server takes it out too.
            let Some(next) = next.filter(|_| !value.is_null()) else { continue };
            let status = self.path.is_empty() && name == "status";
            if status && custom {
                continue;
            }
            let length = self.path.len();
            words::push(&mut self.path, &name);
            let before = self.in_status;
            self.in_status |= status;
            self.value(value, name_node, Found { schema: next, custom });
            self.in_status = before;
            self.path.truncate(length);
        }
        self.above.pop();
        if !self.in_status {
            self.required(node, key, found);
        }
    }

    fn required(&mut self, node: &Node, key: &Node, found: Found<'d>) {
        for name in &found.schema.required {
            let property =
                found.schema.properties.get(name).map(|schema| self.document.follow(Found { schema, ..found }));
            let nullable = property.is_some_and(|property| property.schema.nullable);
            let there = node.get(name).is_some_and(|value| nullable || !value.is_null());
            // The server fills a custom resource's defaults in first. Those of its own kinds stand for Go's empty values.
            let filled = property.is_some_and(|property| match found.custom {
                true => property.schema.default.is_some(),
                // A boolean of Go that isn't there is false.
                false => property.schema.kind.as_deref() == Some("boolean"),
            });
            if there || filled {
                continue;
            }
            let length = self.path.len();
            words::push(&mut self.path, name);
            if !self.lenient.contains(&self.path.as_str()) {
                let at = node.entry(name).map_or(key, |(key, _)| key);
                self.problems.push(Problem::here(at.place, format!("`{}` is missing", self.path)));
            }
            self.path.truncate(length);
        }
    }

    fn list(&mut self, node: &'n Node, found: Found<'d>) {
        let Some(items) = node.items() else { return self.wrong(node, "a list") };
        let Some(schema) = found.schema.items.as_deref() else { return };
        let length = self.path.len();
        for (index, item) in items.iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            self.value(item, item, Found { schema, ..found });
            self.path.truncate(length);
        }
        if !found.schema.map_keys.is_empty() {
            self.same(items, &found.schema.map_keys, self.document.follow(Found { schema, ..found }).schema);
        }
    }

    /// Items that can't be told apart. Server-side apply refuses them, where kubectl lets the last one win.
    fn same(&mut self, items: &[Node], keys: &[String], schema: &Schema) {
        let name = |item: &Node| {
            let key = |key: &String| match item.get(key) {
                Some(value) => value.scalar().map(|scalar| scalar.text.to_string()),
                None => schema.properties.get(key)?.default.as_ref().map(words::plain),
            };
            keys.iter().map(key).collect::<Option<Vec<_>>>()
        };
        let names: Vec<_> = items.iter().map(name).collect();
        for (index, item) in items.iter().enumerate() {
            let Some(own) = &names[index] else { continue };
            if let Some(first) = names[..index].iter().position(|name| name.as_ref() == Some(own)) {
                let what: Vec<String> = keys.iter().zip(own).map(|(key, value)| format!("{key} `{value}`")).collect();
                let at = keys.first().and_then(|key| item.get(key)).unwrap_or(item);
                let mut problem = Problem::at(at, format!("`{}` has {} twice", self.path, what.join(" and ")));
                problem.earlier = Some(items[first].place);
                self.problems.push(problem.hint("take one of them away: the server would not know which one counts"));
            }
        }
    }

    fn text(&mut self, node: &Node, found: Found<'d>) {
        if !is_text(node) {
            return self.wrong(node, "text");
        }
        let Some(text) = node.as_str() else { return };
        let Found { schema, custom } = found;
        // Go's empty value is a field that isn't set.
        let unset = text.is_empty() && !custom;
        if !unset && !schema.choices.is_empty() && !schema.choices.iter().any(|choice| choice == text) {
            self.not_among(node, text, &schema.choices);
        }
        if !custom && schema.format.as_deref() == Some("byte") {
            let compact: String = text.chars().filter(|char| !matches!(char, '\n' | '\r')).collect();
            if STANDARD.decode(compact).is_err() {
                self.problems.push(Problem::at(node, format!("`{}` is not base64", self.path)));
            }
        }
    }

    fn integer(&mut self, node: &Node, schema: &Schema) {
        let Some(number) = whole(node) else { return self.wrong(node, "a whole number") };
        let (bits, fits) = match schema.format.as_deref() {
            Some("int32") => (32, i32::try_from(number).is_ok()),
            _ => (64, i64::try_from(number).is_ok()),
        };
        if !fits {
            let text = format!("`{}` can't be {number}: that is over the range of {bits} bits", self.path);
            self.problems.push(Problem::at(node, text));
        }
    }

    /// Types to choose from: quantities, and what a custom resource's schema allows.
    fn one_of(&mut self, node: &Node, schema: &Schema) {
        let branches = if schema.one_of.is_empty() { &schema.any_of } else { &schema.one_of };
        let kinds: Option<Vec<&str>> = branches.iter().map(|branch| branch.kind.as_deref()).collect();
        let Some(kinds) = kinds.filter(|kinds| !kinds.is_empty()) else { return };
        let fits = kinds.iter().any(|kind| match *kind {
            "string" => is_text(node),
            "integer" => whole(node).is_some(),
            "number" => is_number(node),
            "boolean" => matches!(resolved(node), Some(Resolved::Bool(_))),
            "array" => node.items().is_some(),
            _ => node.entries().is_some(),
        });
        if !fits {
            let wanted: Vec<&str> = branches.iter().map(words::of_type).collect();
            self.wrong(node, &wanted.join(" or "));
        }
    }
}

/// Whether an object may hold fields that its schema doesn't name.
fn is_open(found: Found<'_>) -> bool {
    let Found { schema, custom } = found;
    schema.preserve_unknown || (!custom && schema.properties.is_empty() && schema.additional.is_none())
}

/// What every object of Kubernetes has.
fn is_head(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

fn resolved(node: &Node) -> Option<&Resolved> {
    node.scalar().map(|scalar| &scalar.resolved)
}

fn is_text(node: &Node) -> bool {
    matches!(resolved(node), Some(Resolved::Str | Resolved::Timestamp(_)))
}

fn is_number(node: &Node) -> bool {
    matches!(resolved(node), Some(Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_)))
}

/// The whole number that a node is. One written as a float (`1e3`) counts, as it does in JSON.
fn whole(node: &Node) -> Option<i128> {
    match resolved(node)? {
        Resolved::Int(number) => Some((*number).into()),
        Resolved::Uint(number) => Some((*number).into()),
        #[expect(clippy::cast_possible_truncation, reason = "whole and far below the limit")]
        Resolved::Float(number) if number.fract() == 0.0 && number.abs() < 1e19 => Some(*number as i128),
        _ => None,
    }
}
