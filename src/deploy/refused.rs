//! What the server refuses, as a sentence of ours: the object, its file and line, the reason, the way out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kube::core::Status;

use super::plan::Planned;
use crate::cluster::{Cluster, Error, Id};
use crate::stack::yaml::{Node, Place};
use crate::stack::{Diagnostic, nearest};

/// One object that could not be applied.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Which one.
    pub id: Id,
    file: Arc<Path>,
    place: Place,
    /// What is wrong with which field (`spec.ports[0].name`, or none).
    reasons: Vec<(Option<String>, String)>,
    hint: Option<String>,
}

impl Refused {
    /// Why the cluster did not take an object.
    pub fn of(cluster: &Cluster, planned: &Planned, error: &Error) -> Self {
        let (reasons, hint) = match error {
            Error::Refused(status) => said(cluster, &planned.id, status),
            Error::NoKind { api_version, kind } => {
                (vec![(None, cluster.in_words(error))], other_kind(cluster, api_version, kind))
            }
            Error::Failed(failure) => (vec![(None, failure.text.clone())], failure.hint.clone()),
        };
        Self { id: planned.id.clone(), file: Arc::clone(&planned.file), place: planned.place, reasons, hint }
    }

    /// Every reason at its place, as exactly as `node`, the object as written, has it.
    pub fn diagnostics(&self, shown: &Path, node: Option<&Node>) -> Vec<Diagnostic> {
        let told = |(field, reason): &(Option<String>, String)| {
            let found = node.zip(field.as_deref()).and_then(|(node, field)| find(node, field));
            let place = found.map_or(self.place, |found| found.place);
            let field = field.as_ref().map_or(String::new(), |field| format!("{field}: "));
            let made = Diagnostic::error(format!("{} is refused: {field}{reason}", self.id)).at(shown, place);
            match &self.hint {
                Some(hint) => made.hint(hint.clone()),
                None => made,
            }
        };
        self.reasons.iter().map(told).collect()
    }

    /// Where it comes among others.
    pub(super) fn order(&self) -> (&Path, usize, &Id) {
        (&self.file, self.place.line, &self.id)
    }

    /// The file that the object is written in, relative to the project root.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

type Said = (Vec<(Option<String>, String)>, Option<String>);

fn said(cluster: &Cluster, id: &Id, status: &Status) -> Said {
    let causes = status.details.as_ref().map_or(&[][..], |details| &details.causes);
    let message = status.message.trim_end_matches('.');
    if status.code == 409 && causes.iter().any(|cause| cause.reason == "FieldManagerConflict") {
        return conflict(causes.iter().map(|cause| (cause.message.as_str(), cause.field.as_str())));
    }
    if status.code == 422 && !causes.is_empty() {
        let immutable = causes.iter().any(|cause| cause.message.contains("immutable"));
        let hint = immutable.then(|| {
            let namespace = id.namespace.as_deref().map_or(String::new(), |namespace| format!(" -n {namespace}"));
            let kind = id.kind.to_lowercase();
            format!("such a field can't be changed: delete the object (`kubectl delete {kind} {}{namespace}`), then apply again", id.name)
        });
        let reasons = causes.iter().map(|cause| {
            let field = Some(cause.field.clone()).filter(|field| !field.is_empty() && field != "<nil>");
            (field, cause.message.trim_end_matches('.').to_owned())
        });
        let mut reasons: Vec<_> = reasons.collect();
        reasons.dedup();
        return (reasons, hint);
    }
    if status.code == 403 && message.contains("exceeded quota") {
        let why = message.split_once("exceeded quota").map_or(message, |(_, why)| why.trim_start_matches([':', ' ']));
        let hint = "raise the ResourceQuota, ask for less in the manifest, or free what is no longer needed";
        return (vec![(None, format!("the namespace's quota would be exceeded: {why}"))], Some(hint.to_owned()));
    }
    if status.code == 403 && message.contains("is forbidden: User") {
        let place = id.namespace.as_deref().map_or("in the whole cluster".to_owned(), |name| format!("in {name}"));
        let plural = cluster
            .kinds()
            .resource(&id.api_version, &id.kind)
            .map_or_else(|| id.kind.to_lowercase(), |served| served.plural.clone());
        let verb =
            message.split_once("cannot ").and_then(|(_, rest)| rest.split_once(' ')).map_or("patch", |(verb, _)| verb);
        let hint = format!("a Role or ClusterRole must allow it to get, list, create and patch {plural}");
        return (vec![(None, format!("{} may not {verb} {plural} {place}", cluster.user()))], Some(hint));
    }
    if status.code == 404 && message.starts_with("namespaces ") {
        let name = id.namespace.as_deref().unwrap_or_default();
        let hint = "create it, or give the stack a manifest of it";
        return (vec![(None, format!("the namespace {name} is not there"))], Some(hint.to_owned()));
    }
    let undeclared = undeclared(id, message);
    if !undeclared.is_empty() {
        return (undeclared, None);
    }
    let text =
        if message.is_empty() { format!("{} answers {}", cluster.server(), status.code) } else { message.to_owned() };
    (vec![(None, text)], None)
}

/// Fields that the kind doesn't have. The server's words: `.spec.replica: field not declared in schema`.
fn undeclared(id: &Id, message: &str) -> Vec<(Option<String>, String)> {
    let fields = message.match_indices(": field not declared in schema").filter_map(|(at, _)| {
        let field = message[..at].rsplit(char::is_whitespace).next()?.strip_prefix('.')?;
        Some((Some(field.to_owned()), format!("{} has no such field", id.kind)))
    });
    fields.collect()
}

/// Fields that another manager owns with another value.
fn conflict<'a>(causes: impl Iterator<Item = (&'a str, &'a str)>) -> Said {
    let reasons =
        owners(causes).into_iter().map(|(owner, fields)| (None, format!("{owner} owns {}", fields.join(", "))));
    let hint = "leave these fields out of the manifest, or take them with --force-conflicts";
    (reasons.collect(), Some(hint.to_owned()))
}

/// Who owns which fields. The server's words: `conflict with "kubectl-edit" using apps/v1`.
pub(super) fn owners<'a>(causes: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (message, field) in causes {
        let owner = message.split('"').nth(1).unwrap_or(message);
        found.entry(owner.to_owned()).or_default().push(field.trim_start_matches('.').to_owned());
    }
    found
}

/// Where else a kind is, or what it may be a slip of.
fn other_kind(cluster: &Cluster, api_version: &str, kind: &str) -> Option<String> {
    let kinds = cluster.kinds();
    let elsewhere = kinds.versions_of(kind);
    if !elsewhere.is_empty() {
        return Some(format!("it has `{kind}` in {}", elsewhere.join(", ")));
    }
    let near = nearest(kind, kinds.names(None)).map(|near| format!("did you mean `{near}`?"));
    near.or_else(|| {
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
        group
            .contains('.')
            .then(|| "its CustomResourceDefinition is not installed there, and not in this stack".to_owned())
    })
}

/// The deepest node on the way to a field: `spec.containers[0].ports[1].name`, `metadata.labels[app.kubernetes.io/name]`.
fn find<'n>(node: &'n Node, field: &str) -> Option<&'n Node> {
    let mut here = node;
    let mut rest = field;
    while !rest.is_empty() {
        let next = if let Some(inside) = rest.strip_prefix('[') {
            let (key, behind) = inside.split_once(']')?;
            rest = behind.strip_prefix('.').unwrap_or(behind);
            let key = key.trim_matches('"');
            match key.parse::<usize>() {
                Ok(index) => here.items().and_then(|items| items.get(index)),
                Err(_) => here.get(key),
            }
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let key = &rest[..end];
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
            here.get(key)
        };
        match next {
            Some(next) => here = next,
            None => break,
        }
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::yaml::{Limits, parse};

    #[test]
    fn a_field_is_found_as_far_as_it_is_there() {
        let text = "spec:\n  ports:\n  - name: web\n    port: 80\n  labels: {a.b/c: x}\n";
        let document = parse(text, &Limits::default()).documents.remove(0);
        let line = |field: &str| find(&document, field).unwrap().place.line;
        assert_eq!(line("spec.ports[0].port"), 4);
        assert_eq!(line("spec.ports[0].protocol"), 3);
        assert_eq!(line("spec.labels[a.b/c]"), 5);
        assert_eq!(line("nowhere"), 1);
    }

    #[test]
    fn who_owns_what_is_read_from_the_servers_words() {
        let causes = [
            ("conflict with \"kubectl-edit\" using apps/v1", ".spec.replicas"),
            ("conflict with \"kubectl-edit\" using apps/v1", ".spec.paused"),
        ];
        let (reasons, _) = conflict(causes.into_iter());
        assert_eq!(reasons, [(None, "kubectl-edit owns spec.replicas, spec.paused".to_owned())]);
    }
}
