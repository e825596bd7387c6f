//! A rendered file to objects: its documents, lists opened, everything that is wrong with it at its place as written.

use std::sync::Arc;

use crate::stack::Resolved;
use crate::stack::yaml::{self, Limits, Node, Problem, Value};

use super::{Manifest, Source, check, edit};

/// The objects of a file in their order. An object without `apiVersion`, `kind` or name is left out: the problems tell.
pub fn read(source: &Source<'_>) -> (Vec<Manifest>, Vec<Problem>) {
    let map = &source.rendered.map;
    let parsed = yaml::parse(&source.rendered.text, &Limits::default());
    let mut problems = parsed.problems;
    problems.iter_mut().for_each(|problem| problem.map_places(map));
    let mut reading = Reading { source, manifests: Vec::new(), problems };
    for mut document in parsed.documents {
        // Nothing between two separators, or comments only.
        if document.is_null() {
            continue;
        }
        document.map_places(map);
        reading.object(document, &Inherited::default());
    }
    if source.rendered.text.contains(NO_VALUE) {
        let Reading { manifests, problems, .. } = &mut reading;
        manifests.iter().for_each(|manifest| no_values(&manifest.node, problems));
    }
    (reading.manifests, reading.problems)
}

/// What an item of a typed list takes from it: a `ConfigMapList` holds objects of kind `ConfigMap`.
#[derive(Default)]
struct Inherited {
    api_version: Option<Arc<str>>,
    kind: Option<Arc<str>>,
}

struct Reading<'a> {
    source: &'a Source<'a>,
    manifests: Vec<Manifest>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    /// Takes an object, or all objects of a list. The parser bounds how deep lists stand in lists.
    fn object(&mut self, mut node: Node, list: &Inherited) {
        if node.entries().is_none() {
            let problem = Problem::at(&node, format!("a manifest is a mapping, not {}", node.kind()));
            self.problems.push(match &node.value {
                Value::Seq(_) => problem.hint("write objects one after the other with `---` between them"),
                _ => problem.hint("it starts with `apiVersion: …`"),
            });
            return;
        }
        // As kubectl does it for an item of a list that leaves out one of them.
        if let (Some(api_version), Some(kind)) = (&list.api_version, &list.kind)
            && (edit::filled(&node, "apiVersion").is_none() || edit::filled(&node, "kind").is_none())
        {
            let (api_version, kind) = (edit::text(api_version, &node), edit::text(kind, &node));
            edit::set(&mut node, "kind", kind, "");
            edit::set(&mut node, "apiVersion", api_version, "");
        }
        if is_list(&node) {
            self.list(node);
            return;
        }
        let Some(head) = check::head(&node, &mut self.problems) else { return };
        check::object(&node, &head, &mut self.problems);
        self.manifests.push(Manifest {
            place: node.place,
            node,
            api_version: head.api_version,
            kind: head.kind,
            name: head.name,
            namespace: head.namespace,
            file: Arc::clone(&self.source.file),
            owner: self.source.owner.clone(),
        });
    }

    fn list(&mut self, node: Node) {
        if let Some((key, metadata)) = node.entry("metadata")
            && let Some(lost) = ["namespace", "labels", "annotations"].iter().find(|name| metadata.get(name).is_some())
        {
            let text = format!("`metadata.{lost}` of a list is not passed on to its items");
            self.problems.push(Problem::at(key, text).warning().hint("write it into each item"));
        }
        let item_kind = edit::filled(&node, "kind").and_then(|kind| kind.strip_suffix("List"));
        let item_kind = item_kind.filter(|kind| !kind.is_empty()).map(Arc::from);
        let inherited = Inherited { api_version: edit::filled(&node, "apiVersion").cloned(), kind: item_kind };
        let Value::Map(entries) = node.value else { return };
        for (key, value) in entries {
            if key.key().as_deref() != Some("items") {
                continue;
            }
            match value.value {
                Value::Seq(items) => items.into_iter().for_each(|item| self.object(item, &inherited)),
                _ if value.is_null() => {}
                _ => {
                    let text = format!("`items` must be a list, not {}", value.kind());
                    self.problems.push(Problem::at(&value, text).hint("start each object with `- `"));
                }
            }
        }
    }
}

/// Whether an object is a list of objects. A kind of somebody's own may end in `List` as well: it has no items.
fn is_list(node: &Node) -> bool {
    let kind = edit::filled(node, "kind").map_or("", |kind| &**kind);
    kind == "List" || (kind.ends_with("List") && node.get("items").is_some_and(|items| items.items().is_some()))
}

/// What Go's templates print for a key that a map doesn't have.
const NO_VALUE: &str = "<no value>";

/// Tells texts in which a template printed nothing useful.
fn no_values(node: &Node, problems: &mut Vec<Problem>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|(key, value)| {
            no_values(key, problems);
            no_values(value, problems);
        }),
        Value::Seq(items) => items.iter().for_each(|item| no_values(item, problems)),
        Value::Scalar(scalar) if scalar.resolved == Resolved::Str && scalar.text.contains(NO_VALUE) => {
            let problem = Problem::at(node, "a template printed `<no value>` here: what it names isn't there");
            problems.push(
                problem.warning().hint("give it a value, or take `envOr NAME DEFAULT` or `default VALUE DEFAULT`"),
            );
        }
        Value::Scalar(_) => {}
    }
}
